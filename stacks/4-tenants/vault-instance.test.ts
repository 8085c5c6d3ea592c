import type { ServicesOutputs } from "@bulkhead/components";
import { all, at, cellDatabase, type Declared, FOUNDATION, nameOf, one, record } from "@bulkhead/components/testing";
import { accountIdOf, parseServices, TENANT_API_SCALE, type Tenant } from "@bulkhead/config";
import { expect, test } from "vitest";
import { rollOutCell } from "./cell.ts";
import { INSTANCE_PROXY } from "./vault-instance.ts";

const IMAGES = { runtime: "registry/runtime:1", postgrest: "registry/postgrest:1", authProxy: "registry/proxy:1" };
const JWKS = { keys: [{ kty: "EC", crv: "P-256", kid: "one", alg: "ES256", x: "eA", y: "eQ" }] };

function tenant(id: string, isolation: Tenant["isolation"]): Tenant {
  const rest = { cell: "eu1", tier: "free", status: "active", channel: "stable", labels: {} } as const;
  return { id, isolation, accountId: accountIdOf(id), ...rest };
}
const identity = (workload: string) => ({
  serviceAccountName: workload,
  databaseUser: `bh-dev-eu1-${workload}@acme-dev.iam`,
});
const STARK = tenant("stark", "instance");
const UMBRELLA = tenant("umbrella", "database");
const OUTSIDE = { outside: true, ranges: { office: "10.8.0.0/24" } };

async function rollOut(tenants: readonly Tenant[], vault: object = {}, gatewayRegion = "europe-west1") {
  const raw = { images: { runtime: IMAGES.runtime }, tokens: { jwks: JWKS } };
  const { value, mistakes } = parseServices(
    { ...raw, vault: { address: "https://vault.vault.svc:8200", ...vault } },
    ".",
  );
  if (!value?.vault) throw new Error(JSON.stringify(mistakes));
  const services: ServicesOutputs = {
    images: IMAGES,
    tokens: { audience: "bulkhead", jwks: JWKS },
    ...{ shards: 1, schemasPerShard: 100, customMetrics: false },
    cells: {
      eu1: {
        ...{ namespace: "bulkhead-eu1", client: "client", admin: "admin", shards: ["shard-0"], logins: {}, sites: {} },
        ...{ administrator: identity("db-create"), migrator: identity("db-migrate") },
      },
    },
    vault: {
      ...{ config: value.vault, path: "bulkhead-dev", mount: "bulkhead-dev-database", agents: {} },
      clusters: { "europe-west1": { auth: "bulkhead-dev-europe-west1", reviewer: "vault" } },
      hosts: {
        eu1: { address: "database-eu1.bulkhead-vault.svc.cluster.local:5432", sslMode: "disable" },
        ...value.vault.hosts,
      },
    },
  };
  const limits = { statementTimeout: "5s" };
  const regions = { ...FOUNDATION.regions, "us-east1": FOUNDATION.regions["europe-west1"]! };
  const { resources } = await record(() => {
    rollOutCell({
      ...{ environment: "dev", cell: "eu1", tenants, services, retained: [], last: {} },
      tiers: { free: limits, pro: limits, enterprise: limits },
      foundation: { ...FOUNDATION, regions, gatewayRegion },
      database: cellDatabase("eu1"),
    });
  });
  return resources;
}

const urlOf = (resources: readonly Declared[], name: string) =>
  String(at(one(resources, "SecretBackendConnection", name).inputs, "postgresql.connectionUrl"));
const proxyOf = (resources: readonly Declared[]) => one(resources, "Deployment", "vault-tenant-stark");

test("an instance tenant has a connection of its own, by a proxy of its own to its own cluster, with the statements of a database", async () => {
  const resources = await rollOut([STARK, UMBRELLA]);
  expect(urlOf(resources, "vault-tenant-stark")).toContain(
    "@vault-database.bulkhead-t-stark.svc.cluster.local:5432/tenant_stark?",
  );
  expect(urlOf(resources, "vault-tenant-umbrella")).toContain("@database-eu1.bulkhead-vault");
  const role = one(resources, "SecretBackendRole", "vault-tenant-stark-login_stark");
  expect(role.inputs).toMatchObject({ name: "login_stark", dbName: "tenant-stark", defaultTtl: 1800, maxTtl: 3600 });
  expect(String(role.inputs.creationStatements)).toContain("register_login('{{name}}', 'stark'");
  const pod = at(proxyOf(resources).inputs, "spec.template.spec");
  const [address] = at(pod, "containers.0.args") as string[];
  expect(address).toMatch(/\/clusters\/bulkhead-t-stark\/instances\/[a-z-]+\?port=5432$/);
  expect(JSON.stringify(pod)).not.toMatch(/auto-iam-authn|clusters\/bulkhead-eu1/);
  expect(at(pod, "serviceAccountName")).toBe("vault-database");
});

test("Vault's pods alone may call the proxy, and it is no login of the database", async () => {
  const resources = await rollOut([STARK]);
  const policy = one(resources, "NetworkPolicy", "vault-tenant-stark");
  expect(at(policy.inputs, "metadata.namespace")).toBe("bulkhead-t-stark");
  expect(at(policy.inputs, "spec.podSelector.matchExpressions.0.values")).toEqual(["vault-database"]);
  expect(at(policy.inputs, "spec.ingress")).toEqual([
    {
      from: [
        {
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "vault" } },
          podSelector: { matchLabels: { "app.kubernetes.io/name": "vault" } },
        },
      ],
      ports: [{ protocol: "TCP", port: 5432 }],
    },
  ]);
  const users = all(resources, "alloydb/user:User").map(({ inputs }) => String(inputs.userId));
  expect(users.filter((user) => user.includes("vault"))).toEqual([]);
  const accounts = all(resources, "core/v1:ServiceAccount").map(nameOf).sort();
  expect(accounts).toEqual(["db-create", "db-migrate", "tenant-stark", "vault-database"]);
});

