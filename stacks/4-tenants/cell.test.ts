import type { ServicesOutputs, TenantsOutputs } from "@bulkhead/components";
import {
  all,
  at,
  cellDatabase,
  type Declared,
  FOUNDATION,
  inventory,
  nameOf,
  one,
  podsOf,
  record,
} from "@bulkhead/components/testing";
import { accountIdOf, type KnownTenant, type Tenant } from "@bulkhead/config";
import { describe, expect, test } from "vitest";
import { rollOutCell } from "./cell.ts";

type Rollout = TenantsOutputs["rollouts"][string];

const login = (workload: string) => ({
  serviceAccountName: workload,
  databaseUser: `bh-dev-eu1-${workload}@acme-dev.iam`,
});
const services: ServicesOutputs = {
  images: { runtime: "registry/runtime:1", postgrest: "registry/postgrest:1", authProxy: "registry/proxy:1" },
  tokens: { audience: "bulkhead", jwks: { keys: [{ kty: "EC", kid: "one" }] } },
  shards: 1,
  schemasPerShard: 100,
  cells: {
    eu1: {
      namespace: "bulkhead-eu1",
      client: "client",
      admin: "admin",
      shards: ["shard-0"],
      logins: {},
      administrator: login("db-create"),
      migrator: login("db-migrate"),
      sites: {},
    },
  },
  customMetrics: false,
};

function tenant(id: string, change: Partial<Tenant> = {}): Tenant {
  return {
    id,
    accountId: accountIdOf(id),
    isolation: "database",
    cell: "eu1",
    tier: "free",
    status: "active",
    channel: "stable",
    labels: {},
    ...change,
  };
}

async function rollOut(
  tenants: readonly Tenant[],
  environment = "dev",
  last?: Rollout,
  retained: readonly KnownTenant[] = [],
) {
  const limits = { statementTimeout: "5s" };
  const { resources, result } = await record(() => {
    const { rollouts } = rollOutCell({
      environment,
      cell: "eu1",
      tenants,
      tiers: { free: limits, pro: limits, enterprise: limits },
      foundation: FOUNDATION,
      database: cellDatabase("eu1"),
      services,
      retained,
      last: last ? { eu1: last } : {},
    });
    return new Promise<Rollout>((resolve) => rollouts.eu1!.apply(resolve));
  }, environment);
  return { resources, rollout: result };
}

const rolledOut = async (tenants: readonly Tenant[], environment?: string) =>
  (await rollOut(tenants, environment)).resources;

const pooled = (count: number) =>
  Array.from({ length: count }, (_, index) => tenant(`tenant-${index}`, { isolation: "pooled" }));
const urns = (resources: readonly Declared[]) => resources.map(({ urn }) => urn).sort();
const reached = (resources: readonly Declared[]) =>
  all(resources, "NetworkPolicy")
    .filter((policy) => nameOf(policy) === "allow-gateway")
    .map(({ inputs }) => at(inputs, "spec.podSelector.matchExpressions.0.values"));

describe("pooled and schema tenants", () => {
  test("5,000 are as many resources as one, but for the manifest's parts", async () => {
    const kinds = (resources: readonly Declared[]) =>
      inventory(resources).filter((entry) => !/^ConfigMap .*-tenants-\d{4}$/.test(entry));
    expect(kinds(await rolledOut(pooled(5000)))).toEqual(kinds(await rolledOut(pooled(1))));
  });

  test("they have no identity, no PostgREST and no way from the gateway of their own", async () => {
    const resources = await rolledOut([...pooled(2), tenant("initech", { isolation: "schema" })]);
    expect([...all(resources, "WorkloadIdentity"), ...all(resources, "Deployment")]).toEqual([]);
    expect(reached(resources)).toEqual([]);
  });
});

describe("database tenants", () => {
  test("each has a PostgREST under an identity of its own, which the gateway reaches", async () => {
    const resources = await rolledOut([tenant("acme"), tenant("umbrella")]);
    const own = podsOf(resources).filter(({ namespace }) => namespace === "bulkhead-eu1-tenants");
    expect(own.map(({ owner, serviceAccountName }) => [owner, serviceAccountName]).sort()).toEqual([
      ["tenant-acme", "tenant-acme"],
      ["tenant-umbrella", "tenant-umbrella"],
    ]);
    expect(reached(resources)).toEqual([["tenant-acme", "tenant-umbrella"]]);
    for (const { inputs } of all(resources, "User")) expect(inputs.databaseRoles).toEqual(["alloydbiamuser"]);
  });

  test("their namespace is not that of the cell's own workloads, whose credentials are stronger", async () => {
    const resources = await rolledOut([tenant("acme")]);
    expect(nameOf(one(resources, "Namespace"))).toBe("bulkhead-eu1-tenants");
    expect(new Set(all(resources, "Job").map(({ inputs }) => at(inputs, "metadata.namespace")))).toEqual(
      new Set(["bulkhead-eu1"]),
    );
  });

  test("no two workloads run as the same user", async () => {
    const tenants = Array.from({ length: 30 }, (_, index) => tenant(`own-${index}`));
    const users = podsOf(await rolledOut(tenants)).map(({ securityContext }) => securityContext.runAsUser);
    expect(users).toHaveLength(33);
    expect(new Set(users).size).toBe(users.length);
  });

  test("one more adds its own resources; of the others none is renamed, replaced or rolled", async () => {
    const before = await rolledOut([tenant("globex"), tenant("umbrella")]);
    const after = await rolledOut([tenant("a-new-one"), tenant("globex"), tenant("umbrella")]);
    expect(urns(after)).toEqual(expect.arrayContaining(urns(before)));
    const ofTheOthers = (resources: readonly Declared[]) =>
      resources
        // By the name in Kubernetes too: under a number for a logical name, one tenant's would become another's.
        .filter((resource) => /globex|umbrella/.test(`${resource.name} ${nameOf(resource)}`))
        .map(({ urn, inputs }) => ({ urn, inputs }))
        .sort((a, b) => (a.urn < b.urn ? -1 : 1));
    expect(ofTheOthers(after)).toEqual(ofTheOthers(before));
  });

  test("a suspended one keeps its PostgREST, which says why; an archived one has none", async () => {
    const owners = async (status: Tenant["status"]) =>
      all(await rolledOut([tenant("acme", { status })]), "Deployment").map(nameOf);
    expect(await owners("suspended")).toEqual(["tenant-acme"]);
    expect(await owners("archived")).toEqual([]);
  });
});

