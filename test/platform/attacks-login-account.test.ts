/** The login door: whatever a tenant's session sets, calls or pretends, it sees the rows of the account that its login belongs to. */
import { accountIdOf } from "@bulkhead/config";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { accountsSeen, attempt } from "../support/door.ts";
import { type Seed, seed } from "../support/seed.ts";
import { type Session, Stage } from "../support/stage.ts";

const PAIRS = [
  ["initech", "hooli"],
  ["umbrella", "stark"],
] as const;

let stage: Stage;
const sessions = new Map<string, Session>();
const seeds = new Map<string, Seed>();
beforeAll(async () => {
  stage = await Stage.open(inject("platformRoot"));
  for (const id of PAIRS.flat()) {
    sessions.set(id, await stage.login(id));
    seeds.set(id, await seed(await stage.as(id)));
  }
});
afterAll(async () => {
  for (const each of seeds.values()) await each.remove();
  await stage?.close();
});

type Tricks = (victim: { account: string; claims: string; schema: string; base: string }) => string[];
const TRICKS: readonly (readonly [string, Tricks])[] = [
  ["nothing at all", () => []],
  ["SET", ({ account }) => [`set app.account_id = '${account}'`]],
  ["SET LOCAL", ({ account }) => [`set local app.account_id = '${account}'`]],
  ["set_config for the session", ({ account }) => [`select set_config('app.account_id', '${account}', false)`]],
  ["set_config for the transaction", ({ account }) => [`select set_config('app.account_id', '${account}', true)`]],
  [
    "set_config within the reading statement",
    ({ account, schema }) => [
      `with forged as materialized (select set_config('app.account_id', '${account}', true)) select b.* from forged, ${schema}.bases b`,
    ],
  ],
  [
    "the claims of a request",
    ({ claims }) => [`select set_config('request.jwt.claims', '${claims}', true), set_config('role', 'none', true)`],
  ],
  [
    "the request's hook with forged claims",
    ({ claims }) => [`select set_config('request.jwt.claims', '${claims}', true)`, "select bulkhead.pre_request()"],
  ],
  ["the configuration's hook", () => ["select bulkhead.pre_config()"]],
  ["RESET ROLE", () => ["reset role"]],
  ["RESET ALL", () => ["reset all"]],
  ["RESET SESSION AUTHORIZATION", () => ["reset session authorization"]],
  ["SET ROLE NONE", () => ["set role none"]],
  ["DO block", ({ account }) => [`do $$ begin perform set_config('app.account_id', '${account}', true); end $$`]],
  [
    "DO block that executes text",
    ({ account }) => [`do $$ begin execute format('set app.account_id = %L', '${account}'); end $$`],
  ],
  ["search path to the system first", () => ["set search_path = pg_temp, pg_catalog, public"]],
  ["search path to the other schema", ({ schema }) => [`set search_path = ${schema}, bulkhead, pg_catalog`]],
  ["another time zone and locale", () => ["set timezone = 'Pacific/Kiritimati'", "set lc_messages = 'C'"]],
  [
    "plans of a prepared statement",
    () => [
      "set plan_cache_mode = force_generic_plan",
      "prepare p as select account_id from bases",
      "execute p",
      "deallocate p",
    ],
  ],
  ["a cursor held open", () => ["declare c scroll cursor with hold for select * from bases", "fetch all from c"]],
  [
    "planner switches",
    () => [
      "set enable_indexscan = off",
      "set enable_bitmapscan = off",
      "set from_collapse_limit = 1",
      "set join_collapse_limit = 1",
    ],
  ],
  [
    "parallel workers",
    () => [
      "set parallel_setup_cost = 0",
      "set parallel_tuple_cost = 0",
      "set min_parallel_table_scan_size = 0",
      "set debug_parallel_query = on",
    ],
  ],
  ["a transaction snapshot", () => ["select pg_export_snapshot()"]],
  [
    "a condition that leaks by error",
    ({ base }) => [`select case when id = '${base}' then 1 / 0 else 1 end from bases where id = '${base}'`],
  ],
  ["a tablesample", () => ["select * from bases tablesample system (100)"]],
  ["a whole-row comparison", ({ base }) => [`select b from bases b where b::text like '%${base}%'`]],
  ["table statement", () => ["table bases"]],
  ["XML export", () => ["select query_to_xml('select * from bases', true, true, '')"]],
  ["LISTEN and NOTIFY", () => ["listen pgrst", "notify pgrst, 'reload schema'"]],
  ["advisory locks", () => ["select pg_try_advisory_xact_lock(1)"]],
];

describe.each(PAIRS)("%s against %s", (attacker, victim) => {
  test.each(TRICKS)("%s", async (_title, tricks) => {
    const session = sessions.get(attacker)!;
    const { rows } = seeds.get(victim)!;
    const statements = tricks({
      account: accountIdOf(victim),
      claims: JSON.stringify(stage.claims(victim)),
      schema: session.schema,
      base: rows.bases.id,
    });
    // A statement that is refused is well; what matters is what the session sees and can change after it.
    const { seen, rows: read } = await attempt(session.client, statements, async () => {
      const accounts = await accountsSeen(session);
      const touched = await session.client.query(
        `update ${session.schema}.bases set name = name where account_id <> $1`,
        [accountIdOf(attacker)],
      );
      const deleted = await session.client.query(`delete from ${session.schema}.bases where id = $1`, [rows.bases.id]);
      return { accounts, touched: touched.rowCount, deleted: deleted.rowCount };
    });
    expect(seen).toEqual({ accounts: [accountIdOf(attacker)], touched: 0, deleted: 0 });
    expect(JSON.stringify(read)).not.toContain(seeds.get(victim)!.word);
  });

  test("writes as the other account are refused, own ones are not", async () => {
    const session = sessions.get(attacker)!;
    const insert = (account: string) =>
      `insert into ${session.schema}.bases (account_id, name) values ('${account}', 'planted')`;
    expect((await attempt(session.client, [insert(accountIdOf(victim))])).code).toBe("42501");
    expect((await attempt(session.client, [insert(accountIdOf(attacker))])).code).toBeUndefined();
    const copy = `with moved as (update ${session.schema}.bases set account_id = '${accountIdOf(victim)}' returning 1) select * from moved`;
    expect((await attempt(session.client, [copy])).code).toBe("42501");
    const merge = `merge into ${session.schema}.bases b using (values ('${accountIdOf(victim)}'::uuid)) v (a) on false when not matched then insert (account_id, name) values (v.a, 'planted')`;
    expect((await attempt(session.client, [merge])).code).toBe("42501");
  });
});

test("a login that has expired sees nothing, in a session that is open already", async () => {
  const session = await stage.login("initech", 3);
  expect(await accountsSeen(session)).toEqual([accountIdOf("initech")]);
  await new Promise((resolve) => setTimeout(resolve, 3500));
  expect(await accountsSeen(session)).toEqual([]);
  const insert = session.client.query("insert into tenant_initech.bases (name) values ('late')");
  await expect(insert).rejects.toMatchObject({ code: "42501" });
  // VALID UNTIL bars the way in, by the password.
  await expect(stage.connect(session.target, session.database)).rejects.toMatchObject({ code: "28P01" });
  // The next login that is issued clears it away, session and all.
  await stage.login("initech");
  await expect(session.client.query("select 1")).rejects.toThrow();
  expect(await stage.truth("platform", "select 1 from pg_roles where rolname = $1", [session.user])).toEqual([]);
});
