/** The logins that Vault issues, by the statements that its roles hold, under its own login: no superuser, and a member of nobody. */
import { setTimeout as sleep } from "node:timers/promises";
import { dbAdminRole, runtimeUserRole, tenantLoginRole, VAULT_LOGIN, vaultTenantLogin } from "@bulkhead/config";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Cell } from "../support/cell.ts";
import { FakeVault, type Issued, type Statements, statementsOf, VaultConnection } from "../support/vault.ts";

const tenants = {
  acme: {},
  initech: { isolation: "schema" },
  hooli: { isolation: "schema" },
  umbrella: { isolation: "database" },
};
const dbAdmin = statementsOf("create-db-admin", "renew");
const runtimeUser = statementsOf("create-runtime-user", "renew");
const initech = statementsOf("create-schema-tenant", "renew-tenant", {
  role: "tenant_initech",
  schema: "tenant_initech",
  tenant: "initech",
});
const umbrella = statementsOf("create-database-tenant", "renew-tenant", {
  role: "tenant_umbrella",
  schema: "app",
  tenant: "umbrella",
});
const ADMIN = dbAdminRole("eu1");
const RUNTIME = runtimeUserRole("eu1");

let cell: Cell;
let vault: FakeVault;
let platform: VaultConnection;
let own: VaultConnection;
const open: pg.Client[] = [];

const handOver = () =>
  cell.run(
    [
      "vault",
      ...["--connection", "eu1=platform", "--connection", "tenant-umbrella=umbrella", "--schema-tenant", "initech"],
    ],
    "administrator",
    vault.environment,
  );

beforeAll(async () => {
  cell = await Cell.start();
  const applied = await cell.apply(tenants);
  expect(applied.code, applied.stdout + applied.stderr).toBe(0);
  platform = new VaultConnection(cell.address, VAULT_LOGIN, "platform");
  own = new VaultConnection(cell.address, vaultTenantLogin("umbrella"), "tenant_umbrella");
  vault = await FakeVault.start({ eu1: platform, "tenant-umbrella": own });
  const given = await handOver();
  expect(given.code, given.stdout + given.stderr).toBe(0);
});
afterAll(async () => {
  for (const client of open) await client.end().catch(() => {});
  await vault.end();
  await cell.end();
});

async function connectAs(issued: Issued, database: string): Promise<pg.Client> {
  const client = new pg.Client({ ...cell.address, user: issued.user, password: issued.password, database });
  client.on("error", () => {});
  await client.connect();
  open.push(client);
  return client;
}

/** Whatever of a login is left in the cluster: the role, a membership, a privilege, an object, a row. */
async function leftOf(user: string): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  for (const database of ["platform", "tenant_umbrella"])
    found.push(
      ...(await cell.query(
        database,
        [
          `select 'role' as what from pg_roles where rolname ~ '${user}'
           union all select 'row' from bulkhead.login where login ~ '${user}'
           union all select 'session' from pg_stat_activity where usename ~ '${user}'
           union all select 'grant of a role that is gone' from pg_auth_members
             where not exists (select from pg_roles where oid = member) or not exists (select from pg_roles where oid = roleid)
           union all select 'dependency on a role that is gone' from pg_shdepend
             where refclassid = 'pg_authid'::regclass and not exists (select from pg_roles where oid = refobjid)`,
        ],
        "bulkhead_owner",
      )),
    );
  return found;
}

test("Vault's own login may create roles, and is no superuser and nobody's member by right", async () => {
  const rows = await cell.query("platform", [
    `select rolname::text, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
            (select array_agg(granted.rolname::text order by 1) from pg_auth_members join pg_roles as granted on granted.oid = roleid
             where member = pg_roles.oid and (inherit_option or set_option)) as rights
     from pg_roles where rolname ~ '^vault_' order by 1`,
  ]);
  const as = (rolname: string) => ({
    ...{ rolname, rolsuper: false, rolbypassrls: false, rolcreaterole: true, rolcreatedb: false },
    rights: ["login_issuer"],
  });
  expect(rows).toEqual([as("vault_admin"), as("vault_tenant_umbrella")]);
});

