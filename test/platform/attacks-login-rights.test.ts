/** The login door: statements a tenant's session has no right to, though a superuser may run the very same ones. */
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { asSuperuser, attempt } from "../support/door.ts";
import { type Session, Stage } from "../support/stage.ts";

let stage: Stage;
const sessions = new Map<string, Session>();
beforeAll(async () => {
  stage = await Stage.open(inject("platformRoot"));
  for (const id of ["initech", "umbrella"]) sessions.set(id, await stage.login(id));
});
afterAll(() => stage?.close());

/**
 * `SCHEMA`, `SELF` and `DATABASE` stand for the session's own. The answer is 42501 (insufficient privilege), and a superuser may: but
 * for those marked `alone`, which fail for him too, for another reason.
 */
type Case = readonly [sql: string, ...codes: string[]];

const BECOMING: readonly Case[] = [
  ...[
    ...["anon", "api_user", "admin_user", "auditor", "bulkhead_owner", "migrator", "bulkhead_authenticator"],
    ...["client_authenticator", "admin_authenticator", "shard_0_authenticator", "authenticator_stark"],
    ...["tenant_hooli", "tenant_stark", "direct_login", "postgres", "alloydbsuperuser", "alloydbadmin"],
    "pg_read_all_data",
  ].map((role): Case => [`set role ${role}`]),
  ["select set_config('role', 'admin_user', false)"],
  ["set session authorization postgres"],
  ["set local session authorization tenant_hooli"],
  ["grant admin_user to current_user"],
  ["grant tenant_hooli to SELF"],
  ["create role mine login"],
  ["create role mine in role admin_user"],
  ["drop role anon"],
  ["reassign owned by bulkhead_owner to SELF"],
  ["drop owned by api_user"],
];

const CREATING: readonly Case[] = [
  ["create table SCHEMA.mine (id int)"],
  ["create table public.mine (id int)"],
  ["create table bulkhead.mine (id int)"],
  ["create temporary table bases (id int)"],
  ["create view SCHEMA.mine as select 1"],
  ["create temporary view bases as select 1"],
  ["create materialized view SCHEMA.mine as select * from SCHEMA.bases"],
  ["create schema mine"],
  ["create function SCHEMA.mine() returns int language sql as 'select 1'"],
  ["create function pg_temp.account_id() returns int language sql as 'select 1'"],
  ["create function public.account_id() returns int language sql as 'select 1'"],
  ["create or replace function bulkhead.account_id() returns uuid language sql as 'select null::uuid'"],
  ["create operator SCHEMA.=== (leftarg = uuid, rightarg = uuid, function = uuid_eq)"],
  ["create type SCHEMA.mine as enum ('a')"],
  ["create trigger mine after insert on SCHEMA.bases execute function bulkhead.record_change()"],
  ["create rule mine as on update to SCHEMA.bases do instead nothing"],
  ["create index on SCHEMA.bases (name)"],
  ["create statistics SCHEMA.mine on name, id from SCHEMA.bases"],
  ["create policy mine on SCHEMA.bases using (true)"],
  ["create publication mine for all tables"],
  ["create event trigger mine on ddl_command_start execute function bulkhead.record_change()", "42501", "alone"],
  ["create extension dblink"],
  ["create extension postgres_fdw"],
];

const ALTERING: readonly Case[] = [
  ["alter table SCHEMA.bases disable row level security"],
  ["alter table SCHEMA.bases no force row level security"],
  ["alter table SCHEMA.bases disable trigger all"],
  ["alter table SCHEMA.bases owner to SELF"],
  ["alter table SCHEMA.bases add column mine int"],
  ["alter table SCHEMA.bases alter column name drop not null"],
  ["drop policy tenant_boundary on SCHEMA.bases"],
  ["alter policy tenant_boundary on SCHEMA.bases using (true)"],
  ["drop table SCHEMA.bases cascade"],
  ["drop function bulkhead.account_id() cascade"],
  ["truncate SCHEMA.bases cascade"],
  ["comment on table SCHEMA.bases is 'mine'"],
  ["alter default privileges for role bulkhead_owner grant all on tables to public"],
  ["alter role SELF superuser"],
  ["alter role SELF createrole"],
  ["alter role SELF bypassrls"],
  ["alter role SELF valid until 'infinity'"],
  ["alter role SELF connection limit 1000"],
  ["alter role bulkhead_owner login"],
  ["alter role api_user set app.account_id = 'x'"],
  ["alter database DATABASE set app.account_id = 'x'"],
  ["set session_replication_role = replica"],
  ["set local log_statement = 'none'"],
  ["select nextval(pg_get_serial_sequence('bulkhead.row_change', 'id'))"],
];

