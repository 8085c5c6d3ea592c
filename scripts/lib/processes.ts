/** Which processes of ours are still there. */
import { readdirSync, readFileSync } from "node:fs";
import type { Platform } from "./platform.ts";

/** Whether a process has this number. A zombie is none: where nobody reaps it, it keeps its number and does nothing. */
export function isRunning(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return !isZombie(pid);
}

function isZombie(pid: number): boolean {
  if (process.platform !== "linux") return false;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, in parentheses, may hold spaces and parentheses of its own.
    return /^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    return true;
  }
}

/**
 * Ends the helpers of an engine that was killed: its policy analyzer waits for it for ever. Call it where no engine is at work.
 * They are told by the environment that they were given, so elsewhere than on Linux they are left.
 */
export function endOrphans(platform: Platform): void {
  if (process.platform !== "linux") return;
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      const helper = /pulumi-(?:analyzer|language|resource)-|run-policy-pack/.test(
        readFileSync(`/proc/${pid}/cmdline`, "utf8"),
      );
      const ours = readFileSync(`/proc/${pid}/environ`, "utf8")
        .split("\0")
        .includes(`BULKHEAD_CLOUD_DIR=${platform.cloud}`);
      if (helper && ours) process.kill(pid, "SIGKILL");
    } catch {
      // Gone by now, or somebody else's.
    }
  }
}
