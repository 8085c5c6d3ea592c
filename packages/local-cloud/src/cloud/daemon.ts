import { spawn } from "node:child_process";
import { open, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { makeDir } from "./files.ts";
import { type ProcessRecord, recordOf } from "./process.ts";

const LOG_LIMIT = 16 * 1024 * 1024;

export type DaemonOptions = {
  command: string;
  args: string[];
  env: Record<string, string>;
  cwd: string;
  log: string;
  user?: { uid: number; gid: number } | undefined;
};

/**
 * Starts a process in a session of its own, so that neither Ctrl-C nor the engine's ending of its plugins reaches it,
 * with nothing of our environment, writing to a log file. Resolves when it has been started, not when it is ready.
 */
export async function startDaemon(options: DaemonOptions): Promise<{ record: ProcessRecord; exited: Promise<number> }> {
  await makeDir(dirname(options.log));
  const size = await stat(options.log).then(
    (s) => s.size,
    () => 0,
  );
  if (size > LOG_LIMIT) await rename(options.log, `${options.log}.1`);
  const log = await open(options.log, "a", 0o600);
  try {
    const child = spawn(options.command, options.args, {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
      ...(options.user ?? {}),
    });
    const exited = new Promise<number>((resolve) => {
      child.once("exit", (code, signal) => resolve(code ?? (signal === "SIGKILL" ? 137 : 143)));
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    child.unref();
    const record = recordOf(child.pid ?? 0) ?? { pid: child.pid ?? 0, born: "gone" };
    return { record, exited };
  } finally {
    await log.close();
  }
}
