import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf, ToolchainError } from "./errors.ts";
import { endGroup, identityOf, type RunOptions, run } from "./process.ts";

/** What the holder of a lock works with. */
export interface Held {
  /** The lock's folder, which stays. */
  readonly folder: string;
  /** An empty folder on the file system of the lock, gone with it: work there, then rename. */
  readonly staging: string;
  /** `run`, of commands that do not outlive this run's lock. */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<string>;
}

const pollMilliseconds = 200;

/**
 * Does work that must not be done twice at once. The lock is the kernel's, taken through SQLite: it goes with its
 * process however that ends, so none is ever stale, and it works where there is no flock command. What a killed holder
 * left behind, its commands and its staging folder, is cleared away before the work begins.
 */
export async function withLock<T>(folder: string, purpose: string, work: (held: Held) => Promise<T>): Promise<T> {
  const owner = join(folder, "owner");
  const children = join(folder, "children");
  const staging = join(folder, "staging");
  const database = await acquire(folder, owner);
  try {
    writeFileSync(owner, `process ${process.pid}, ${purpose}`);
    await endOrphans(children);
    rmSync(staging, { recursive: true, force: true });
    mkdirSync(staging);
    return await work({
      folder,
      staging,
      run: (command, args, options) =>
        run(command, args, {
          ...options,
          onSpawn: (pid) => appendFileSync(children, `${pid} ${identityOf(pid) ?? ""}\n`),
        }),
    });
  } finally {
    for (const leftover of [staging, children, owner]) rmSync(leftover, { recursive: true, force: true });
    database.close();
  }
}

async function acquire(folder: string, owner: string): Promise<DatabaseSync> {
  let database: DatabaseSync;
  try {
    // Private, as `.bulkhead/` in the repository holds more than the toolchain's locks.
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    database = new DatabaseSync(join(folder, "lock"), { timeout: 0 });
  } catch (error) {
    throw new ToolchainError(`cannot write to ${folder}: ${messageOf(error)}; give this user a folder to write to`);
  }
  for (let said = false; ; said = true) {
    try {
      database.exec("BEGIN EXCLUSIVE");
      return database;
    } catch (error) {
      if ((error as { errcode?: number }).errcode !== sqliteBusy) {
        database.close();
        throw new ToolchainError(`cannot lock ${folder}: ${messageOf(error)}`);
      }
    }
    if (!said) process.stderr.write(`bulkhead: waiting for another run to finish (${ownerIn(owner)})\n`);
    await sleep(pollMilliseconds);
  }
}

const sqliteBusy = 5;

function ownerIn(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "just starting";
  }
}

/** Ends what a killed holder had started; the identity keeps a later process that got the same id out of it. */
async function endOrphans(children: string): Promise<void> {
  let lines: string[] = [];
  try {
    lines = readFileSync(children, "utf8").split("\n");
  } catch {
    return;
  }
  for (const line of lines) {
    const [, id, identity] = /^(\d+) (.+)$/.exec(line) ?? [];
    if (id === undefined || identityOf(Number(id)) !== identity) continue;
    endGroup(Number(id));
    while (identityOf(Number(id)) === identity) await sleep(20);
  }
}
