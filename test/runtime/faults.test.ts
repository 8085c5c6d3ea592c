/** What `bulkhead apply` survives: being killed, a second run beside it, a server that goes away, a tenant that fails. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Cell } from "../support/cell.ts";

let cell: Cell;
/** All that were ever asked for: leaving one out would retain it. */
const all: Record<string, object> = {};

beforeAll(async () => {
  cell = await Cell.start();
  expect((await cell.apply({}, "--no-prove")).code).toBe(0);
});
afterAll(() => cell.end());

/** A dozen tenants of every kind, new in each round. */
function round(number: number): Record<string, object> {
  const tenants: Record<string, object> = {};
  for (let index = 0; index < 4; index++) {
    tenants[`pool-${number}-${index}`] = {};
    tenants[`schema-${number}-${index}`] = { isolation: "schema" };
  }
  for (let index = 0; index < 2; index++) tenants[`data-${number}-${index}`] = { isolation: "database" };
  return tenants;
}

/** Everything that a rollout makes for a tenant, its name taken out: equal for any two tenants of a kind. */
async function fingerprint(tenant: string): Promise<unknown> {
  const role = `tenant_${tenant.replaceAll("-", "_")}`;
  const own = tenant.startsWith("data");
  const schema = own ? "app" : role;
  const inside = await cell.query(
    own ? role : "platform",
    [
      `select json_build_object(
        'tables', (select json_agg(json_build_array(relname, relkind, relrowsecurity, relforcerowsecurity, relacl::text) order by relname) from pg_class where relnamespace = '${schema}'::regnamespace),
        'policies', (select json_agg(json_build_array(polrelid::regclass::text, polname, polpermissive, pg_get_expr(polqual, polrelid), polroles::regrole[]::text) order by polrelid::regclass::text, polname) from pg_policy join pg_class on pg_class.oid = polrelid where relnamespace = '${schema}'::regnamespace),
        'triggers', (select json_agg(tgname::text || tgrelid::regclass order by tgname, tgrelid::regclass::text) from pg_trigger join pg_class on pg_class.oid = tgrelid where relnamespace = '${schema}'::regnamespace and not tgisinternal),
        'constraints', (select json_agg(conrelid::regclass::text || pg_get_constraintdef(pg_constraint.oid) order by conrelid::regclass::text, conname) from pg_constraint where connamespace = '${schema}'::regnamespace),
        'migrations', (select json_agg(json_build_array(version, hash) order by version) from bulkhead.migration where schema_name = '${schema}'),
        'exposed', (select json_agg(request_roles) from bulkhead.exposed_schema where schema_name = '${schema}'),
        'registered', (select json_build_array(phase, generation) from bulkhead.tenant where id = '${tenant}')) as found`,
    ],
    "bulkhead_owner",
  );
  const members = await cell.query("postgres", [
    `select m.rolname as member, r.rolname as role, inherit_option, set_option from pg_auth_members
     join pg_roles m on m.oid = member join pg_roles r on r.oid = roleid
     where '${role}' in (m.rolname, r.rolname) and (inherit_option or set_option) order by 1, 2`,
  ]);
  const text = JSON.stringify([inside, members])
    .replaceAll(role, "tenant_x")
    .replaceAll(role.replace("tenant_", "authenticator_"), "authenticator_x");
  return JSON.parse(text);
}

async function expectDone(tenants: Record<string, object>, reference: Record<string, unknown>): Promise<void> {
  const status = await cell.status();
  for (const id of Object.keys(tenants)) {
    expect(status[id], id).toMatchObject({ phase: "ready", error: null });
    const kind = id.split("-")[0]!;
    if (kind !== "pool") expect(await fingerprint(id), id).toEqual(reference[kind]);
  }
}

const reference: Record<string, unknown> = {};

test("an undisturbed run, as the reference", async () => {
  Object.assign(all, round(0));
  const start = Date.now();
  const result = await cell.apply(all, "--no-prove");
  expect(result.code, result.stderr).toBe(0);
  reference.duration = Date.now() - start;
  for (const kind of ["schema", "data"]) {
    reference[kind] = await fingerprint(`${kind}-0-0`);
    expect(await fingerprint(`${kind}-0-1`)).toEqual(reference[kind]);
  }
});

