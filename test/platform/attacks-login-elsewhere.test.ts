/** The login door: other databases, other sessions, the server's catalogs and statistics, and data in bulk. */
import { accountIdOf, tenantDatabase } from "@bulkhead/config";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { attempt } from "../support/door.ts";
import { type Seed, seed } from "../support/seed.ts";
import { type Session, Stage } from "../support/stage.ts";

const LOGINS = ["initech", "umbrella"] as const;
const VICTIMS = ["globex", "hooli", "stark"] as const;

let stage: Stage;
const sessions = new Map<string, Session>();
const seeds: Seed[] = [];
beforeAll(async () => {
  stage = await Stage.open(inject("platformRoot"));
  for (const id of LOGINS) sessions.set(id, await stage.login(id));
  for (const id of VICTIMS) seeds.push(await seed(await stage.as(id)));
  for (const database of ["platform", tenantDatabase("umbrella"), tenantDatabase("stark")])
    await stage.truth(database, "analyze");
});
afterAll(async () => {
  for (const each of seeds) await each.remove();
  await stage?.close();
});

const secrets = (value: unknown) => seeds.filter(({ word }) => JSON.stringify(value).includes(word)).length;

describe("other databases", () => {
  const databases = ["platform", tenantDatabase("umbrella"), tenantDatabase("stark"), "postgres", "template0"];

  test.each(LOGINS.flatMap((id) => databases.map((database) => [id, database] as const)))(
    "%s to %s",
    async (id, database) => {
      const session = sessions.get(id)!;
      const connecting = stage.connect(session.target, database);
      if (database === session.database) {
        expect((await (await connecting).query("select current_database() as name")).rows).toEqual([
          { name: database },
        ]);
      } else {
        await expect(connecting).rejects.toMatchObject({ code: database === "template0" ? "55000" : "42501" });
      }
    },
  );
});

/** Open to everybody by PostgreSQL's own default, and the cloud's, so not ours to close: the platform keeps nothing there. */
describe.each(["template1"])("the server's own database %s", (database) => {
  test.each(LOGINS)("holds nothing for %s to read, and takes nothing from it", async (id) => {
    const client = await stage.connect(sessions.get(id)!.target, database);
    const { rows } = await client.query(
      "select relname from pg_class join pg_namespace on pg_namespace.oid = relnamespace where nspname !~ '^(pg_|information_schema$)'",
    );
    expect(rows).toEqual([]);
    for (const statement of [
      "create table public.mine (id int)",
      "create schema mine",
      "create extension dblink schema public",
      `select pg_read_file('postgresql.conf')`,
    ])
      expect((await attempt(client, [statement])).code, statement).toBe("42501");
  });
});

describe("other sessions", () => {
  test("what others run is not shown", async () => {
    const witness = await stage.owner();
    await witness.query(`select '${seeds[0]!.word}'`);
    const shown = await stage.truth(
      "platform",
      "select query from pg_stat_activity where query like '%' || $1 || '%' and pid <> pg_backend_pid()",
      [seeds[0]!.word],
    );
    expect(shown.length).toBe(1);
    for (const { client, user } of sessions.values()) {
      const { rows } = await client.query(
        "select usename, query, client_addr::text, wait_event from pg_stat_activity where usename is distinct from $1 and usename is not null",
        [user],
      );
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows)
        expect(row).toMatchObject({ query: "<insufficient privilege>", client_addr: null, wait_event: null });
    }
  });

  test("cannot be ended or cancelled, by another tenant's login", async () => {
    const victim = await stage.login("hooli");
    const { rows } = await victim.client.query("select pg_backend_pid() as pid");
    for (const { client } of sessions.values())
      for (const call of ["pg_terminate_backend", "pg_cancel_backend"])
        expect((await attempt(client, [`select ${call}(${rows[0].pid})`])).code).toBe("42501");
    expect((await victim.client.query("select 1 as alive")).rows).toEqual([{ alive: 1 }]);
    const own = await stage.connect(victim.target, victim.database);
    expect((await own.query(`select pg_terminate_backend(${rows[0].pid}) as ended`)).rows).toEqual([{ ended: true }]);
  });
});

