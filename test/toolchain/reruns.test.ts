import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { identityOf } from "../../scripts/toolchain/process.ts";
import { noNetwork, type Result, Sandbox, shown } from "./sandbox.ts";

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => sandbox[Symbol.dispose]());

/** The folders on PATH hold what they should, and no staging folder is left. */
function expectSetUp(result: Result): void {
  expect(shown(result).path).toContain(join(sandbox.versions, "3.265.0", "bin"));
  const names = sandbox.snapshot().map((line) => line.split(" ")[0]!);
  for (const tool of ["pulumi", "pulumi-language-nodejs"]) {
    expect(names).toContain(`home/.pulumi/versions/3.265.0/bin/${tool}`);
  }
  expect(names.filter((name) => /\bstaging\b|\bchildren$|\bowner$/.test(name))).toEqual([]);
}

test("with nothing to do it says nothing, starts nothing and changes nothing", async () => {
  sandbox.offerNpm("downloads");
  sandbox.lendPnpm();
  const first = await sandbox.bootstrap(["show"]);
  expectSetUp(first);

  const before = sandbox.snapshot();
  for (const name of ["npm", "go", "pip", "pip3", "python3", "pnpm"]) sandbox.standIn(name, "echo started >&2; exit 1");
  const stood = sandbox.snapshot();
  const second = await sandbox.bootstrap(["show"], { env: noNetwork });
  expect(shown(second)).toEqual(shown(first));
  expect(second.stderr).toBe("");
  expect(sandbox.snapshot()).toEqual(stood);
  expect(stood).toEqual(expect.arrayContaining(before.filter((line) => !line.startsWith("bin"))));
  const share = (second.milliseconds / first.milliseconds) * 100;
  console.log(`the second run took ${second.milliseconds} ms, ${share.toFixed(1)} % of the first`);
}, 120_000);

test("the packages are installed again when a manifest or a link is no longer what it was", async () => {
  sandbox.offerNpm("downloads");
  sandbox.lendPnpm();
  shown(await sandbox.bootstrap(["show"]));
  const { dependencies } = JSON.parse(readFileSync(join(sandbox.clone, "package.json"), "utf8"));
  const member = join(sandbox.clone, "packages", "one");
  mkdirSync(member, { recursive: true });
  writeFileSync(join(member, "package.json"), JSON.stringify({ name: "one", private: true, dependencies }, null, 2));
  const outdated = await sandbox.bootstrap(["show"]);
  expect(outdated.code).toBe(2);
  expect(outdated.stderr).toMatch(/pnpm says why.\n[\s\S]*run pnpm install/);

  const lock = join(sandbox.clone, "pnpm-lock.yaml");
  const [root] = /^ {4}dependencies:\n(?: {6}.*\n)+/m.exec(readFileSync(lock, "utf8"))!;
  const entry = `\n  packages/one:\n${root}\npackages:\n`;
  writeFileSync(lock, readFileSync(lock, "utf8").replace("\npackages:\n", entry));
  const mended = await sandbox.bootstrap(["show"]);
  expect(shown(mended).version).toBe(process.version);
  expect(mended.stderr).toContain("the packages: done");

  rmSync(join(member, "node_modules"), { recursive: true });
  shown(await sandbox.bootstrap(["show"]));
  expect(existsSync(join(member, "node_modules", "yaml", "package.json"))).toBe(true);
}, 120_000);

test("a new clone needs no network where the caches are filled", async () => {
  sandbox.offerNpm("downloads");
  sandbox.lendPnpm();
  await sandbox.bootstrap();
  const clone = sandbox.addClone("second clone's");
  const result = await sandbox.bootstrap(["show"], { clone, env: noNetwork });
  expectSetUp(result);
  expect(readFileSync(join(clone, "node_modules", "yaml", "package.json"), "utf8")).toContain('"yaml"');
}, 120_000);

test.each(["the same clone", "another clone"])(
  "two at once, the second in %s, set everything up once",
  async (where) => {
    const npm = sandbox.offerNpm("downloads");
    const clone = where === "the same clone" ? sandbox.clone : sandbox.addClone("other");
    const results = await Promise.all([sandbox.bootstrap(["show"]), sandbox.bootstrap(["show"], { clone })]);
    for (const result of results) expectSetUp(result);
    expect(npm.downloads()).toBe(1);
    expect(results.map(({ stderr }) => stderr).join("")).toMatch(/waiting for another run to finish \(process \d+, /);
  },
  120_000,
);

test("killed at any moment, the next run ends what was left and finishes", async () => {
  const npm = sandbox.offerNpm("downloads");
  const killedAt: string[] = [];
  // Each moment is counted from the sign that its step began; the steps before it are done by then.
  for (const [step, pause] of [
    ["pnpm", 0],
    ["pnpm", 300],
    ["pnpm", 900],
    ["the packages", 150],
    ["the Pulumi CLI", 100],
    ["the Pulumi CLI", 400],
  ] as const) {
    const { pid, result, heard } = sandbox.start();
    const ended = result.then(() => true);
    while (!heard.stderr.includes(`] ${step}`) && !(await Promise.race([ended, sleep(10, false)])));
    await sleep(pause);
    process.kill(-pid, "SIGKILL");
    const { signal } = await result;
    killedAt.push(`${step} ${signal}`);
  }
  const orphans = sandbox.orphans();
  expectSetUp(await sandbox.bootstrap(["show"]));
  expect(killedAt.filter((moment) => moment.endsWith("SIGKILL")).length).toBeGreaterThan(2);
  expect(npm.downloads()).toBeGreaterThan(0);
  for (const pid of orphans) expect(isRunning(pid)).toBe(false);
}, 180_000);

test("a command that outlived its killed run is ended before the work begins again", async () => {
  const { pid, result, started } = await startStuck();
  process.kill(-pid, "SIGKILL");
  await result;
  expect(started.filter(isRunning)).toEqual(started);

  sandbox.offerNpm("downloads");
  expectSetUp(await sandbox.bootstrap(["show"]));
  expect(started.filter(isRunning)).toEqual([]);
}, 60_000);

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s ends it and what it started",
  async (signal) => {
    const { pid, result, started } = await startStuck();
    process.kill(-pid, signal);
    expect((await result).code).not.toBe(0);
    while (started.some(isRunning)) await sleep(10);
  },
  60_000,
);

/** A run in the midst of fetching pnpm with an npm that never ends. */
async function startStuck() {
  sandbox.standIn("npm", "sleep 600");
  const { pid, result } = sandbox.start();
  let started: number[] = [];
  for (; started.length === 0; started = sandbox.orphans()) await sleep(10);
  return { pid, result, started };
}

/** A zombie that nobody has collected yet is not running. */
function isRunning(pid: number): boolean {
  return identityOf(pid) !== undefined;
}