const REACHING: readonly Case[] = [
  ["select * from bulkhead.tenant"],
  ["select * from bulkhead.login"],
  ["select * from bulkhead.row_change"],
  ["select * from bulkhead.exposed_schema"],
  ["select * from bulkhead.setting"],
  ["insert into bulkhead.login values ('SELF', 'x', 'infinity')", "42501", "alone"],
  ["insert into bulkhead.setting values ('mine', 'x')"],
  ["update bulkhead.login set expires_at = 'infinity'"],
  ["update bulkhead.tenant set status = 'active'"],
  ["delete from bulkhead.row_change"],
  ["select bulkhead.protect('SCHEMA.bases')"],
  ["select bulkhead.expose('SCHEMA', null, '{anon}')"],
  ["select bulkhead.refuse('x', 'y')", "42501", "alone"],
  ["select * from pg_authid"],
  ["select rolpassword from pg_authid where rolname = 'postgres'"],
  ["select * from pg_statistic"],
  ["select * from pg_user_mapping"],
  ["select * from pg_file_settings"],
  ["select * from pg_hba_file_rules"],
  ["select pg_read_file('postgresql.conf')"],
  ["select pg_read_binary_file('pg_hba.conf')"],
  ["select pg_ls_dir('.')"],
  ["select pg_stat_file('postgresql.conf')"],
  ["select lo_import('/etc/hostname')"],
  ["select lo_export(1, '/dev/null')", "42501", "alone"],
  ["copy SCHEMA.bases to '/dev/null'"],
  ["copy SCHEMA.bases from '/dev/null'"],
  ["copy (select 1) to program 'cat >/dev/null'"],
  ["copy SCHEMA.bases from program 'true'"],
  ["load 'auto_explain'"],
  ["select pg_reload_conf()"],
  ["select pg_rotate_logfile()"],
  ["select pg_switch_wal()"],
  ["select pg_create_restore_point('mine')"],
  ["select pg_create_physical_replication_slot('mine', true, true)"],
  ["select pg_stat_reset()"],
  ["select pg_log_backend_memory_contexts(pg_backend_pid())"],
  ["select * from pg_shmem_allocations"],
  ["select pg_replication_origin_create('mine')"],
];

describe.each(["initech", "umbrella"])("as %s", (id) => {
  describe.each([
    ["becoming somebody else", BECOMING],
    ["creating things", CREATING],
    ["altering things", ALTERING],
    ["reaching for what is not the tenant's", REACHING],
  ])("%s", (_theme, cases) => {
    test.each(cases.map(([sql, ...codes]) => ({ sql, codes })))("$sql", async ({ sql, codes }) => {
      const session = sessions.get(id)!;
      const statement = sql
        .replaceAll("SCHEMA", session.schema)
        .replaceAll("SELF", session.user)
        .replaceAll("DATABASE", session.database);
      const { code, message } = await attempt(session.client, [statement]);
      expect(codes.length > 0 ? codes : ["42501"], `${code} ${message}`).toContain(code ?? "none");
      if (!codes.includes("alone")) await asSuperuser(stage, session.database, [statement]);
    });
  });
});

test("the statements that a session has a right to go through", async () => {
  for (const { client, schema } of sessions.values()) {
    const { code, rows } = await attempt(client, [
      `insert into ${schema}.bases (name) values ('mine')`,
      `update ${schema}.bases set name = 'mine still' where name = 'mine'`,
      "select name from bases where name = 'mine still'",
    ]);
    expect(code).toBeUndefined();
    expect(rows).toEqual([{ name: "mine still" }]);
  }
});
