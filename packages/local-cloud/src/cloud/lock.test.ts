import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { writeJson } from "./files.ts";
import { withLock } from "./lock.ts";
import { Paths } from "./paths.ts";
import { claimPort, forgetPorts } from "./ports.ts";
import { isAlive, recordOf, stopProcess } from "./process.ts";

const dir = mkdtempSync(join(tmpdir(), "bulkhead-lock-"));
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Adds one to a number in a file, slowly and without care: only a lock keeps two of them from losing a count. */
const program = (file: string, lock: string, times: number) => `
import { readFile, writeFile } from "node:fs/promises";
import { withLock } from ${JSON.stringify(new URL("lock.ts", import.meta.url).href)};
await Promise.all(Array.from({ length: ${times} }, () => withLock(${JSON.stringify(lock)}, async () => {
  const n = Number(await readFile(${JSON.stringify(file)}, "utf8"));
  await new Promise((resolve) => setTimeout(resolve, 2));
  await writeFile(${JSON.stringify(file)}, String(n + 1));
})));
`;

function run(source: string): Promise<number> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], { stdio: "inherit" });
  return new Promise((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
}

test("keeps processes and calls apart, and leaves nothing", async () => {
  const file = join(dir, "count");
  const lock = join(dir, "locks", "count.json");
  await writeFile(file, "0");
  const codes = await Promise.all([1, 2, 3].map(() => run(program(file, lock, 15))));
  expect(codes).toEqual([0, 0, 0]);
  expect(await readFile(file, "utf8")).toBe("45");
  expect(await readdir(join(dir, "locks"))).toEqual([]);
}, 30_000);

test("a dead holder's lock is taken over by one of many, whoever has its number now", async () => {
  const lock = join(dir, "stale", "x.json");
  await writeJson(lock, { pid: process.pid, born: "another boot:1", token: "t" });
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setTimeout(resolve, 5));
    inside--;
  };
  await Promise.all(Array.from({ length: 10 }, () => withLock(lock, work)));
  expect(most).toBe(1);
});

test("work that fails gives the lock back", async () => {
  const lock = join(dir, "fails", "x.json");
  await expect(withLock(lock, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await withLock(lock, async () => "yes")).toBe("yes");
});

test("a port is remembered, left to whoever took it meanwhile, and forgotten on request", async () => {
  const paths = new Paths(join(dir, "ports"));
  const first = await claimPort(paths, "a");
  expect(await claimPort(paths, "a")).toBe(first);
  expect(await claimPort(paths, "b")).not.toBe(first);
  const squatter = createServer().listen(first, "127.0.0.1");
  await new Promise((resolve) => squatter.once("listening", resolve));
  const second = await claimPort(paths, "a");
  expect(second).not.toBe(first);
  await new Promise((resolve) => squatter.close(resolve));
  expect(await claimPort(paths, "a")).toBe(second);
  await forgetPorts(paths, "");
});

test("a process is told from the next one of its number, and from a zombie", async () => {
  const child = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
  const record = recordOf(child.pid ?? 0);
  expect(isAlive(record)).toBe(true);
  expect(isAlive({ pid: child.pid ?? 0, born: "another boot:1" })).toBe(false);
  await stopProcess({ pid: child.pid ?? 0, born: "another boot:1" });
  expect(isAlive(record)).toBe(true);
  await stopProcess(record);
  expect(isAlive(record)).toBe(false);
});
