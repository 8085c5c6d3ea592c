import { randomUUID } from "node:crypto";
import { link, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeDir, readJson, writeJson } from "./files.ts";
import { isAlive, type ProcessRecord, recordOf } from "./process.ts";

type Holder = ProcessRecord & { token: string };

/** Queues within this process: one process may ask for the same lock many times at once. */
const queues = new Map<string, Promise<unknown>>();

/**
 * Runs `work` while nobody else, in this process or another, runs under the lock of that path. A holder that died is
 * noticed by its birth time, so neither kill -9 nor a reboot leaves a lock behind.
 */
export async function withLock<T>(path: string, work: () => Promise<T>, patience = 300_000): Promise<T> {
  const before = queues.get(path) ?? Promise.resolve();
  const mine = before.catch(() => undefined).then(() => locked(path, work, patience));
  const settled = mine.catch(() => undefined);
  queues.set(path, settled);
  try {
    return await mine;
  } finally {
    if (queues.get(path) === settled) queues.delete(path);
  }
}

async function locked<T>(path: string, work: () => Promise<T>, patience: number): Promise<T> {
  await makeDir(dirname(path));
  const me = recordOf(process.pid);
  if (me === undefined) throw new Error("this process cannot find itself in the process table");
  const holder: Holder = { ...me, token: randomUUID() };
  const claim = join(dirname(path), `.${holder.token}.claim`);
  await writeJson(claim, holder);
  try {
    const deadline = Date.now() + patience;
    while (!(await acquire(path, claim, holder))) {
      if (Date.now() > deadline) {
        const other = await readJson<Holder>(path);
        throw new Error(`waited ${patience / 1000} s for ${path}, which process ${other?.pid ?? "?"} holds`);
      }
      await sleep(20 + Math.random() * 30);
    }
  } finally {
    await rm(claim, { force: true });
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

/**
 * A hard link either makes the lock or fails, at once. A dead holder's lock is taken over under a second lock named
 * after that holder, and only if it is still his: so of many who see him dead, one replaces him.
 */
async function acquire(path: string, claim: string, me: Holder): Promise<boolean> {
  try {
    await link(claim, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const holder = await readJson<Holder>(path);
  if (holder === undefined || isAlive(holder)) return false;
  const takeover = `${path}.${holder.token}`;
  if (!(await acquire(takeover, claim, me))) return false;
  try {
    if ((await readJson<Holder>(path))?.token !== holder.token) return false;
    const copy = `${claim}.copy`;
    await writeJson(copy, me);
    await rename(copy, path);
    return true;
  } finally {
    await rm(takeover, { force: true });
  }
}
