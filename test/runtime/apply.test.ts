/** `bulkhead apply` on a real PostgreSQL: what it makes, under which credential, and what it refuses. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Cell } from "../support/cell.ts";
import { REPOSITORY } from "../support/platform.ts";

let cell: Cell;
const tenants = {
  acme: {},
  globex: { tier: "pro" },
  initech: { isolation: "schema" },
  umbrella: { isolation: "database" },
};

beforeAll(async () => {
  cell = await Cell.start();
});
afterAll(() => cell.end());

const LEDGER = "select schema_name, version, applied_at::text from bulkhead.migration order by 1, 2";

test("before the bootstrap, the create stage says what to do first", async () => {
  const bootstrapped = await cell.run(["bootstrap", "--manifest", cell.manifest({})]);
  expect(bootstrapped.code, bootstrapped.stderr).toBe(0);
  expect(await cell.run(["status"])).toMatchObject({ code: 0, stdout: "no tenants\n" });
});

test("by stages and separate credentials: the migrator may not create, the creator touches no table", async () => {
  const manifest = cell.manifest(tenants);
  const create = await cell.run(["apply", "--stage", "create", "--manifest", manifest]);
  expect(create.code, create.stderr).toBe(0);
  expect(create.stdout).toContain("umbrella: created in a database of its own");
  expect(await cell.query("platform", ["select nspname from pg_namespace where nspname = 'tenant_initech'"])).toEqual(
    [],
  );
  const refused = await cell.run(
    ["apply", "--stage", "create", "--manifest", cell.manifest({ ...tenants, more: { isolation: "schema" } })],
    "migrator",
  );
  expect(refused).toMatchObject({ code: 2 });
  expect(refused.stderr).toContain("may not create roles and databases");
  const migrate = await cell.run(["apply", "--stage", "migrate", "--manifest", manifest], "migrator");
  expect(migrate.code, migrate.stderr).toBe(0);
  const proof = await cell.run(["prove", "--report"]);
  expect(proof.code, proof.stdout).toBe(0);
  expect(proof.stdout).toMatch(/^isolation proven: \d+ attacks between 4 tenants/);
});

test("the same tables in all three homes, owned by nobody who logs in, under forced row-level security", async () => {
  const shape = (schema: string) => `
    select relname, relrowsecurity and relforcerowsecurity as forced, pg_get_userbyid(relowner) as owner,
      (select string_agg(polname || ' ' || polpermissive, ', ' order by polname) from pg_policy where polrelid = pg_class.oid) as policies
    from pg_class where relnamespace = '${schema}'::regnamespace and relkind = 'r' order by 1`;
  const pooled = await cell.query("platform", [shape("app")]);
  expect(pooled.map((row) => row.relname)).toEqual(["bases", "fields", "records", "tables", "views"]);
  for (const row of pooled) {
    expect(row).toMatchObject({
      forced: true,
      owner: "bulkhead_owner",
      policies: "administrator_access true, tenant_access true, tenant_boundary false",
    });
  }
  expect(await cell.query("platform", [shape("tenant_initech")])).toEqual(pooled);
  expect(await cell.query("tenant_umbrella", [shape("app")], "bulkhead_owner")).toEqual(pooled);
});

test("a second run changes nothing and says so", async () => {
  const before = await cell.query("platform", [LEDGER], "bulkhead_owner");
  const again = await cell.apply(tenants);
  expect(again.code, again.stderr).toBe(0);
  expect(again.stdout).toContain("no tenant changes");
  expect(again.stdout).toContain("0 brought up to date, 0 failed");
  expect(await cell.query("platform", [LEDGER], "bulkhead_owner")).toEqual(before);
  for (const tenant of Object.values(await cell.status()))
    expect(tenant).toMatchObject({ generation: 1, observedGeneration: 1, phase: "ready" });
});

test("what changes is said in words by plan, which touches nothing, and done by apply", async () => {
  const changed = {
    acme: { status: "suspended" },
    initech: { isolation: "schema", tier: "pro" },
    umbrella: { isolation: "database" },
    stark: {},
  };
  const plan = await cell.run(["plan", "--manifest", cell.manifest(changed)]);
  expect(
    plan.stdout
      .split("\n")
      .slice(1, 5)
      .map((line) => line.trim()),
  ).toEqual([
    "acme: suspended: its requests are refused and its sessions ended, its data stays",
    "globex: no longer in the config: suspended, its data is kept in the shared tables, under row-level security",
    "initech: tier free → pro",
    "stark: created in the shared tables, under row-level security, cell eu1, tier free",
  ]);
  expect(Object.keys(await cell.status())).not.toContain("stark");
  expect((await cell.apply(changed)).code).toBe(0);
  expect(await cell.status()).toMatchObject({
    acme: { status: "suspended" },
    globex: { status: "retained" },
    stark: { phase: "ready" },
  });
  expect((await cell.apply(tenants)).stdout).toContain("globex: back in the config: active, with the data it had");
});

test("--json is one document on standard output, progress goes elsewhere", async () => {
  const { stdout, code } = await cell.apply({ ...tenants, wayne: {} }, "--json");
  expect(code).toBe(0);
  const document = JSON.parse(stdout);
  expect(document.changes).toContainEqual(expect.objectContaining({ tenant: "wayne", kind: "create" }));
  expect(document.proof.leaks).toEqual([]);
});

describe("bad input: exit code 2, and nothing was touched", () => {
  const unchanged = async (work: () => Promise<{ code: number | null; stderr: string }>, message: RegExp) => {
    const before = await cell.status();
    const result = await work();
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(message);
    expect(await cell.status()).toEqual(before);
  };

  test("a move by edit", () =>
    unchanged(
      () => cell.apply({ ...tenants, acme: { isolation: "schema" } }),
      /acme: refused: isolation pooled → schema/,
    ));
  test("a changed account id", () =>
    unchanged(
      () => cell.apply({ ...tenants, acme: { accountId: "00000000-0000-4000-8000-000000000001" } }),
      /acme: refused: accountId/,
    ));
  test("no manifest", () => unchanged(() => cell.run(["apply"]), /no manifest: give --manifest/));
  test("a manifest that is not there", () =>
    unchanged(() => cell.run(["apply", "--manifest", "/nonexistent"]), /cannot be used/));
  test("half a manifest does not retire the other half", () =>
    unchanged(async () => {
      const folder = cell.manifest(tenants);
      const file = join(folder, "tenants-0000.json");
      const rows = JSON.parse(readFileSync(file, "utf8"));
      writeFileSync(file, JSON.stringify(rows.slice(1)));
      return cell.run(["apply", "--manifest", folder]);
    }, /different tenants where rollout.json counts/));
  test("a login that does not exist", () =>
    unchanged(
      () =>
        cell.run([
          "bootstrap",
          "--manifest",
          cell.manifest({}, { logins: { client_authenticator: "nobody@test.iam" } }),
        ]),
      /no such database user/,
    ));
  test("a login for a role that no login may have", () =>
    unchanged(
      () => cell.run(["bootstrap", "--manifest", cell.manifest({}, { logins: { bulkhead_owner: "client@test.iam" } })]),
      /no login may be a member/,
    ));
  test("an unknown option", () => unchanged(() => cell.run(["apply", "--manifst", "x"]), /--help lists the options/));
  test("too few shards", () =>
    unchanged(
      () =>
        cell.run([
          "apply",
          "--manifest",
          cell.manifest(
            { ...tenants, one: { isolation: "schema" }, two: { isolation: "schema" } },
            { schemasPerShard: 2 },
          ),
        ]),
      /raise bulkhead:shards/,
    ));
  test("a schema tenant that is routed to another shard than its own", () =>
    unchanged(
      () => cell.run(["apply", "--manifest", cell.manifest(tenants, { shards: 2, routed: { initech: 1 } })]),
      /initech: is on shard 0, and routed to 1/,
    ));
  test("a new schema tenant that is routed to a shard that the cell has not", () =>
    unchanged(
      () =>
        cell.run([
          "apply",
          "--manifest",
          cell.manifest({ ...tenants, one: { isolation: "schema" } }, { shards: 2, routed: { one: 2 } }),
        ]),
      /raise bulkhead:shards/,
    ));
  test("a released migration that was edited", () =>
    unchanged(async () => {
      const folder = mkdtempSync(join(tmpdir(), "bulkhead-migrations-"));
      cpSync(join(REPOSITORY, "packages/runtime/migrations"), folder, { recursive: true });
      const first = join(folder, readdirSync(folder).sort()[0]!);
      writeFileSync(first, `${readFileSync(first, "utf8")}\n-- one more line\n`);
      const result = await cell.run(["apply", "--manifest", cell.manifest(tenants), "--migrations", folder]);
      rmSync(folder, { recursive: true });
      return result;
    }, /was changed after its release/));
});

test("a schema tenant is served by the shard that it is routed to, and stays there when the manifest is silent", async () => {
  const shardOf = (id: string) =>
    cell.query("platform", [`select shard from bulkhead.tenant where id = '${id}'`], "bulkhead_owner");
  const wanted = { ...tenants, routed: { isolation: "schema" } };
  const settings = { shards: 2 };
  expect((await cell.run(["bootstrap", "--manifest", cell.manifest({}, settings)])).code).toBe(0);
  const result = await cell.run(["apply", "--manifest", cell.manifest(wanted, { ...settings, routed: { routed: 1 } })]);
  expect(result.code, result.stdout).toBe(0);
  expect(await shardOf("routed")).toEqual([{ shard: 1 }]);
  await cell.run(["apply", "--manifest", cell.manifest(wanted, settings)]);
  expect(await shardOf("routed")).toEqual([{ shard: 1 }]);
  expect(await shardOf("initech")).toEqual([{ shard: 0 }]);
});

test("a superuser is refused: row-level security would not hold for it", async () => {
  await expect(cell.query("postgres", ["alter role postgres superuser"])).rejects.toThrow(/permission denied/);
});

test("when the contract changes, tables protected by the older one are protected anew, in every home", async () => {
  const loosen = (schema: string) => [
    `alter policy tenant_boundary on ${schema}.bases using (true)`,
    `update bulkhead.exposed_schema set contract_hash = 'older' where schema_name = '${schema}'`,
    "update bulkhead.tenant set schema_hash = 'older'",
  ];
  await cell.query("platform", [...loosen("app"), ...loosen("tenant_initech")], "bulkhead_owner");
  await cell.query("tenant_umbrella", loosen("app"), "bulkhead_owner");
  expect((await cell.run(["lint"])).code).toBe(3);
  const result = await cell.apply({ ...tenants, wayne: {} });
  expect(result.code, result.stdout).toBe(0);
  expect(result.stdout).toMatch(/isolation proven/);
});
