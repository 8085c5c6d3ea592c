import {
  all,
  at,
  cellDatabase,
  type Declared,
  FOUNDATION,
  listenersOf,
  nameOf,
  one,
  podsOf,
  record,
  texts,
} from "@bulkhead/components/testing";
import { parseServices, type ServicesConfig } from "@bulkhead/config";
import { describe, expect, test } from "vitest";
import { cellServices } from "./cell.ts";

function config(change: Record<string, unknown> = {}): ServicesConfig {
  const raw = {
    images: { runtime: "registry/bulkhead-runtime:0.1.0" },
    tokens: { jwks: { keys: [{ kty: "EC", crv: "P-256", kid: "one", alg: "ES256", x: "eA", y: "eQ" }] } },
    ...change,
  };
  const { value, mistakes } = parseServices(raw, import.meta.dirname);
  if (!value) throw new Error(JSON.stringify(mistakes));
  return value;
}

interface Wanted {
  readonly cells?: readonly string[];
  readonly environment?: string;
  readonly change?: Record<string, unknown>;
}

async function services({
  cells = ["eu1"],
  environment = "dev",
  change = {},
}: Wanted = {}): Promise<readonly Declared[]> {
  const { resources } = await record(() => {
    for (const cell of cells) {
      const database = cellDatabase(cell);
      cellServices({ environment, cell, database, foundation: FOUNDATION, config: config(change) });
    }
  }, environment);
  return resources;
}

const urns = (resources: readonly Declared[]) => resources.map(({ urn }) => urn).sort();

describe("identities", () => {
  test("every tier has a service account that no other workload has; Jobs have the administrator's", async () => {
    const pods = podsOf(await services({ change: { shards: 3 } }));
    expect(Object.fromEntries(pods.map(({ owner, serviceAccountName }) => [owner, serviceAccountName]))).toEqual({
      admin: "admin",
      client: "client",
      "shard-0": "shard-0",
      "shard-1": "shard-1",
      "shard-2": "shard-2",
      [pods.find(({ owner }) => owner.startsWith("bootstrap-"))!.owner]: "db-create",
    });
  });

  test("no Google service account is bound to two Kubernetes ones, or the other way", async () => {
    const bindings = all(await services({ cells: ["eu1", "eu2"] }), "serviceaccount/iAMMember:IAMMember");
    expect(new Set(bindings.map(({ inputs }) => inputs.member)).size).toBe(bindings.length);
    expect(new Set(bindings.map(({ inputs }) => inputs.serviceAccountId)).size).toBe(bindings.length);
  });

  test("the one that creates roles and databases is a superuser of AlloyDB's, and no other is", async () => {
    const users = all(await services(), "User").map(({ name, inputs }) => [name, inputs.databaseRoles]);
    expect(Object.fromEntries(users)).toEqual({
      "eu1-admin": ["alloydbiamuser"],
      "eu1-client": ["alloydbiamuser"],
      "eu1-db-create": ["alloydbiamuser", "alloydbsuperuser"],
      "eu1-db-migrate": ["alloydbiamuser"],
      "eu1-shard-0": ["alloydbiamuser"],
    });
  });

  test("no two workloads run as the same user, in two cells of one region either", async () => {
    const users = podsOf(await services({ cells: ["eu1", "eu2"], change: { shards: 2 } })).map(
      ({ securityContext }) => securityContext.runAsUser,
    );
    expect(users).toHaveLength(10);
    expect(new Set(users).size).toBe(users.length);
  });

  test("names of accounts are such as Google takes, for the longest cell and environment", async () => {
    const resources = await services({ cells: ["abcdefghijklmn9"], environment: "a-rather-long-environment" });
    const ids = all(resources, "Account").map(({ inputs }) => String(inputs.accountId));
    for (const id of ids) expect(id).toMatch(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("exposure", () => {
  test("the load balancers' ranges reach the client tier and the shards, never the admin tier", async () => {
    const policies = all(await services({ change: { shards: 2 } }), "NetworkPolicy");
    const letting = policies.filter(({ inputs }) => /130\.211|35\.191/.test(JSON.stringify(inputs)));
    expect(letting.map(({ inputs }) => at(inputs, "spec.podSelector.matchExpressions.0.values"))).toEqual([
      ["client", "shard-0", "shard-1"],
    ]);
    expect(letting[0]!.inputs).toHaveProperty("spec.podSelector.matchExpressions.0.key", "app");
  });

  test("nothing has an address outside of the cluster", async () => {
    const resources = await services();
    expect(all(resources, "Service").map(({ inputs }) => at(inputs, "spec.type"))).toEqual(
      all(resources, "Service").map(() => "ClusterIP"),
    );
    expect(resources.filter(({ type }) => /Ingress|Gateway|Address/.test(type))).toEqual([]);
  });

  test("a request to the admin tier without an administrator's token is refused", async () => {
    const settings = one(await services(), "ConfigMap", "eu1-admin-settings").inputs.data;
    expect(settings).toMatchObject({ PGOPTIONS: "-c role=admin_authenticator" });
    expect(settings).not.toHaveProperty("PGRST_DB_ANON_ROLE");
  });

  test("no workload of this layer takes logins with passwords", async () => {
    for (const pod of podsOf(await services())) {
      expect(listenersOf(pod)).toHaveLength(1);
      expect(listenersOf(pod)[0]).toMatch(/\?port=5432&auto-iam-authn=true$/);
    }
  });

  test("no secret is in what is declared", async () => {
    const resources = await services();
    expect(all(resources, "Secret")).toEqual([]);
    expect(resources.flatMap(({ inputs }) => texts(inputs)).filter((text) => /PRIVATE KEY|"d":/.test(text))).toEqual(
      [],
    );
  });
});

describe("order", () => {
  test("the database is bootstrapped when every login exists, and every tier starts after that", async () => {
    const resources = await services();
    const bootstrap = one(resources, "Job");
    expect(bootstrap.dependsOn).toEqual(expect.arrayContaining(all(resources, "User").map(({ urn }) => urn)));
    const deployments = all(resources, "Deployment");
    expect(deployments).toHaveLength(3);
    for (const deployment of deployments) {
      const tier = resources.find(({ urn }) => urn === deployment.parent)!;
      expect(tier.dependsOn).toContain(bootstrap.urn);
    }
  });

  test("no identity, and so no pod, before the namespace is sealed", async () => {
    const resources = await services();
    const policies = all(resources, "NetworkPolicy").map(({ urn }) => urn);
    for (const identity of all(resources, "WorkloadIdentity"))
      expect(identity.dependsOn).toEqual(expect.arrayContaining(policies));
  });
});

describe("names", () => {
  test("two cells of a region do not meet: no object has the namespace and name of another", async () => {
    const objects = (await services({ cells: ["eu1", "eu2"] }))
      .filter(({ type }) => type.startsWith("kubernetes:"))
      .map((object) => `${object.type} ${at(object.inputs, "metadata.namespace") ?? ""} ${nameOf(object)}`);
    expect(new Set(objects).size).toBe(objects.length);
  });

  test("another shard adds to the names and changes none", async () => {
    const [before, after] = [await services(), await services({ change: { shards: 2 } })];
    expect(urns(after)).toEqual(expect.arrayContaining(urns(before)));
    expect(all(after, "Deployment").map(nameOf).sort()).toEqual(["admin", "client", "shard-0", "shard-1"]);
  });
});