test("db-admin changes tables as the owner, owns nothing, and connects to no other database", async () => {
  const issued = await platform.issue(ADMIN, dbAdmin);
  const client = await connectAs(issued, "platform");
  await expect(client.query("select from app.bases")).rejects.toThrow(/permission denied/);
  await expect(client.query("create table app.mine ()")).rejects.toThrow(/permission denied/);
  for (const role of [
    "api_user",
    "admin_user",
    "tenant_initech",
    "client_authenticator",
    "alloydbsuperuser",
    VAULT_LOGIN,
  ])
    await expect(client.query(`set role ${role}`), role).rejects.toThrow(/permission denied to set role/);
  await client.query("set role bulkhead_owner");
  await client.query("create table app.migrated ()");
  await client.query("drop table app.migrated");
  for (const database of ["tenant_umbrella", "postgres"])
    await expect(connectAs(issued, database), database).rejects.toThrow(/permission denied/);
  await platform.revoke(issued, dbAdmin);
  expect(await leftOf(issued.user)).toEqual([]);
});

test("runtime-user becomes what requests become, and nobody else", async () => {
  const issued = await platform.issue(RUNTIME, runtimeUser);
  const client = await connectAs(issued, "platform");
  await expect(client.query("select from app.bases")).rejects.toThrow(/permission denied/);
  for (const role of ["admin_user", "tenant_initech", "migrator", "bulkhead_owner"])
    await expect(client.query(`set role ${role}`), role).rejects.toThrow(/permission denied to set role/);
  await client.query("set role api_user");
  expect((await client.query("select from app.bases")).rowCount).toBe(0);
  await platform.revoke(issued, runtimeUser);
  expect(await leftOf(issued.user)).toEqual([]);
});

test("a tenant's login sees its tenant's rows alone, whatever it sets, and is renewed", async () => {
  for (const [tenant, connection, statements, database] of [
    ["initech", platform, initech, "platform"],
    ["umbrella", own, umbrella, "tenant_umbrella"],
  ] as const) {
    const issued = await connection.issue(tenantLoginRole(tenant), statements, 2);
    const client = await connectAs(issued, database);
    await client.query("insert into bases (name) values ('of the tenant')");
    await connection.renew(issued, statements, 600);
    await sleep(2500);
    expect((await client.query("select from bases")).rowCount).toBe(1);
    await client.query("select set_config('app.account_id', '00000000-0000-4000-8000-000000000000', false)");
    expect((await client.query("select from bases")).rowCount).toBe(1);
    for (const schema of ["tenant_hooli", "bulkhead"])
      await expect(client.query(`select from ${schema}.bases`)).rejects.toThrow(/permission denied|does not exist/);
    for (const role of [`tenant_${tenant}`, "api_user", "bulkhead_owner"])
      await expect(client.query(`set role ${role}`), role).rejects.toThrow(/permission denied to set role/);
    const elsewhere = database === "platform" ? "tenant_umbrella" : "platform";
    await expect(connectAs(issued, elsewhere)).rejects.toThrow(/permission denied/);
    await connection.revoke(issued, statements);
    await expect(client.query("select 1")).rejects.toThrow(/terminated|not queryable|closed/);
    expect(await leftOf(issued.user)).toEqual([]);
  }
});

test("Vault cannot make a login another tenant's, nor read who the tenants are", async () => {
  const strange = { ...initech, create: initech.create.map((statement) => statement.replace("'initech'", "'hooli'")) };
  await expect(platform.issue(tenantLoginRole("initech"), strange)).rejects.toThrow(/is not one of tenant hooli/);
  const ungiven = {
    ...initech,
    create: initech.create.map((one) => one.replace('"tenant_initech"', '"tenant_hooli"')),
  };
  await expect(platform.issue(tenantLoginRole("initech"), ungiven)).rejects.toThrow(/permission denied to grant role/);
  expect(await leftOf("login_initech")).toEqual([]);
  const self = await connectAs({ user: VAULT_LOGIN, password: platform.password! }, "platform");
  await expect(self.query("select from bulkhead.tenant")).rejects.toThrow(/permission denied/);
  await expect(self.query("select from app.bases")).rejects.toThrow(/permission denied/);
});

test("revocation ends the session in the middle of its transaction, and what the login left behind goes with it", async () => {
  const admin = await platform.issue(ADMIN, dbAdmin);
  const tenant = await platform.issue(tenantLoginRole("initech"), initech);
  const sessions = [await connectAs(admin, "platform"), await connectAs(tenant, "platform")];
  for (const session of sessions) {
    await session.query("select lo_from_bytea(0, 'kept')");
    await session.query("alter default privileges grant select on tables to public");
    await session.query("alter role current_user set work_mem = '1MB'");
    await session.query("begin");
  }
  await sessions[0]!.query("set role bulkhead_owner");
  await sessions[0]!.query("lock table app.bases in access exclusive mode");
  await sessions[1]!.query("insert into bases (name) values ('unfinished')");
  await platform.revoke(tenant, initech);
  await platform.revoke(admin, dbAdmin);
  for (const session of sessions)
    await expect(session.query("select 1")).rejects.toThrow(/terminated|queryable|closed/);
  expect(await leftOf(admin.user)).toEqual([]);
  expect(await leftOf(tenant.user)).toEqual([]);
  expect(await cell.query("platform", ["select 1 from pg_largeobject_metadata"])).toEqual([]);
  // Vault tries again until it succeeds: what succeeded once succeeds again.
  await platform.revoke(admin, dbAdmin);
  await platform.revoke(tenant, initech);
});

