import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A process that we started, told apart from whoever gets its number after it, in this boot or another. */
export type ProcessRecord = { pid: number; born: string };

/** When the process was born, in words of the system; undefined where there is none (a zombie is none). */
export function born(pid: number): string | undefined {
  if (process.platform === "linux") {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      // The name, in parentheses, may hold spaces and parentheses of its own.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (fields[0] === "Z" || fields[0] === "X") return undefined;
      return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}:${fields[19]}`;
    } catch {
      return undefined;
    }
  }
  try {
    const line = execFileSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
    return line === "" || line.startsWith("Z") ? undefined : line.replace(/^\S+\s+/, "");
  } catch {
    return undefined;
  }
}

export function recordOf(pid: number): ProcessRecord | undefined {
  const when = born(pid);
  return when === undefined ? undefined : { pid, born: when };
}

export function isAlive(record: ProcessRecord | undefined): boolean {
  return record !== undefined && born(record.pid) === record.born;
}

/** Sends a signal to the process, and to its group if it leads one, unless its number belongs to another by now. */
export function signal(record: ProcessRecord | undefined, name: NodeJS.Signals, group = false): boolean {
  if (record === undefined || !isAlive(record)) return false;
  try {
    process.kill(group ? -record.pid : record.pid, name);
    return true;
  } catch {
    return false;
  }
}

export async function waitForExit(record: ProcessRecord, milliseconds: number): Promise<boolean> {
  const deadline = Date.now() + milliseconds;
  while (isAlive(record)) {
    if (Date.now() > deadline) return false;
    await sleep(25);
  }
  return true;
}

/** Asks, waits, then insists. */
export async function stopProcess(
  record: ProcessRecord | undefined,
  options: { signal?: NodeJS.Signals; patience?: number; group?: boolean } = {},
): Promise<void> {
  if (record === undefined || !isAlive(record)) return;
  const group = options.group ?? false;
  signal(record, options.signal ?? "SIGTERM", group);
  if (await waitForExit(record, options.patience ?? 10_000)) return;
  signal(record, "SIGKILL", group);
  await waitForExit(record, 5_000);
}

/** Processes whose working folder is `dir`: what a killed server's children can be found by. Linux only. */
export function processesIn(dir: string): number[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`) === dir && born(Number(pid)) !== undefined;
      } catch {
        return false;
      }
    })
    .map(Number);
}
