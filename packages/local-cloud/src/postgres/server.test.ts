import { existsSync } from "node:fs";
import { cp, readFile, rename, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rootDirOf } from "../cloud/paths.ts";
import { processesIn, recordOf, waitForExit } from "../cloud/process.ts";
import { openCloud } from "../index.ts";
import { secret } from "../plugin/values.ts";
import { type Driver, gcpDriver, makeDatabase, makeIdentity, temporaryCloud } from "../testing/harness.ts";
import { runAs } from "./binaries.ts";
import { scramVerifier } from "./scram.ts";

const one = temporaryCloud();
const two = temporaryCloud();
const USER = "gcp:alloydb/user:User";
let gcp: Driver;
let database: Awaited<ReturnType<typeof makeDatabase>>;

beforeAll(async () => {
  gcp = await gcpDriver({ mode: "realise", dir: one.dir });
  const flags = { "alloydb.iam_authentication": "on", google_columnar_engine_x: "on", work_mem: "5MB" };
  const initialUser = { user: "postgres", password: secret("an initial password") };
  database = await makeDatabase(gcp, "eu1", { databaseFlags: flags }, { initialUser });
}, 120_000);
afterAll(async () => {
  await one.end();
  await two.end();
}, 60_000);

async function asPostgres<T>(work: (client: pg.Client) => Promise<T>, cloud = one.cloud): Promise<T> {
  const client = new pg.Client(await cloud.adminLogin(database.instanceName));
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const value = async (sql: string) => asPostgres(async (c) => Object.values((await c.query(sql)).rows[0] ?? {})[0]);

test("postgres is what it is on AlloyDB: no superuser, no BYPASSRLS, with the initial password", async () => {
  expect((await one.cloud.adminLogin("primary")).password).toBe("an initial password");
  const roles = await asPostgres(
    async (c) => (await c.query("select * from pg_roles where not rolname like 'pg_%'")).rows,
  );
  const by = Object.fromEntries(roles.map((r: { rolname: string }) => [r.rolname, r]));
  expect(by.postgres).toMatchObject({ rolsuper: false, rolbypassrls: false, rolcreaterole: true, rolcreatedb: true });
  expect(by.alloydbsuperuser).toMatchObject({ rolsuper: false, rolbypassrls: false, rolcanlogin: false });
  expect(by.alloydbiamuser).toMatchObject({ rolcanlogin: false });
  expect(await value("select pg_has_role('postgres', 'alloydbsuperuser', 'set')")).toBe(true);
  await expect(value("create role r superuser")).rejects.toThrow("permission denied");
  await expect(value("copy (select 1) to program 'true'")).rejects.toThrow("permission denied");
});

test("it is the version, the settings and the safety that were asked for", async () => {
  expect(await value("show server_version_num")).toMatch(/^17/);
  expect(await value("show work_mem")).toBe("5MB");
  for (const [name, wanted] of [
    ["data_checksums", "on"],
    ["fsync", "on"],
    ["listen_addresses", "127.0.0.1"],
  ])
    expect(await value(`show ${name}`)).toBe(wanted);
  const settings = await readFile(
    join(one.dir, "postgres/bulkhead-test%2Eeurope-west1%2Eeu1%2Eprimary/data/bulkhead.conf"),
    "utf8",
  );
  expect(settings).toContain("unix_socket_directories = ''");
  const { password: _, ...login } = await one.cloud.adminLogin("primary");
  await expect(new pg.Client({ ...login, password: "wrong" }).connect()).rejects.toThrow("authentication failed");
});

test("a wrong version or an unknown flag is refused by name", async () => {
  const wrong = makeDatabase(gcp, "eu2", {}, { databaseVersion: "POSTGRES_15" });
  await expect(wrong).rejects.toThrow(/asks for POSTGRES_15, and this machine has PostgreSQL 17/);
  const typo = gcp.update(database.primary, { ...database.primary.inputs, databaseFlags: { work_memm: "5MB" } });
  await expect(typo).rejects.toThrow('has no "work_memm"');
});

test("a changed flag is applied, by a restart where it needs one", async () => {
  const flags = { work_mem: "6MB", max_connections: "60" };
  database.primary = await gcp.update(database.primary, { ...database.primary.inputs, databaseFlags: flags });
  expect([await value("show work_mem"), await value("show max_connections")]).toEqual(["6MB", "60"]);
});

test("users are logins with the roles they were given, and go with their sessions", async () => {
  await asPostgres((c) => c.query("create role reader"));
  const made = await gcp.create(USER, "tool", {
    ...{ cluster: database.clusterName, userId: 'to"ol', userType: "ALLOYDB_BUILT_IN", password: secret("it's me") },
    databaseRoles: ["reader"],
  });
  const { host, port } = await one.cloud.instanceAddress("primary");
  const session = new pg.Client({ host, port, user: 'to"ol', password: "it's me", database: "postgres" });
  session.on("error", () => undefined);
  await session.connect();
  const member = () =>
    value(`select pg_has_role('to"ol', 'reader', 'member') and not rolsuper from pg_roles where rolname = 'to"ol'`);
  expect(await member()).toBe(true);
  const less = await gcp.update(made, { ...made.inputs, databaseRoles: [] });
  expect(await member()).toBe(false);
  const stranger = { ...made.inputs, userId: "stranger", databaseRoles: ["nobody_knows"] };
  await expect(gcp.create(USER, "stranger", stranger)).rejects.toThrow('there is no role "nobody_knows"');
  await gcp.delete(less);
  await expect(session.query("select 1")).rejects.toThrow();
  expect(await value(`select count(*)::int from pg_roles where rolname = 'to"ol'`)).toBe(0);
});

test("an IAM user is a login of no known password; one that owns something is not dropped behind its back", async () => {
  const { user, userId } = await makeIdentity(gcp, database.clusterName, "api/client");
  expect(await value(`select pg_has_role('${userId}', 'alloydbiamuser', 'member')`)).toBe(true);
  expect(await value(`select pg_has_role('${userId}', 'alloydbsuperuser', 'member')`)).toBe(false);
  await asPostgres(async (c) => {
    await c.query("create table held (x int)");
    await c.query(`grant select on held to "${userId}"`);
  });
  await expect(gcp.delete(user)).rejects.toThrow("privileges for table held");
  await asPostgres((c) => c.query("drop table held"));
  await gcp.delete(user);
});

test("nothing on disk is open to others, and no password is where it can be seen", async () => {
  for (const file of ["postgres/bulkhead-test%2Eeurope-west1%2Eeu1%2Eprimary/alloydbadmin.password", "ports.json"])
    expect((await stat(join(one.dir, file))).mode & 0o077).toBe(0);
  expect((await stat(one.dir)).mode & 0o077).toBe(0);
  const log = (await one.cloud.status())[0]?.log ?? "";
  expect(await readFile(log, "utf8")).not.toMatch(/an initial password|it's me/);
  expect(scramVerifier("x", Buffer.alloc(16))).toMatch(/^SCRAM-SHA-256\$4096:A+==\$/);
});

test("killed, it comes back at its address with its data, also where somebody took the address", async () => {
  await asPostgres((c) => c.query("create table kept as select 1 as x"));
  const before = await one.cloud.instanceAddress("primary");
  const kill = async () => {
    const pid = (await one.cloud.status()).find((s) => s.running)?.pid ?? 0;
    const record = recordOf(pid);
    process.kill(pid, "SIGKILL");
    if (record) await waitForExit(record, 5_000);
  };
  await kill();
  expect((await one.cloud.status())[0]).toMatchObject({ running: false, wanted: true });
  expect((await one.cloud.ensure()).map((s) => s.kind)).toEqual(["postgres"]);
  expect(await one.cloud.instanceAddress("primary")).toEqual(before);
  await kill();
  const squatter = createServer().listen(before.port, "127.0.0.1");
  await new Promise((resolve) => squatter.once("listening", resolve));
  await one.cloud.ensure();
  expect((await one.cloud.instanceAddress("primary")).port).not.toBe(before.port);
  expect(await value("select x from kept")).toBe(1);
  await new Promise((resolve) => squatter.close(resolve));
  expect(await one.cloud.ensure()).toEqual([]);
}, 60_000);

test("another cloud beside it has a server, an address and an end of its own", async () => {
  const other = await gcpDriver({ mode: "realise", dir: two.dir });
  const beside = await makeDatabase(other, "eu1");
  expect(await two.cloud.instanceAddress("primary")).not.toEqual(await one.cloud.instanceAddress("primary"));
  const { dataDir } = JSON.parse(
    await readFile(join(two.dir, "postgres/bulkhead-test%2Eeurope-west1%2Eeu1%2Eprimary/server.json"), "utf8"),
  );
  await two.cloud.stop();
  expect(processesIn(dataDir)).toEqual([]);
  await two.cloud.ensure();
  await expect(other.delete(beside.parent)).rejects.toThrow("still has instances");
  await other.delete(beside.primary);
  await other.delete(beside.parent);
  expect(existsSync(dataDir)).toBe(false);
  expect(await two.cloud.status()).toEqual([]);
  expect(await value("select x from kept")).toBe(1);
}, 60_000);

test("a folder that is moved takes its server along; one that is copied does not take it over", async () => {
  const here = temporaryCloud();
  const gone = join(here.dir, "..", "moved");
  await makeDatabase(await gcpDriver({ mode: "realise", dir: here.dir }), "eu1");
  await rename(here.dir, gone);
  const moved = openCloud(gone);
  await moved.ensure();
  const client = new pg.Client(await moved.adminLogin("primary"));
  await client.connect();
  await client.end();
  const copy = join(here.dir, "..", "copy");
  await cp(gone, copy, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith("/data") });
  await expect(openCloud(copy).ensure()).rejects.toThrow("is a copy of");
  await moved.destroy();
  await here.end();
}, 60_000);

test("destroyed, it leaves nothing", async () => {
  const pid = (await one.cloud.status()).find((s) => s.running)?.pid ?? 0;
  await one.cloud.destroy();
  expect(recordOf(pid)).toBeUndefined();
  expect(existsSync(one.dir)).toBe(false);
  if (runAs()) expect(existsSync(rootDirOf(one.dir))).toBe(false);
});
