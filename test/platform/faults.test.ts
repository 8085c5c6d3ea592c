/** Faults that a platform survives: killed servers, an interrupted update, a killed engine; a policy that says no; and its end. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { foldersOf, processesOf } from "../support/leftovers.ts";
import { type Finished, type Started, TestPlatform } from "../support/platform.ts";
import { type Seed, seed } from "../support/seed.ts";
import { Stage } from "../support/stage.ts";

const platform = TestPlatform.create();
const shared = new TestPlatform(inject("platformRoot"));
const seeds = new Map<string, Seed>();
let before: unknown;

/** Servers with the numbers of their processes: the same ones as long as nobody disturbs them. */
const servers = async (of: TestPlatform) =>
  (await of.status()).servers.map(({ name, pid, running, address }) => ({ name, pid, running, address }));

function addTenant(id: string, isolation: string): void {
  platform.edit("4-tenants", (config) => {
    config["bulkhead:tenants"] = { ...(config["bulkhead:tenants"] as object), [id]: { isolation } };
  });
}

async function open(): Promise<Stage> {
  return Stage.open(platform.root);
}

/** All seeded rows are there, and served. */
async function dataIsThere(): Promise<void> {
  const stage = await open();
  for (const [id, { rows }] of seeds) {
    const found = await (await stage.as(id)).rows(
      `/records?id=eq.${rows.records.id}&select=values,tables(bases(name))`,
    );
    expect(found).toEqual([{ values: rows.records.values, tables: { bases: { name: rows.bases.name } } }]);
  }
  await stage.close();
}

/** An up of the layer's program with a transform at its head that changes the properties of a type; the program is put back. */
async function loosened(layer: string, type: string, change: string): Promise<Finished> {
  const program = join(platform.root, "stacks", layer, "index.ts");
  const original = readFileSync(program, "utf8");
  const transform = `pulumi.runtime.registerStackTransformation(({ type, props, opts }) => {
  if (type === "${type}") ${change};
  return { props, opts };
});`;
  const imports = original.lastIndexOf("import ");
  const place = original.indexOf("\n", original.indexOf(' from "', imports)) + 1;
  writeFileSync(program, `${original.slice(0, place)}${transform}\n${original.slice(place)}`);
  try {
    return await platform.run("up");
  } finally {
    writeFileSync(program, original);
  }
}

/** Waits until the engine is at work on the tenants: it holds its lock, and a Job has been begun. */
async function amidst(up: Started): Promise<void> {
  const locks = join(platform.root, ".bulkhead/state/.pulumi/locks/organization/bulkhead-tenants/local");
  const jobs = () => processesOf(platform.root).filter((line) => line.includes("runtime/src/cli.ts")).length;
  for (let waited = 0; waited < 120_000; waited += 50) {
    if (existsSync(locks) && readdirSync(locks).length > 0 && jobs() > 0) return;
    await sleep(50);
  }
  throw new Error(`no update was under way:\n${up.output()}`);
}

beforeAll(async () => {
  before = await servers(shared);
  platform.edit("4-tenants", (config) => {
    config["bulkhead:tenants"] = { ash: {}, cedar: { isolation: "schema" }, elm: { isolation: "database" } };
  });
  await platform.up();
  const stage = await open();
  for (const id of ["ash", "cedar", "elm"]) seeds.set(id, await seed(await stage.as(id)));
  await stage.close();
});
afterAll(() => platform.destroy());

test("every server killed with -9: status says so, up revives them all with their data", async () => {
  const running = (await servers(platform)).filter((server) => server.running);
  expect(running.length).toBeGreaterThanOrEqual(5);
  for (const { pid } of running) process.kill(pid!, "SIGKILL");
  const { code, stdout } = await platform.run("status");
  expect(code).toBe(1);
  expect(stdout).toContain(`${running.length} servers are down: npm run up starts them`);
  const { stderr, stdout: summary } = await platform.up();
  expect(stderr).toContain(`started ${running.length} servers that were down`);
  expect(summary).toContain("Nothing changed");
  await dataIsThere();
});

