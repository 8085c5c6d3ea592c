/** One command at a time where two would get into each other's way. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "./cli.ts";
import type { Platform } from "./platform.ts";
import { isRunning } from "./processes.ts";

/** One `up` or `down` at a time in a folder. */
export function holdRoot(platform: Platform): () => void {
  return holdLock(join(platform.home, "up.lock"), "npm run up or down");
}

/**
 * Takes a lock, over from a process that is gone; throws where one is at work. Returns how to let go.
 * @param what - who may hold it, for the message
 */
export function holdLock(file: string, what: string): () => void {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx", mode: 0o600 });
      const release = () => rmSync(file, { force: true });
      process.once("exit", release);
      return release;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const holder = Number(readFileSync(file, "utf8"));
      if (isRunning(holder))
        throw new UserError(`another ${what} is at work here (process ${holder}); wait for it to end`);
      rmSync(file, { force: true });
    }
  }
  throw new UserError(`another ${what} has just begun here; wait for it to end`);
}