test("the login is handed over by the tenant's own administrator in its own cluster; the cell's Job hears nothing of it", async () => {
  const resources = await rollOut([STARK, UMBRELLA]);
  const job = one(resources, "Job", "tenant-stark-vault-tenants");
  expect(at(job.inputs, "metadata.namespace")).toBe("bulkhead-t-stark");
  expect(at(job.inputs, "spec.template.spec.containers.0.args")).toEqual([
    ...["vault", "--connection", "tenant-stark=stark", "--generation", "1"],
  ]);
  const text = JSON.stringify(at(job.inputs, "spec.template.spec"));
  expect(text).toContain("clusters/bulkhead-t-stark/");
  expect(text).not.toContain("clusters/bulkhead-eu1/");
  expect(text).toContain("i-dev-create-stark");
  expect(job.dependsOn).toContain(one(resources, "SecretBackendConnection", "vault-tenant-stark").urn);
  expect(one(resources, "AuthBackendRole", "tenant-stark-vault-tenants").inputs).toMatchObject({
    ...{ boundServiceAccountNames: ["db-create"], boundServiceAccountNamespaces: ["bulkhead-t-stark"] },
  });
  const may = (name: string) => String(one(resources, "Policy", name).inputs.policy).match(/path "[^"]+"/g);
  expect(may("tenant-stark-vault-tenants")).toEqual([
    'path "bulkhead-dev-database/config/tenant-stark"',
    'path "bulkhead-dev-database/rotate-root/tenant-stark"',
  ]);
  expect(String(may("eu1-vault-tenants"))).not.toContain("stark");
});

test("a workload that names it gets its login, once, in its namespace, by a service account of its own", async () => {
  const resources = await rollOut([STARK, UMBRELLA], { workloads: { partner: { tenant: "stark" } } });
  const secret = one(resources, "VaultDynamicSecret");
  expect(at(secret.inputs, "metadata.namespace")).toBe("bulkhead-t-stark");
  expect(at(secret.inputs, "spec.path")).toBe("creds/login_stark");
  expect(one(resources, "AuthBackendRole", "vault-workload-partner").inputs).toMatchObject({
    ...{ boundServiceAccountNames: ["vault-partner"], boundServiceAccountNamespaces: ["bulkhead-t-stark"] },
  });
});

test("suspended it keeps all that; archived or deleted it has nothing in Vault", async () => {
  const inVault = async (status: Tenant["status"]) =>
    (await rollOut([{ ...STARK, status }], { workloads: { partner: { tenant: "stark" } } })).filter(
      ({ name, type }) => type.startsWith("vault:") || name.includes("vault"),
    );
  expect((await inVault("suspended")).length).toBe((await inVault("active")).length);
  expect(await inVault("archived")).toEqual([]);
  expect(await inVault("deleted")).toEqual([]);
});

test("Vault in another region's cluster: the proxy is there, in a namespace that no route of the tenant lies in", async () => {
  const resources = await rollOut([STARK], { inCluster: { region: "us-east1" } });
  expect(urlOf(resources, "vault-tenant-stark")).toContain("@vault-database.bulkhead-v-stark.svc.cluster.local:5432/");
  expect(at(proxyOf(resources).inputs, "metadata.namespace")).toBe("bulkhead-v-stark");
  expect(all(resources, "Namespace").map(nameOf).sort()).toEqual([
    ...["bulkhead-eu1-tenants", "bulkhead-t-stark", "bulkhead-v-stark"],
  ]);
  expect(at(one(resources, "Job", "tenant-stark-vault-tenants").inputs, "metadata.namespace")).toBe("bulkhead-t-stark");
});

test("a Vault outside: a private address for its ranges alone, or the way that is named", async () => {
  const resources = await rollOut([STARK], OUTSIDE);
  const service = one(resources, "core/v1:Service", "vault-tenant-stark");
  expect(service.inputs.spec).toMatchObject({
    ...{ type: "LoadBalancer", loadBalancerSourceRanges: ["10.8.0.0/24"], externalTrafficPolicy: "Local" },
  });
  expect(at(service.inputs, "metadata.annotations")).toHaveProperty(
    ["networking.gke.io/load-balancer-type"],
    "Internal",
  );
  expect(one(resources, "compute/address:Address").inputs).toMatchObject({
    ...{ name: "bulkhead-vault-tenant-stark", addressType: "INTERNAL" },
  });
  const named = await rollOut([STARK], { ...OUTSIDE, hosts: { "tenant-stark": { address: "127.0.0.1:6433" } } });
  expect(all(named, "SharedAuthProxy")).toEqual([]);
  expect(urlOf(named, "vault-tenant-stark")).toContain("@127.0.0.1:6433/");
});

test("what Vault opens there fits the smallest instance, beside the tenant's API and Jobs", () => {
  const { replicas, pool } = TENANT_API_SCALE;
  const smallest = 50;
  const jobs = 20;
  const vault = INSTANCE_PROXY.replicas.max * INSTANCE_PROXY.connections;
  expect(replicas.max * (pool + 1) + jobs + vault).toBeLessThanOrEqual(smallest);
});