describe("catalogs and statistics", () => {
  const VIEWS = [
    ...["pg_stats", "pg_stats_ext", "pg_prepared_statements", "pg_cursors", "pg_locks", "pg_largeobject_metadata"],
    ...[
      "pg_stat_replication",
      "pg_stat_ssl",
      "pg_publication",
      "pg_policies",
      "pg_views",
      "pg_rules",
      "pg_shdescription",
    ],
    ...["pg_db_role_setting", "pg_settings", "pg_roles", "pg_shadow", "pg_user", "pg_stat_all_tables", "pg_tables"],
    ...["information_schema.tables", "information_schema.column_privileges", "information_schema.view_column_usage"],
  ];
  test.each(VIEWS)("%s holds no row's content", async (view) => {
    for (const { client } of sessions.values()) {
      const { rows, code } = await attempt(client, [`select * from ${view}`]);
      if (code !== undefined) expect(code).toBe("42501");
      expect(secrets(rows)).toBe(0);
    }
  });

  test("statistics of tables under row-level security are shown to nobody but a superuser", async () => {
    expect(
      (await stage.truth("platform", "select attname from pg_stats where schemaname = 'app'")).length,
    ).toBeGreaterThan(0);
    for (const { client } of sessions.values())
      expect(
        (await client.query("select from pg_stats where schemaname = 'app' or schemaname like 'tenant%'")).rowCount,
      ).toBe(0);
  });

  test("no password is shown", async () => {
    for (const { client } of sessions.values()) {
      const { rows } = await client.query("select distinct rolpassword from pg_roles");
      expect(rows).toEqual([{ rolpassword: "********" }]);
    }
  });

  test("another tenant's schema cannot be looked into", async () => {
    {
      const { client } = sessions.get("initech")!;
      expect((await attempt(client, ["select * from tenant_hooli.bases"])).code).toBe("42501");
      expect((await attempt(client, ["select 'tenant_hooli.bases'::regclass"])).code).toBe("42501");
      expect((await client.query("select has_schema_privilege('tenant_hooli', 'usage') as may")).rows).toEqual([
        { may: false },
      ]);
    }
    const hooli = await stage.login("hooli");
    expect(secrets((await hooli.client.query("select * from tenant_hooli.bases")).rows)).toBe(1);
  });
});

test("the owner of the tables is bound like everybody else: it sees no tenant's rows", async () => {
  const owner = await stage.owner();
  for (const table of ["app.bases", "tenant_hooli.bases"]) {
    const [there] = await stage.truth("platform", `select count(*)::int as rows from ${table}`);
    expect(there!.rows).toBeGreaterThan(0);
    expect((await owner.query(`select from ${table}`)).rowCount).toBe(0);
    const insert = `insert into ${table} (account_id, name) values ('${accountIdOf("globex")}', 'planted')`;
    expect((await attempt(owner, [insert])).code).toBe("42501");
  }
});

describe("in bulk", () => {
  test("COPY out and the table as XML hold own rows only", async () => {
    for (const id of LOGINS) {
      const { client, schema } = sessions.get(id)!;
      const { rows } = await client.query(`select table_to_xml('${schema}.bases', true, true, '')::text as xml`);
      expect(rows[0].xml).toContain(accountIdOf(id));
      expect(secrets(rows)).toBe(0);
      expect(new Set(rows[0].xml.match(/<account_id>[^<]*/g))).toEqual(new Set([`<account_id>${accountIdOf(id)}`]));
    }
  });

  test("every table the session may read holds rows of its own account only", async () => {
    for (const id of LOGINS) {
      const { client } = sessions.get(id)!;
      const { rows: tables } = await client.query(
        `select format('%I.%I', nspname, relname) as name from pg_class join pg_namespace on pg_namespace.oid = relnamespace
         where relkind in ('r', 'p', 'v', 'm', 'f') and nspname !~ '^(pg_|information_schema$)'
           and has_schema_privilege(nspname, 'usage') and has_table_privilege(pg_class.oid, 'select')`,
      );
      expect(tables.length).toBe(5);
      for (const { name } of tables)
        expect((await client.query(`select from ${name} where account_id <> $1`, [accountIdOf(id)])).rowCount).toBe(0);
    }
  });
});
