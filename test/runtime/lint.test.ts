/** Every lint: silent on a clean cell, and it finds the fault planted for it. Proof and lint end a rollout with exit code 3. */

import { issueLogin, readLints } from "@bulkhead/runtime";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Cell } from "../support/cell.ts";

let cell: Cell;
const tenants = {
  // An id that reads like a role of the platform: its own role is none of them.
  "foo-authenticator": { isolation: "schema" },
  acme: {},
  globex: {},
  initech: { isolation: "schema" },
  hooli: { isolation: "schema" },
  umbrella: { isolation: "database" },
};

interface Fault {
  /** Lint that must find it. */
  readonly code: string;
  readonly plant: readonly string[];
  readonly mend: readonly string[];
  /** Role that plants and mends; default the owner. */
  readonly as?: string;
  readonly database?: string;
  /** Part of the finding's object or detail. */
  readonly says: RegExp;
}

const administrator = { as: "alloydbsuperuser" };

/** Lints that are told, and fail nothing. */
const WARNINGS = ["orphan-login", "untracked-schema"];

const FAULTS: readonly Fault[] = [
  {
    code: "orphan-login",
    ...administrator,
    plant: ["create role runtime_user_eu1_0123456789ab login valid until '2020-01-01'"],
    mend: ["drop role runtime_user_eu1_0123456789ab"],
    says: /runtime_user_eu1_0123456789ab.*expired/,
  },
  {
    code: "rls-not-forced",
    plant: ["alter table app.bases no force row level security"],
    mend: ["alter table app.bases force row level security"],
    says: /not forced/,
  },
  {
    code: "rls-not-forced",
    plant: ["alter table tenant_initech.views disable row level security"],
    mend: ["alter table tenant_initech.views enable row level security"],
    says: /tenant_initech.views.*is off/,
  },
  {
    code: "rls-not-forced",
    database: "tenant_umbrella",
    plant: ["create table app.notes (account_id uuid)"],
    mend: ["drop table app.notes"],
    says: /app.notes.*is off/,
  },
  {
    code: "no-tenant-boundary",
    plant: ["drop policy tenant_boundary on app.records"],
    mend: ["select bulkhead.protect('app.records')"],
    says: /api_user/,
  },
  {
    code: "no-tenant-boundary",
    plant: [
      "drop policy tenant_boundary on app.records",
      "create policy tenant_boundary on app.records as restrictive to api_user using (true) with check (true)",
    ],
    mend: ["select bulkhead.protect('app.records')"],
    says: /no restrictive policy/,
  },
  {
    code: "no-tenant-boundary",
    plant: ["alter policy tenant_boundary on app.records to anon"],
    mend: ["select bulkhead.protect('app.records')"],
    says: /api_user/,
  },
  {
    code: "foreign-permissive-policy",
    plant: ["create policy open on app.bases to anon using (true)"],
    mend: ["drop policy open on app.bases"],
    says: /open.*anon/,
  },
  {
    code: "foreign-permissive-policy",
    plant: ["create policy open on app.bases using (true)"],
    mend: ["drop policy open on app.bases"],
    says: /PUBLIC/,
  },
  {
    code: "foreign-grant",
    plant: ["grant select on app.bases to anon"],
    mend: ["revoke select on app.bases from anon"],
    says: /anon has SELECT/,
  },
  {
    code: "foreign-grant",
    plant: ["grant truncate on app.bases to api_user"],
    mend: ["revoke truncate on app.bases from api_user"],
    says: /api_user has TRUNCATE/,
  },
  {
    code: "foreign-grant",
    plant: ["grant select on tenant_hooli.bases to tenant_initech"],
    mend: ["revoke select on tenant_hooli.bases from tenant_initech"],
    says: /tenant_initech has SELECT/,
  },
  {
    code: "registry-exposed",
    plant: ["grant select on bulkhead.tenant to api_user"],
    mend: ["revoke select on bulkhead.tenant from api_user"],
    says: /api_user/,
  },
  {
    code: "view-as-owner",
    plant: ["create view app.all_bases as select * from app.bases"],
    mend: ["drop view app.all_bases"],
    says: /all_bases/,
  },
  {
    code: "view-as-owner",
    plant: ["create materialized view app.kept as select * from app.bases"],
    mend: ["drop materialized view app.kept"],
    says: /materialized/,
  },
  {
    code: "definer-search-path",
    plant: ["create function bulkhead.loose() returns int language sql security definer as 'select 1'"],
    mend: ["drop function bulkhead.loose()"],
    says: /loose/,
  },
  {
    code: "callable-function",
    plant: ["create function app.run(text) returns void language plpgsql as 'begin execute $1; end'"],
    mend: ["drop function app.run(text)"],
    says: /runs text as SQL/,
  },
  {
    code: "callable-function",
    plant: [
      "create function app.all_names() returns setof text language sql security definer set search_path = '' as 'select name from app.bases'",
    ],
    mend: ["drop function app.all_names()"],
    says: /security definer/,
  },
  {
    code: "public-function",
    plant: [
      "create function app.harmless() returns int language sql as 'select 1'",
      "grant execute on function app.harmless() to public",
    ],
    mend: ["drop function app.harmless()"],
    says: /harmless/,
  },
  {
    code: "role-attributes",
    ...administrator,
    plant: ["alter role api_user login"],
    mend: ["alter role api_user nologin"],
    says: /api_user.*may log in/,
  },
  {
    code: "role-attributes",
    ...administrator,
    plant: ["alter role tenant_hooli createrole"],
    mend: ["alter role tenant_hooli nocreaterole"],
    says: /tenant_hooli/,
  },
  {
    code: "foreign-membership",
    ...administrator,
    plant: ["grant tenant_hooli to tenant_initech"],
    mend: ["revoke tenant_hooli from tenant_initech"],
    says: /tenant_initech.*tenant_hooli/,
  },
  {
    code: "foreign-membership",
    ...administrator,
    plant: ["grant tenant_initech to client_authenticator with inherit false, set true"],
    mend: ["revoke tenant_initech from client_authenticator"],
    says: /client_authenticator/,
  },
  {
    code: "authenticator-inherits",
    ...administrator,
    plant: ["grant api_user to client_authenticator with inherit true"],
    mend: ["grant api_user to client_authenticator with inherit false"],
    says: /inherits from api_user/,
  },
  {
    code: "role-settings",
    ...administrator,
    plant: ["alter role api_user set row_security = off"],
    mend: ["alter role api_user reset all"],
    says: /row_security/,
  },
  {
    code: "foreign-key-without-account",
    plant: [
      "create unique index one_name on app.bases (name)",
      "alter table app.bases add constraint one_name unique using index one_name",
    ],
    mend: ["alter table app.bases drop constraint one_name"],
    says: /one_name/,
  },
  {
    code: "foreign-grant",
    plant: ["grant select (name) on tenant_hooli.bases to tenant_initech"],
    mend: ["revoke select (name) on tenant_hooli.bases from tenant_initech"],
    says: /tenant_initech has SELECT on column name/,
  },
  {
    code: "registry-exposed",
    plant: ["grant select (id) on bulkhead.tenant to api_user"],
    mend: ["revoke select (id) on bulkhead.tenant from api_user"],
    says: /api_user has SELECT/,
  },
  {
    code: "open-schema",
    plant: ["grant create on schema app to api_user"],
    mend: ["revoke create on schema app from api_user"],
    says: /app: api_user has CREATE/,
  },
  {
    code: "open-schema",
    plant: ["grant usage on schema tenant_initech to api_user"],
    mend: ["revoke usage on schema tenant_initech from api_user"],
    says: /tenant_initech: api_user has USAGE/,
  },
  {
    code: "default-privileges",
    plant: ["alter default privileges in schema app grant select on tables to public"],
    mend: ["alter default privileges in schema app revoke select on tables from public"],
    says: /PUBLIC \(SELECT\)/,
  },
  {
    code: "audit-missing",
    plant: ["alter table app.bases disable trigger record_insert"],
    mend: ["alter table app.bases enable trigger record_insert"],
    says: /app.bases: changes by insert/,
  },
  {
    code: "contract-function",
    plant: [
      "create function bulkhead.peek() returns setof text language sql security definer set search_path = '' as 'select id from bulkhead.tenant'",
      "grant execute on function bulkhead.peek() to bulkhead_request",
    ],
    mend: ["drop function bulkhead.peek()"],
    says: /peek\(\): bulkhead_request may execute it/,
  },
  {
    code: "open-database",
    plant: ["grant connect on database platform to public"],
    mend: ["revoke connect on database platform from public"],
    says: /platform: PUBLIC may connect/,
  },
  {
    code: "untracked-schema",
    plant: ["create schema tenant_ghost"],
    mend: ["drop schema tenant_ghost"],
    says: /tenant_ghost/,
  },
];

