import { all, at, inventory, one, record } from "@bulkhead/components/testing";
import { accountIdOf, parseServices, type Tenant } from "@bulkhead/config";
import * as k8s from "@pulumi/kubernetes";
import { expect, test } from "vitest";
import { tenantsInVault } from "./vault.ts";

const IMAGES = { runtime: "a/runtime:1", postgrest: "a/postgrest:1", authProxy: "a/proxy:1", metricsAdapter: "a/b:1" };

function tenant(id: string, isolation: Tenant["isolation"]): Tenant {
  const rest = { cell: "eu1", tier: "free", status: "active", channel: "stable", labels: {} } as const;
  return { id, isolation, accountId: accountIdOf(id), ...rest };
}
const TENANTS = [
  tenant("acme", "pooled"),
  tenant("hooli", "schema"),
  tenant("initech", "schema"),
  tenant("umbrella", "database"),
];
const HOST = { address: "database-eu1.bulkhead-vault.svc.cluster.local:5432", sslMode: "disable" } as const;

async function inVault(tenants: readonly Tenant[], workloads: object = {}) {
  const { value, mistakes } = parseServices(
    {
      images: { runtime: "a/runtime:1" },
      tokens: { jwks: { keys: [{ kty: "EC", crv: "P-256", kid: "one", alg: "ES256", x: "eA", y: "eQ" }] } },
      vault: { address: "https://vault.vault.svc:8200", workloads },
    },
    ".",
  );
  const config = value?.vault;
  if (!config) throw new Error(JSON.stringify(mistakes));
  const { resources } = await record(() => {
    const provider = new k8s.Provider("gke-eu1", {});
    tenantsInVault({
      name: "eu1",
      region: "europe-west1",
      host: HOST,
      vault: {
        ...{ config, path: "bulkhead-dev", mount: "bulkhead-dev-database" },
        clusters: { "europe-west1": { auth: "bulkhead-dev-europe-west1", reviewer: "vault" } },
        hosts: { eu1: HOST },
        agents: {},
      },
      own: tenants.filter(({ isolation }) => isolation === "database"),
      tenants,
      images: IMAGES,
      administrator: { serviceAccountName: "db-create", databaseUser: "db-create@acme-dev.iam" },
      instance: "projects/acme-dev/locations/europe-west1/clusters/bulkhead-eu1/instances/primary",
      access: { kind: "psa", rangeName: "databases" },
      namespace: "bulkhead-eu1",
      tenantsNamespace: "bulkhead-eu1-tenants",
      provider,
      after: provider,
    });
  });
  return resources;
}

test("each tenant database has a connection and a login of Vault's own, which reaches that database alone", async () => {
  const resources = await inVault(TENANTS);
  const connection = one(resources, "SecretBackendConnection", "vault-tenant-umbrella");
  expect(connection.inputs).toMatchObject({ name: "tenant-umbrella", allowedRoles: ["login_umbrella"] });
  expect(at(connection.inputs, "postgresql")).toMatchObject({ username: "vault_tenant_umbrella" });
  expect(at(connection.inputs, "postgresql.connectionUrl")).toContain(":5432/tenant_umbrella?");
  const role = one(resources, "SecretBackendRole");
  expect(role.inputs).toMatchObject({
    name: "login_umbrella",
    dbName: "tenant-umbrella",
    defaultTtl: 1800,
    maxTtl: 3600,
  });
  expect(at(one(resources, "Job").inputs, "spec.template.spec.containers.0.args")).toEqual([
    ...["vault", "--connection", "tenant-umbrella=umbrella", "--generation", "1"],
  ]);
});

test("a schema tenant is in Vault where a workload names it, on the cell's connection; a pooled one never", async () => {
  const resources = await inVault(TENANTS, { partner: { tenant: "initech" } });
  const roles = all(resources, "SecretBackendRole").map(({ inputs }) => [inputs.name, inputs.dbName]);
  expect(roles.sort()).toEqual([
    ["login_initech", "eu1"],
    ["login_umbrella", "tenant-umbrella"],
  ]);
  const role = one(resources, "SecretBackendRole", "vault-eu1-login_initech");
  expect((role.inputs.creationStatements as string[]).join()).toContain('grant direct_login, "tenant_initech" to');
  expect(at(one(resources, "VaultDynamicSecret").inputs, "metadata.namespace")).toBe("bulkhead-eu1-tenants");
  expect(String(one(resources, "Policy", "vault-workload-partner").inputs.policy)).toContain("creds/login_initech");
});

test("a cell without such tenants has nothing of it", async () => {
  const pooled = await inVault([tenant("acme", "pooled"), tenant("hooli", "schema")]);
  expect(inventory(pooled)).toEqual(["kubernetes gke-eu1"]);
});
