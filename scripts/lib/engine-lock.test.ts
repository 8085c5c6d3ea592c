import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { mendInterrupted } from "./engine-lock.ts";
import { type Platform, platformAt, prepareHome } from "./platform.ts";
import { stateFile } from "./pulumi.ts";

let platform: Platform;
beforeEach(() => {
  const root = mkdtempSync(join(tmpdir(), "bulkhead-lock-"));
  platform = platformAt(root, join(root, ".bulkhead"), "local", "realise");
  prepareHome(platform);
});
afterEach(() => rmSync(platform.root, { recursive: true }));

function lockBy(pid: number): string {
  const folder = join(platform.home, "state/.pulumi/locks/organization/bulkhead-database/local");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "some-id.json");
  writeFileSync(
    file,
    JSON.stringify({ pid, username: "user", hostname: hostname(), timestamp: "2026-01-01T00:00:00Z" }),
  );
  return file;
}

test("the lock of an engine that is gone is removed, and said so", () => {
  const { pid } = spawnSync(process.execPath, ["--version"]);
  const file = lockBy(pid);
  expect(mendInterrupted(platform)).toEqual([
    `stacks/2-database was left locked by an update that is gone (process ${pid}); removed its lock`,
  ]);
  expect(existsSync(file)).toBe(false);
});

test("the lock of an engine at work is left alone, and named", () => {
  const file = lockBy(process.pid);
  expect(() => mendInterrupted(platform)).toThrow(`stacks/2-database is being updated by process ${process.pid}`);
  expect(existsSync(file)).toBe(true);
});

test("a lock that cannot be read is nobody's", () => {
  writeFileSync(lockBy(process.pid), "{");
  expect(mendInterrupted(platform)).toHaveLength(1);
});

test("operations under way when an engine died are forgotten, the old state is kept beside", () => {
  const file = stateFile(platform, "4-tenants");
  mkdirSync(join(file, ".."), { recursive: true });
  const state = {
    version: 3,
    checkpoint: { latest: { resources: [{ urn: "kept" }], pending_operations: [{ type: "creating" }] } },
  };
  writeFileSync(file, JSON.stringify(state));
  expect(mendInterrupted(platform)).toEqual([
    "stacks/4-tenants was interrupted with 1 operations under way; they are done again",
  ]);
  expect(JSON.parse(readFileSync(file, "utf8")).checkpoint.latest).toEqual({ resources: [{ urn: "kept" }] });
  expect(JSON.parse(readFileSync(`${file}.interrupted`, "utf8"))).toEqual(state);
  expect(mendInterrupted(platform)).toEqual([]);
});
