/** One `up` or `down` at a time in a folder. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "./cli.ts";
import type { Platform } from "./platform.ts";
import { isRunning } from "./processes.ts";

/** Takes the lock, over from a process that is gone; throws where one is at work. Returns how to let go. */
export function holdRoot(platform: Platform): () => void {
  const file = join(platform.home, "up.lock");
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
        throw new UserError(`another npm run up or down is at work here (process ${holder}); wait for it to end`);
      rmSync(file, { force: true });
    }
  }
  throw new UserError("another npm run up or down has just begun here; wait for it to end");
}
