/** A tenant on a server of its own, from the line that creates it to the two words that end it. */
import { accountIdOf } from "@bulkhead/config";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestPlatform } from "../support/platform.ts";

const STARK = { isolation: "instance" };
let platform: TestPlatform;
const tenants = (entries: Record<string, object>) =>
  platform.edit("4-tenants", (config) => {
    config["bulkhead:tenants"] = { acme: {}, ...entries };
  });
const servers = async () =>
  (await platform.status()).servers
    .filter(({ kind }) => kind === "postgres")
    .map(({ name }) => name.split("/").at(-3))
    .sort();

async function get(path: string, of: string, at = of): Promise<Response> {
  const token = (await platform.run("token", [of])).stdout.trim();
  const { addresses } = await platform.status();
  return fetch(`${addresses.tenants[at]}${path}`, { headers: { authorization: `Bearer ${token}` } });
}

beforeAll(async () => {
  platform = TestPlatform.create();
  tenants({ stark: STARK });
});
afterAll(() => platform.destroy());

test("one word of config: a server, an API and a proof of its own", async () => {
  const { stderr, stdout } = await platform.up();
  expect(stderr).toContain("stark: created on an AlloyDB cluster of its own");
  expect(await servers()).toEqual(["bulkhead-eu1", "bulkhead-t-stark"]);
  expect(stdout).toMatch(/tenant stark: isolation proven: \d{2,} attacks by stark/);
  expect(await (await get("/bases?select=name,account_id", "stark")).json()).toEqual([
    { name: "Hello from stark", account_id: accountIdOf("stark") },
  ]);
});

test("nobody else's token opens it, and its token opens nothing else", async () => {
  expect((await get("/bases", "acme", "stark")).status).toBeGreaterThanOrEqual(400);
  expect((await get("/bases", "stark", "acme")).status).toBeGreaterThanOrEqual(400);
});

test("its line removed: no API, a server that runs on, and the data is there when the line returns", async () => {
  tenants({});
  const { stderr } = await platform.up();
  expect(stderr).toContain("stark: no longer in the config: suspended, its data is kept on an AlloyDB cluster");
  expect(await servers()).toEqual(["bulkhead-eu1", "bulkhead-t-stark"]);
  tenants({ stark: STARK });
  await platform.up();
  expect(await (await get("/bases?select=name", "stark")).json()).toEqual([{ name: "Hello from stark" }]);
});

test("deleted in words, and the line removed: only then is the server gone, and no other tenant noticed", async () => {
  tenants({ stark: { ...STARK, status: "deleted", deletionConfirmed: "stark" } });
  const first = await platform.up();
  expect(first.stderr).toMatch(/stark: deleted: sealed.*its AlloyDB cluster goes with the line/);
  expect(await servers()).toEqual(["bulkhead-eu1", "bulkhead-t-stark"]);
  tenants({});
  const second = await platform.up();
  expect(second.stderr).toContain(
    "stark: its deletion was confirmed and its line is gone: its AlloyDB cluster is deleted",
  );
  expect(await servers()).toEqual(["bulkhead-eu1"]);
  expect(await (await get("/bases?select=name", "acme")).json()).toEqual([{ name: "Hello from acme" }]);
});