test("down keeps the data; Ctrl-C amidst an up, and the next up goes on where it ended", async () => {
  const { stdout } = await platform.run("down");
  expect(stdout).toMatch(/stopped \d+ servers; their data is kept/);
  expect((await servers(platform)).filter((server) => server.running)).toEqual([]);
  expect(processesOf(platform.root)).toEqual([]);

  addTenant("gum", "database");
  const up = platform.start("up");
  await amidst(up);
  up.signal("SIGINT");
  const { code, stderr } = await up.finished;
  expect(code, stderr).toBe(130);
  expect(stderr).toContain("interrupted; what was done is kept, run npm run up again to go on");

  await platform.up();
  await dataIsThere();
  const stage = await open();
  expect((await (await stage.as("gum")).create("bases", { name: "in the end" })).name).toBe("in the end");
  await stage.close();
});

test("the whole group killed amidst an up: the engine's stale lock is explained and mended", async () => {
  addTenant("hazel", "schema");
  const up = platform.start("up");
  await amidst(up);
  up.signal("SIGKILL");
  await up.finished;
  const { stderr } = await platform.up();
  expect(stderr).toMatch(
    /stacks\/4-tenants was left locked by an update that is gone \(process \d+\); removed its lock/,
  );
  await dataIsThere();
  const stage = await open();
  expect((await (await stage.as("hazel")).create("bases", { name: "in the end" })).name).toBe("in the end");
  await stage.close();
});

test("two ups at once in a folder: the second is told who is at work", async () => {
  const first = platform.start("up");
  while (!first.output().includes("[1/6]")) await sleep(20);
  const second = await platform.run("up");
  expect(second.code).toBe(1);
  expect(second.stderr).toMatch(/another npm run up or down is at work here \(process \d+\)/);
  first.signal("SIGINT");
  await first.finished;
});

test("a pod without its security context, a public database: the up fails with the policy's words", async () => {
  const pods = await loosened(
    "3-services",
    "kubernetes:apps/v1:Deployment",
    // The pod says it, and each container says it again.
    "for (const { securityContext } of [props.spec.template.spec, ...props.spec.template.spec.containers]) delete securityContext.runAsNonRoot",
  );
  expect(pods.code, pods.stderr).toBe(1);
  expect(pods.stderr).toMatch(/stacks\/3-services failed:/);
  expect(pods.stderr).toMatch(/policy restricted-pods: .*runAsNonRoot/s);
  const address = await loosened(
    "2-database",
    "gcp:alloydb/instance:Instance",
    "props.networkConfig = { ...props.networkConfig, enablePublicIp: true }",
  );
  expect(address.code, address.stderr).toBe(1);
  expect(address.stderr).toMatch(/policy no-public-alloydb: .*The AlloyDB instance has a public address/s);
  await dataIsThere();
});

test("down --delete asks first, and with --yes leaves no process and no file", async () => {
  const asked = await platform.run("down", ["--delete"]);
  expect(asked.code).toBe(2);
  expect(asked.stderr).toContain("add --yes");
  await dataIsThere();
  expect(foldersOf(platform.root).length).toBeGreaterThan(0);
  expect(processesOf(platform.root).length).toBeGreaterThan(0);
  const { code, stdout } = await platform.run("down", ["--delete", "--yes"]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "stopped and deleted: servers, data, state and keys\n" });
  expect(foldersOf(platform.root)).toEqual([]);
  expect(processesOf(platform.root)).toEqual([]);
  expect((await platform.run("down")).stdout).toContain("nothing is up here");
  expect((await platform.run("status")).stdout).toContain("nothing is up here");
});

test("all the while, the other platform on the machine was not disturbed", async () => {
  expect(await servers(shared)).toEqual(before);
  const stage = await Stage.open(shared.root);
  expect((await (await stage.as("acme")).get("/bases")).status).toBe(200);
  await stage.close();
});