test("a login that cannot be dropped yet is barred meanwhile, and dropped by the next attempt", async () => {
  const issued = await platform.issue(ADMIN, dbAdmin);
  await cell.query(
    "tenant_umbrella",
    ["create table app.in_the_way ()", `grant select on app.in_the_way to ${issued.user}`],
    "bulkhead_owner",
  );
  await expect(platform.revoke(issued, dbAdmin)).rejects.toThrow(/cannot be dropped/);
  await expect(connectAs(issued, "platform")).rejects.toThrow(/not permitted to log in/);
  await cell.query("tenant_umbrella", ["drop table app.in_the_way"], "bulkhead_owner");
  await platform.revoke(issued, dbAdmin);
  expect(await leftOf(issued.user)).toEqual([]);
});

test("sealing a tenant bars Vault's logins, ends their sessions, and no more are issued or renewed", async () => {
  const cases: readonly [string, VaultConnection, Statements, string][] = [
    ["initech", platform, initech, "platform"],
    ["umbrella", own, umbrella, "tenant_umbrella"],
  ];
  const issued: Issued[] = [];
  for (const [tenant, connection, statements] of cases)
    issued.push(await connection.issue(tenantLoginRole(tenant), statements));
  const sessions = [await connectAs(issued[0]!, "platform"), await connectAs(issued[1]!, "tenant_umbrella")];
  const sealed = {
    initech: { isolation: "schema", status: "suspended" },
    umbrella: { isolation: "database", status: "suspended" },
  };
  const result = await cell.apply({ ...tenants, ...sealed }, "--no-prove");
  expect(result.code, result.stderr).toBe(0);
  expect(result.stderr).toContain("barred 2 logins");
  for (const [index, [tenant, connection, statements, database]] of cases.entries()) {
    await expect(sessions[index]!.query("select 1")).rejects.toThrow(/terminated|queryable|closed/);
    await expect(connectAs(issued[index]!, database)).rejects.toThrow(/not permitted to log in/);
    await expect(connection.issue(tenantLoginRole(tenant), statements)).rejects.toThrow(/gets no login/);
    await expect(connection.renew(issued[index]!, statements, 600)).rejects.toThrow(/gets no login/);
    await connection.revoke(issued[index]!, statements);
    expect(await leftOf(issued[index]!.user)).toEqual([]);
  }
  expect((await cell.apply(tenants)).code).toBe(0);
});

test("several at once, by both connections", async () => {
  const kinds: readonly [string, VaultConnection, Statements][] = [
    [ADMIN, platform, dbAdmin],
    [RUNTIME, platform, runtimeUser],
    [tenantLoginRole("initech"), platform, initech],
    [tenantLoginRole("umbrella"), own, umbrella],
  ];
  const round = kinds.flatMap((kind) => Array.from({ length: 8 }, () => kind));
  await Promise.all(
    round.map(async ([role, connection, statements]) => {
      const issued = await connection.issue(role, statements);
      await connection.renew(issued, statements, 600);
      await connection.revoke(issued, statements);
    }),
  );
  expect(await leftOf("_[0-9a-f]{12}$")).toEqual([]);
});

test("a thousand are issued and revoked, the last as fast as the first, and nothing is left", async () => {
  const times: number[] = [];
  for (let count = 0; count < 1000; count++) {
    const start = performance.now();
    const [role, statements] = count % 2 === 0 ? [ADMIN, dbAdmin] : [tenantLoginRole("initech"), initech];
    await platform.revoke(await platform.issue(role, statements), statements);
    times.push(performance.now() - start);
  }
  const median = (part: number[]) => part.toSorted((a, b) => a - b)[Math.floor(part.length / 2)]!;
  expect(median(times.slice(-200))).toBeLessThan(5 * median(times.slice(0, 200)));
  expect(await leftOf("_[0-9a-f]{12}$")).toEqual([]);
  const lint = await cell.run(["lint"]);
  expect(lint.code, lint.stdout).toBe(0);
}, 300_000);
