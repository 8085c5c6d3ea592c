import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { ToolchainError } from "./errors.ts";

export interface RunOptions {
  readonly cwd?: string;
  /** Added to the environment; `undefined` removes a variable. */
  readonly env?: Record<string, string | undefined>;
  readonly timeoutSeconds?: number;
  /** Called with each line that the command prints. */
  readonly onLine?: (line: string) => void;
  readonly onSpawn?: (pid: number) => void;
}

const tailLines = 12;
const living = new Set<ChildProcess>();

/**
 * Runs a command without a terminal and returns what it printed on stdout. The command leads a process group of its own,
 * so that it can be ended with everything it started. Throws a ToolchainError with the last lines of its output.
 */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const env = { ...process.env, ...options.env };
  const child = spawn(command, args, { cwd: options.cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  living.add(child);
  if (child.pid !== undefined) options.onSpawn?.(child.pid);

  const tail: string[] = [];
  let stdout = "";
  const listen = (stream: NodeJS.ReadableStream, keep: boolean) => {
    let rest = "";
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      if (keep) stdout += chunk;
      const lines = (rest + chunk).split(/\r?\n/);
      rest = lines.pop() ?? "";
      for (const line of lines) heard(line);
    });
    stream.on("end", () => heard(rest));
  };
  const heard = (line: string) => {
    if (line.trim() === "") return;
    tail.push(line.trimEnd());
    if (tail.length > tailLines) tail.shift();
    options.onLine?.(line);
  };
  listen(child.stdout!, true);
  listen(child.stderr!, false);

  return new Promise((resolve, reject) => {
    let timedOut = false;
    const seconds = options.timeoutSeconds;
    const timer =
      seconds === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            endGroup(child.pid);
          }, seconds * 1000);
    const settle = (failure?: string) => {
      clearTimeout(timer);
      living.delete(child);
      if (failure === undefined) resolve(stdout);
      else reject(new ToolchainError([`${command} ${args[0] ?? ""}: ${failure}`, ...tail].join("\n")));
    };
    child.on("error", (error) => settle(error.message));
    child.on("close", (code, signal) => {
      if (timedOut) settle(`did not finish within ${seconds} s`);
      else if (code !== 0) settle(signal === null ? `exit code ${code}` : `ended by ${signal}`);
      else settle();
    });
  });
}

/** Ends every command that is still running, as nothing they have half done is ever taken for done. */
export function endAll(): void {
  for (const child of living) endGroup(child.pid);
}

export function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Gone by itself.
  }
}

/** What tells a process from a later one with the same id; undefined when there is none with that id. */
export function identityOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold anything, so count from its end: state is field 3, the start time field 22.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z") return undefined;
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${fields[19]}`;
  } catch {
    if (process.platform === "linux") return undefined;
    const started = spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).stdout?.trim();
    return started || undefined;
  }
}
