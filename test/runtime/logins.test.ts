/** Direct logins against the platform itself: what one leaves behind, holds or takes must not keep a rollout from sealing it. */
import { type IssuedLogin, issueLogin } from "@bulkhead/runtime";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Cell } from "../support/cell.ts";

let cell: Cell;
const tenants = {
  acme: {},
  globex: {},
  initech: { isolation: "schema" },
  hooli: { isolation: "schema" },
  umbrella: { isolation: "database" },
};
const open: pg.Client[] = [];

beforeAll(async () => {
  cell = await Cell.start();
  const { code, stdout, stderr } = await cell.apply(tenants);
  expect(code, stdout + stderr).toBe(0);
});
afterAll(async () => {
  for (const client of open) await client.end().catch(() => {});
  await cell.end();
});

async function connectAs(login: IssuedLogin, database = login.database): Promise<pg.Client> {
  const client = new pg.Client({ ...cell.address, user: login.user, password: login.password, database });
  client.on("error", () => {});
  await client.connect();
  open.push(client);
  return client;
}

const session = async (tenant: string, seconds = 600) => {
  const login = await issueLogin(cell.operator, tenant, seconds);
  return { login, client: await connectAs(login) };
};

test("a pooled tenant gets no login: SQL on shared tables asks the planner about the others", async () => {
  await expect(issueLogin(cell.operator, "acme", 60)).rejects.toThrow(
    /acme is pooled: .* use isolation schema, database or instance/,
  );
});

test("no login may connect to a database that is not its tenant's", async () => {
  const { login } = await session("initech");
  const own = await session("umbrella");
  for (const database of ["postgres", "tenant_umbrella"])
    await expect(connectAs(login, database), database).rejects.toThrow(/permission denied/);
  for (const database of ["postgres", "platform"])
    await expect(connectAs(own.login, database), database).rejects.toThrow(/permission denied/);
});

test("it has few connections", async () => {
  const { login } = await session("hooli");
  for (let number = 2; number <= 5; number++) await connectAs(login);
  await expect(connectAs(login)).rejects.toThrow(/too many connections for role/);
});

test("its time ends in the middle of a transaction", async () => {
  const { client } = await session("initech", 2);
  await client.query("begin");
  await client.query("insert into bases (name) values ('in time')");
  await client.query("select pg_sleep(2.5)");
  expect((await client.query("select from bases")).rowCount).toBe(0);
  await expect(client.query("insert into bases (name) values ('too late')")).rejects.toThrow(/row-level security/);
  await client.query("rollback");
});

test("what an expired login owns or granted keeps nobody from being issued one, nor from being sealed", async () => {
  const { client } = await session("initech", 2);
  await client.query("alter default privileges grant select on tables to public");
  await client.query("select lo_from_bytea(0, 'kept')");
  await new Promise((resolve) => setTimeout(resolve, 2500));
  await session("hooli");
  const result = await cell.apply({ ...tenants, hooli: { isolation: "schema", status: "suspended" } }, "--no-prove");
  expect(result.code, result.stderr).toBe(0);
  expect(
    await cell.query("platform", ["select 1 from bulkhead.login where expires_at < now()"], "bulkhead_owner"),
  ).toEqual([]);
});

test("advisory locks that a login holds do not hold up the rollout that seals it; its open transaction ends", async () => {
  const { client } = await session("initech");
  for (const key of ["7094996408453128548", "7094996408453128549"])
    await client.query(`select pg_advisory_lock(${key})`);
  await client.query("begin isolation level repeatable read");
  await client.query("insert into bases (name) values ('held')");
  const result = await cell.apply({ ...tenants, initech: { isolation: "schema", status: "suspended" } }, "--no-prove");
  expect(result.code, result.stderr).toBe(0);
  expect(result.stderr).toContain("barred");
  await expect(client.query("select 1")).rejects.toThrow(/terminated|not queryable|closed/);
});

test("a table that a login holds delays its own migration only, and that not for long", async () => {
  expect((await cell.apply(tenants, "--no-prove")).code).toBe(0);
  const { client } = await session("initech");
  await client.query("begin");
  await client.query("lock table bases in access share mode");
  // As after an upgrade of the platform: every tenant is behind, and its tables are protected anew.
  await cell.query(
    "platform",
    ["update bulkhead.tenant set schema_hash = 'older'", "update bulkhead.exposed_schema set contract_hash = 'older'"],
    "bulkhead_owner",
  );
  const held = await cell.apply(tenants, "--no-prove");
  expect(held.code).toBe(1);
  expect(held.stdout).toMatch(/initech: .*lock timeout/);
  expect((await cell.status()).hooli).toMatchObject({ phase: "ready" });
  await client.query("rollback");
  expect((await cell.apply(tenants, "--no-prove")).code).toBe(0);
});

test("the subject in the audit is the token's, not what a session says", async () => {
  const { client, login } = await session("initech");
  await client.query("select set_config('app.user_id', 'ceo@globex', false)");
  await client.query("insert into bases (name) values ('forged')");
  const rows = await cell.query(
    "platform",
    [`select user_id, login::text from bulkhead.row_change where login = '${login.user}'`],
    "bulkhead_owner",
  );
  expect(rows).toEqual([{ user_id: null, login: login.user }]);
});

test("a sealed database tenant is told so in its own database, whatever becomes of the rest of the rollout", async () => {
  // A schema in the way makes another tenant's part fail.
  await cell.query(
    "platform",
    ["create schema tenant_blocked", "create table tenant_blocked.bases ()"],
    "bulkhead_owner",
  );
  const result = await cell.apply(
    { ...tenants, blocked: { isolation: "schema" }, umbrella: { isolation: "database", status: "suspended" } },
    "--no-prove",
  );
  expect(result.code).toBe(1);
  expect(await cell.query("tenant_umbrella", ["select status from bulkhead.tenant"], "bulkhead_owner")).toEqual([
    { status: "suspended" },
  ]);
});