test("kill -9 at any of ten random moments, then a rerun: the same end state", async () => {
  const moments: string[] = [];
  for (let number = 1; number <= 10; number++) {
    const tenants = round(number);
    Object.assign(all, tenants);
    const run = cell.start(["apply", "--no-prove", "--manifest", cell.manifest(all)]);
    // From before it connects to about its end; a moment after the end proves nothing and hurts nothing.
    const moment = 100 + Math.random() * (reference.duration as number);
    await sleep(moment);
    run.kill("SIGKILL");
    const { signal } = await run.ended;
    moments.push(`${Math.round(moment)} ms${signal ? "" : " (ended before)"}`);
    const again = await cell.apply(all, "--no-prove");
    expect(again.code, `killed at ${moments.at(-1)}: ${again.stdout}${again.stderr}`).toBe(0);
    await expectDone(tenants, reference);
  }
  expect(moments.filter((moment) => !moment.includes("before")).length, moments.join(", ")).toBeGreaterThanOrEqual(5);
});

test("two at once: one waits for the other, both end well", async () => {
  const tenants = round(11);
  Object.assign(all, tenants);
  const manifest = cell.manifest(all);
  const both = await Promise.all([1, 2].map(() => cell.run(["apply", "--no-prove", "--manifest", manifest])));
  for (const run of both) expect(run.code, run.stderr).toBe(0);
  await expectDone(tenants, reference);
});

test("the server stops in the middle: a clear error, and a rerun goes on", async () => {
  const tenants = round(12);
  Object.assign(all, tenants);
  const run = cell.start(["apply", "--no-prove", "--manifest", cell.manifest(all)]);
  while (!/created/.test(run.output())) await sleep(10);
  await sleep(150);
  await cell.stopServer();
  const stopped = await run.ended;
  await cell.startServer();
  if (stopped.code !== 0) {
    expect(stopped.code).toBe(1);
    expect(stopped.stderr).toMatch(/connection to the database was lost|cannot reach the database/);
    expect(stopped.stderr).not.toMatch(/^\s+at /m);
  }
  const again = await cell.apply(all, "--no-prove");
  expect(again.code, again.stderr).toBe(0);
  await expectDone(tenants, reference);
});

test("a tenant whose migration fails: the others are done, it is reported with the error and its place", async () => {
  const tenants = round(13);
  Object.assign(all, tenants);
  const broken = "schema-13-2";
  await cell.query(
    "platform",
    ["create schema tenant_schema_13_2", "create table tenant_schema_13_2.tables (id int)"],
    "bulkhead_owner",
  );
  const result = await cell.apply(all);
  expect(result.code, result.stderr).toBe(1);
  expect(result.stdout).toMatch(/isolation proven/);
  expect(result.stdout).toMatch(
    /schema-13-2: 0001_core_entities\.sql:\d+:\d+: relation "tables" already exists \(SQLSTATE 42P07\)/,
  );
  const status = await cell.status();
  expect(status[broken]).toMatchObject({
    phase: "failed",
    error: { place: expect.stringMatching(/^0001_core_entities\.sql:\d+:\d+$/) },
  });
  // Nothing half applied: the tables before the one that failed are not there either.
  expect(
    await cell.query("platform", [
      "select relname from pg_class where relnamespace = 'tenant_schema_13_2'::regnamespace and relkind = 'r'",
    ]),
  ).toEqual([{ relname: "tables" }]);
  const { [broken]: _broken, ...others } = tenants;
  await expectDone(others, reference);
  await cell.query("platform", ["drop table tenant_schema_13_2.tables"], "bulkhead_owner");
  const mended = await cell.apply(all);
  expect(mended.code, mended.stderr).toBe(0);
  expect(mended.stdout).toContain("schema-13-2: tried again: its last rollout failed");
  await expectDone(tenants, reference);
});

test("a child waits for its parent's migration", async () => {
  const family = { "parent-a": { isolation: "schema" }, "child-a": { isolation: "schema", parent: "parent-a" } };
  Object.assign(all, family);
  await cell.query(
    "platform",
    ["create schema tenant_parent_a", "create table tenant_parent_a.bases (id int)"],
    "bulkhead_owner",
  );
  const result = await cell.apply(all, "--no-prove");
  expect(result.code).toBe(1);
  expect(result.stdout).toContain("child-a: waits for its parent parent-a, which failed");
  await cell.query("platform", ["drop table tenant_parent_a.bases"], "bulkhead_owner");
  expect((await cell.apply(all, "--no-prove")).code).toBe(0);
});