describe("order", () => {
  test("the rollout waits for the logins that it grants, a PostgREST for its database, and not for the proof", async () => {
    const resources = await rolledOut([tenant("acme")]);
    const [migrate, prove] = ["migrate", "prove"].map((name) => one(resources, "Job", `eu1-tenants-${name}`));
    expect(one(resources, "TenantRollout").dependsOn).toEqual(
      expect.arrayContaining(all(resources, "User").map(({ urn }) => urn)),
    );
    const { dependsOn } = one(resources, "TenantApi");
    expect(dependsOn).toContain(migrate!.urn);
    expect(dependsOn).not.toContain(prove!.urn);
  });
});

test("names are in the limits of who stores them, for the longest tenant and environment", async () => {
  const longest = "a-tenant-whose-name-goes-on-to-the-limit";
  expect(longest).toHaveLength(40);
  const resources = await rolledOut([tenant(longest)], "a-rather-long-environment");
  for (const object of resources.filter(({ type }) =>
    /:(?:Deployment|Service|ServiceAccount|Job|Namespace)$/.test(type),
  ))
    if (object.type.startsWith("kubernetes:")) expect(nameOf(object)).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])$/);
  for (const { inputs } of all(resources, "Account"))
    expect(inputs.accountId).toMatch(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/);
});

describe("attempts", () => {
  const jobs = (resources: readonly Declared[]) => all(resources, "Job").map(nameOf).sort();

  test("what came to its end is not attempted again, until the tenants or the images change", async () => {
    const first = await rollOut(pooled(2));
    const again = await rollOut(pooled(2), "dev", first.rollout);
    expect(again.rollout).toEqual(first.rollout);
    expect(jobs(again.resources)).toEqual(jobs(first.resources));
    const more = await rollOut(pooled(3), "dev", first.rollout);
    expect(more.rollout.hash).not.toBe(first.rollout.hash);
  });

  test("what did not come to its end is attempted anew, though nothing changed", async () => {
    const first = await rollOut(pooled(2));
    await new Promise((resolve) => setTimeout(resolve, 5));
    const again = await rollOut(pooled(2), "dev", undefined);
    expect(again.rollout.hash).toBe(first.rollout.hash);
    expect(again.rollout.attempt).not.toBe(first.rollout.attempt);
    expect(jobs(again.resources).filter((name) => jobs(first.resources).includes(name))).toEqual([]);
  });
});

describe("instance tenants", () => {
  const umbrella = tenant("umbrella", { isolation: "instance", instance: { cpuCount: 8 } });
  const clusters = (resources: readonly Declared[]) => all(resources, "alloydb/cluster:Cluster");

  test("each has a cluster, a namespace, identities, Jobs and a PostgREST that nobody shares", async () => {
    const resources = await rolledOut([umbrella, tenant("acme")]);
    expect(clusters(resources).map(({ name }) => name)).toEqual(["bulkhead-t-umbrella"]);
    expect(
      at(one(resources, "alloydb/instance:Instance", "bulkhead-t-umbrella-primary").inputs, "machineConfig.cpuCount"),
    ).toBe(8);
    const own = podsOf(resources).filter(({ namespace }) => namespace === "bulkhead-t-umbrella");
    expect(own.map(({ owner }) => owner.replace(/-[0-9a-f]{10}$/, "")).sort()).toEqual([
      "bootstrap",
      "tenant-create",
      "tenant-migrate",
      "tenant-prove",
      "tenant-umbrella",
    ]);
    const others = podsOf(resources).filter(({ namespace }) => namespace !== "bulkhead-t-umbrella");
    const users = (pods: typeof own) => new Set(pods.map(({ securityContext }) => at(securityContext, "runAsUser")));
    expect([...users(own)].filter((user) => users(others).has(user))).toEqual([]);
    for (const pod of own) expect(JSON.stringify(pod)).not.toContain("clusters/bulkhead-eu1/");
    for (const pod of others) expect(JSON.stringify(pod)).not.toContain("bulkhead-t-umbrella");
  });

  test("its cluster is protected whatever the cell's is, and stays declared without its line; its PostgREST goes", async () => {
    const gone = await rollOut([], "dev", undefined, [{ ...umbrella, retained: true }]);
    const [cluster] = clusters(gone.resources);
    expect(cluster!.protect).toBe(true);
    expect(cluster!.inputs.deletionProtection).toBe(true);
    expect(all(gone.resources, "Deployment")).toEqual([]);
    expect(all(gone.resources, "TenantRollout")).toHaveLength(2);
  });

  test("the protection goes with the confirmation in words, and only with it", async () => {
    for (const status of ["suspended", "archived"] as const)
      expect(clusters(await rolledOut([{ ...umbrella, status }]))[0]!.protect).toBe(true);
    const [cluster] = clusters(await rolledOut([{ ...umbrella, status: "deleted" }]));
    expect(cluster!.protect).toBe(false);
    expect(cluster!.inputs.deletionProtection).toBe(false);
  });
});
