import { expect, test } from "vitest";
import { check } from "../check.ts";
import { stableLogin, tenantLoginRole, vaultStatements, vaultTenantLogin } from "../vault-names.ts";
import { checkVault, checkVaultPlaces, deliveryOf, type VaultConfig, vaultSchema } from "./vault.ts";

function vault(change: object = {}): VaultConfig {
  const { value, mistakes } = check(
    vaultSchema,
    { address: "https://vault.example.internal:8200", ...change },
    "vault",
  );
  if (!value) throw new Error(JSON.stringify(mistakes));
  return value;
}

const problems = (change: object) => checkVault(vault(change)).map(({ path, problem }) => `${path} ${problem}`);

test("without a word: leases of 5 and 30 minutes, an hour at most; operator for services, Agent for administrators; audited", () => {
  const config = vault({ workloads: { reports: {}, nightly: { role: "db-admin" } } });
  expect(config.dbAdmin).toEqual({ default: 300, max: 3600 });
  expect(config.runtimeUser).toEqual({ default: 1800, max: 3600 });
  expect(["reports", "nightly"].map((name) => deliveryOf(config, name))).toEqual(["vso", "agent"]);
  expect(config.audit).toEqual({ type: "file", target: "stdout" });
  expect(checkVault(config)).toEqual([]);
});

test("plain http, a secret in the address, and half hours are refused", () => {
  for (const change of [
    { address: "http://vault:8200" },
    { address: "https://root:secret@vault:8200" },
    { dbAdmin: { default: "0.5h" } },
    { token: "hvs.something" },
  ])
    expect(check(vaultSchema, { address: "https://vault:8200", ...change }, "vault").mistakes).toHaveLength(1);
});

test("an administrator's login goes into no Secret, and a tenant's is a runtime-user's", () => {
  expect(problems({ workloads: { nightly: { role: "db-admin", by: "vso" } } })).toEqual([
    "bulkhead:vault.workloads.nightly.by would put an administrator's login into a Secret",
  ]);
  expect(problems({ workloads: { nightly: { role: "db-admin", tenant: "acme" } } })).toEqual([
    "bulkhead:vault.workloads.nightly.tenant is not for db-admin",
  ]);
  expect(problems({ workloads: { reports: { by: "eso", restart: ["reports"] } } })).toEqual([
    "bulkhead:vault.workloads.reports.restart cannot be done by eso",
  ]);
  expect(problems({ runtimeUser: { default: "90min" } })).toEqual([
    "bulkhead:vault.runtimeUser default is over max (in seconds)",
  ]);
});

test("a Vault outside says where it is; a way of its own is to a cell, or to a tenant with an instance", () => {
  expect(problems({ outside: true })).toEqual(["bulkhead:vault.ranges names no range"]);
  expect(problems({ ranges: { all: "0.0.0.0/0" } })).toEqual(["bulkhead:vault.ranges.all is every address"]);
  const address = "proxy:5432";
  const hosts = { eu9: { address }, "tenant-acme": { address }, "tenant-stark": { address } };
  const config = vault({ outside: true, ranges: { office: "10.8.0.0/24" }, hosts });
  const tenants = { acme: { isolation: "database" }, stark: { isolation: "instance" } };
  expect(checkVaultPlaces(config, ["eu1"], tenants).map(({ path, problem }) => `${path} ${problem}`)).toEqual([
    "bulkhead:vault.hosts.eu9 is not a cell",
    "bulkhead:vault.hosts.tenant-acme is not a tenant with an instance of its own",
  ]);
  expect(check(vaultSchema, { address: "https://v", hosts: { "eu-1": { address } } }, "vault").mistakes).toHaveLength(
    1,
  );
});

test("no workload's role in Vault is the one that hands over Vault's own logins", () => {
  expect(
    problems({ workloads: { "eu1-vault-logins": {}, "tenant-a-vault-tenants": {}, "vault-tenants": {} } }),
  ).toEqual([
    "bulkhead:vault.workloads.eu1-vault-logins is a name of the platform's own",
    "bulkhead:vault.workloads.tenant-a-vault-tenants is a name of the platform's own",
  ]);
});

test("a workload's tenant has tables of its own", () => {
  const config = vault({
    workloads: { a: { tenant: "acme" }, b: { tenant: "nobody" }, c: { tenant: "umbrella" }, d: { tenant: "stark" } },
  });
  const tenants = {
    ...{ acme: { isolation: "pooled" }, umbrella: { isolation: "database" } },
    stark: { isolation: "instance" },
  };
  expect(checkVaultPlaces(config, ["eu1"], tenants).map(({ path, problem }) => `${path} ${problem}`)).toEqual([
    "bulkhead:vault.workloads.a.tenant is pooled: such a tenant gets no login by Vault",
    "bulkhead:vault.workloads.b.tenant is not a tenant",
  ]);
});

test("the longest names are names that PostgreSQL takes whole", () => {
  const tenant = "a-tenant-whose-name-goes-on-to-the-limit";
  const workload = "a-workload-whose-name-goes-onn";
  const digits = "_0123456789ab";
  for (const name of [tenantLoginRole(tenant) + digits, vaultTenantLogin(tenant), stableLogin(workload)])
    expect(name.length).toBeLessThanOrEqual(63);
});

test("statements: comments go, semicolons in them too; variables come in quoted; Vault's own stay", () => {
  expect(
    vaultStatements(`-- a comment; with a semicolon\nselect :'who',\n  :"role", '{{name}}';\ncommit;\n`, {
      who: "o'neil",
      role: 'a"b',
    }),
  ).toEqual([`select 'o''neil', "a""b", '{{name}}'`, "commit"]);
  expect(() => vaultStatements("select :'who'")).toThrow(/need a value for :who/);
});