beforeAll(async () => {
  cell = await Cell.start();
  const { code, stdout, stderr } = await cell.apply(tenants);
  expect(code, stdout + stderr).toBe(0);
});
afterAll(() => cell.end());

async function lint(): Promise<{
  code: number | null;
  findings: { code: string; object: string; detail: string; remedy: string }[];
}> {
  const { code, stdout } = await cell.run(["lint", "--json"]);
  return { code, findings: JSON.parse(stdout).findings };
}

test("a clean cell: nothing found", async () => {
  expect(await lint()).toEqual({ code: 0, findings: [] });
});

test.each(FAULTS)("$code finds: $plant", async (fault) => {
  const database = fault.database ?? "platform";
  const role = fault.as ?? "bulkhead_owner";
  await cell.query(database, fault.plant, role);
  try {
    const { code, findings } = await lint();
    const found = findings.filter((finding) => finding.code === fault.code);
    expect(found.length).toBeGreaterThan(0);
    expect(found.map((finding) => `${finding.object}: ${finding.detail}`).join("\n")).toMatch(fault.says);
    expect(found[0]!.remedy.length).toBeGreaterThan(10);
    expect(code).toBe(WARNINGS.includes(fault.code) ? 0 : 3);
  } finally {
    await cell.query(database, fault.mend, role);
  }
});

test("an authenticator's right for a tenant's own login is found", async () => {
  const login = await issueLogin(cell.operator, "initech", 60);
  await cell.query("postgres", [`grant client_authenticator to "${login.user}"`], "alloydbsuperuser");
  const { findings } = await lint();
  expect(findings).toContainEqual(expect.objectContaining({ code: "direct-login-at-claims-door", object: login.user }));
  await cell.query("postgres", [`drop role "${login.user}"`], "alloydbsuperuser");
});

test("every lint was seen to find something, but for the version gate", () => {
  const planted = new Set([...FAULTS.map((fault) => fault.code), "direct-login-at-claims-door", "server-version"]);
  expect(
    readLints()
      .map((each) => each.code)
      .filter((code) => !planted.has(code)),
  ).toEqual([]);
});

test("the cell is clean again at the end", async () => {
  expect((await lint()).findings).toEqual([]);
});
