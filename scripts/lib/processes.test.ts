import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { platformAt } from "./platform.ts";
import { endOrphans, isRunning } from "./processes.ts";

const root = mkdtempSync(join(tmpdir(), "bulkhead-processes-"));
const children: ReturnType<typeof spawn>[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(root, { recursive: true, force: true });
});

function start(command: string, args: string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: "ignore" });
  children.push(child);
  return child;
}

test("a process runs until it has ended", async () => {
  const child = start("sleep", ["60"]);
  expect(isRunning(child.pid!)).toBe(true);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(isRunning(child.pid!)).toBe(false);
  expect(isRunning(0)).toBe(false);
  expect(isRunning(Number.NaN)).toBe(false);
});

test.runIf(process.platform === "linux")("a zombie does not run, though it has a number", async () => {
  // The shell becomes a sleep that never asks after its child.
  const parent = start("sh", ["-c", "sleep 0.1 & echo $! >&2; exec sleep 60"]);
  const listed = async () => {
    const { execFileSync } = await import("node:child_process");
    return execFileSync("ps", ["-o", "pid=,stat=", "--ppid", String(parent.pid)], { encoding: "utf8" }).trim();
  };
  let line = "";
  for (let i = 0; i < 100 && !/Z/.test(line); i++) {
    await sleep(50);
    line = await listed().catch(() => "");
  }
  const pid = Number(line.trim().split(/\s+/)[0]);
  expect(line).toMatch(/Z/);
  expect(process.kill(pid, 0)).toBe(true);
  expect(isRunning(pid)).toBe(false);
});

test.runIf(process.platform === "linux")("helpers of this platform's engine are ended, others are not", async () => {
  const platform = platformAt(root, join(root, ".bulkhead"), "local", "realise");
  const ours = { BULKHEAD_CLOUD_DIR: platform.cloud };
  const named = ["-c", "sleep 60; true", "pulumi-analyzer-policy"];
  const orphan = start("sh", named, ours);
  const elsewhere = start("sh", named, { BULKHEAD_CLOUD_DIR: `${platform.cloud}-of-another` });
  const server = start("sleep", ["60"], ours);
  await sleep(200);
  endOrphans(platform);
  await once(orphan, "exit");
  expect([elsewhere, server].map((child) => isRunning(child.pid!))).toEqual([true, true]);
});
