import { spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { writePod } from "../pods/record.ts";
import { temporaryCloud } from "../testing/harness.ts";
import { writeJson } from "./files.ts";
import { INSTANCE } from "./inventory.ts";
import { Paths } from "./paths.ts";
import { claimPort, forgetPorts } from "./ports.ts";
import { isAlive, recordOf } from "./process.ts";

/** A server of a pod, as far as its record goes: something that runs in its folder. */
async function sleeper(paths: Paths, name: string) {
  const dir = paths.pod("default", "api", "Deployment", name);
  mkdirSync(dir, { recursive: true });
  const child = spawn("sleep", ["60"], { cwd: dir, detached: true, stdio: "ignore" });
  await new Promise((resolve) => child.once("spawn", resolve));
  const process = recordOf(child.pid ?? 0);
  await writePod(paths, {
    ...{ cluster: "default", namespace: "api", kind: "Deployment", name, hash: "", program: "sleep", ports: {} },
    process,
  });
  return { process, file: join(dir, "pod.json") };
}

test.each(["{", "", "null", '{"a":"b"}'])("ports that cannot be read (%j) are given anew", async (content) => {
  const { dir, end } = temporaryCloud();
  const paths = new Paths(dir);
  await writeJson(paths.ports, {});
  await writeFile(paths.ports, content);
  const port = await claimPort(paths, "a");
  expect(port).toBeGreaterThan(0);
  expect(await claimPort(paths, "a")).toBe(port);
  await writeFile(paths.ports, content);
  await forgetPorts(paths, "a");
  await end();
});

test("damaged ports do not keep a cloud from being deleted", async () => {
  const { dir, cloud } = temporaryCloud();
  const paths = new Paths(dir);
  const { process } = await sleeper(paths, "a");
  await writeFile(paths.ports, "{");
  await cloud.destroy();
  expect(isAlive(process)).toBe(false);
  expect(existsSync(dir)).toBe(false);
});

test("any other damaged file is named, with the remedy, which then works", async () => {
  const { dir, cloud } = temporaryCloud();
  const paths = new Paths(dir);
  const damaged = await sleeper(paths, "damaged");
  const intact = await sleeper(paths, "intact");
  await writeFile(damaged.file, '{"cluster":');
  for (const attempt of [() => cloud.status(), () => cloud.stop()])
    await expect(attempt()).rejects.toThrow(
      `${damaged.file} is damaged: it is no JSON. To start over without the local`,
    );
  await expect(cloud.ensure()).rejects.toThrow("npm run down -- --delete");
  const instance = "projects/p/locations/l/clusters/c/instances/i";
  const record = paths.gcpRecord(INSTANCE, instance);
  await writeJson(record, {});
  await writeFile(record, "{");
  await expect(cloud.status()).rejects.toThrow(`${record} is damaged`);
  await cloud.destroy();
  expect(isAlive(intact.process)).toBe(false);
  // Only Linux tells in which folder a process works.
  if (globalThis.process.platform === "linux") expect(isAlive(damaged.process)).toBe(false);
  else globalThis.process.kill(damaged.process?.pid ?? 0);
  expect(existsSync(dirname(dirname(damaged.file)))).toBe(false);
});

test("a lock that was damaged is named as well, and does not outlive its cloud", async () => {
  const { dir, cloud } = temporaryCloud();
  const paths = new Paths(dir);
  const { process } = await sleeper(paths, "a");
  await writeJson(paths.lock("ports"), {});
  await writeFile(paths.lock("ports"), "");
  await expect(claimPort(paths, "a")).rejects.toThrow("is damaged");
  await cloud.destroy();
  expect(isAlive(process)).toBe(false);
  expect(existsSync(dir)).toBe(false);
});
