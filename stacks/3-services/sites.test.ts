/** A cell with a secondary: what each of its sites gets, and what a promotion or switchover changes. */
import type { CellDatabaseOutputs, FoundationOutputs, SiteOutputs } from "@bulkhead/components";
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
} from "@bulkhead/components/testing";
import { parseServices } from "@bulkhead/config";
import { describe, expect, test } from "vitest";
import { type CellOutputs, cellServices } from "./cell.ts";

const TWO_REGIONS: FoundationOutputs = {
  ...FOUNDATION,
  regions: {
    ...FOUNDATION.regions,
    "us-east4": { ...FOUNDATION.regions["europe-west1"]!, kubeconfig: '{"us":1}', nodeRange: "10.64.0.0/20" },
  },
};

const CLUSTERS = {
  home: "projects/acme-dev/locations/europe-west1/clusters/bulkhead-eu1",
  dr: "projects/acme-dev/locations/us-east4/clusters/bulkhead-eu1-dr",
};

type Role = SiteOutputs["role"];

function database(home: Role, dr: Role, pools: { home?: string[]; dr?: string[] } = {}): CellDatabaseOutputs {
  const site = (name: "home" | "dr", region: string, role: Role): SiteOutputs => ({
    region,
    cluster: CLUSTERS[name],
    instance: `${CLUSTERS[name]}/instances/primary`,
    readPools: Object.fromEntries((pools[name] ?? []).map((pool) => [pool, `${CLUSTERS[name]}/instances/${pool}`])),
    role,
  });
  const sites = { home: site("home", "europe-west1", home), dr: site("dr", "us-east4", dr) };
  const writer = home === "writer" ? "home" : "dr";
  const { region, cluster, instance } = sites[writer];
  return { ...cellDatabase("eu1"), region, cluster, primary: instance, writer, sites };
}

async function cell(entry: CellDatabaseOutputs, change: Record<string, unknown> = {}) {
  const raw = {
    images: { runtime: "registry/bulkhead-runtime:0.1.0" },
    tokens: { jwks: { keys: [{ kty: "EC", crv: "P-256", kid: "one", alg: "ES256", x: "eA", y: "eQ" }] } },
    ...change,
  };
  const { value: config, mistakes } = parseServices(raw, import.meta.dirname);
  if (!config) throw new Error(JSON.stringify(mistakes));
  const { resources, result } = await record(async () => {
    const output = cellServices({
      environment: "dev",
      cell: "eu1",
      database: entry,
      foundation: TWO_REGIONS,
      config,
    });
    return new Promise<CellOutputs>((resolve) => output.apply(resolve));
  });
  return { resources, outputs: result };
}

const named = (resources: readonly Declared[], kind: string) =>
  all(resources, kind)
    .map(({ name }) => name)
    .sort();

describe("home writes, the secondary reads", () => {
  const entry = database("writer", "reader", { home: ["api"], dr: [] });

  test("home has everything, under its own names; the secondary's region what reads, under names of its own", async () => {
    const { resources } = await cell(entry);
    expect(named(resources, "Deployment")).toEqual([
      "eu1-admin",
      "eu1-client",
      "eu1-client-reads",
      "eu1-dr-client-reads",
      "eu1-dr-shard-0-reads",
      "eu1-shard-0",
      "eu1-shard-0-reads",
    ]);
    expect(named(resources, "Namespace")).toEqual(["eu1-dr-services", "eu1-services"]);
    expect(named(resources, "Job")).toEqual(["eu1-bootstrap"]);
    // The administrators' logins run where the database writes, and nowhere else.
    expect(named(resources, "ServiceAccount")).toEqual([
      "eu1-admin",
      "eu1-client",
      "eu1-db-create",
      "eu1-db-migrate",
      "eu1-dr-client",
      "eu1-dr-shard-0",
      "eu1-shard-0",
    ]);
  });

  test("one Google service account and one user of AlloyDB's for each workload, however many the regions", async () => {
    const { resources } = await cell(entry);
    expect(all(resources, "Account")).toHaveLength(5);
    expect(all(resources, "User").map(({ inputs }) => inputs.cluster)).toEqual(Array(5).fill(CLUSTERS.home));
    const annotations = all(resources, "ServiceAccount")
      .filter((account) => nameOf(account) === "client")
      .map(({ inputs }) => at(inputs, "metadata.annotations"));
    expect(annotations).toHaveLength(2);
    expect(annotations[0]).toEqual(annotations[1]);
  });

  test("reads go to the region's own replica, LISTEN to the primary; home's own tiers know of no replica", async () => {
    const { resources } = await cell(entry);
    const listeners = Object.fromEntries(
      all(resources, "Deployment").map((one) => [one.name, listenersOf(podsOf([one])[0]!)]),
    );
    const primary = `${CLUSTERS.home}/instances/primary`;
    expect(listeners["eu1-client"]).toEqual([`${primary}?port=5432&auto-iam-authn=true`]);
    expect(listeners["eu1-client-reads"]).toEqual([
      `${primary}?port=5432&auto-iam-authn=true`,
      `${CLUSTERS.home}/instances/api?port=5434&auto-iam-authn=true`,
    ]);
    expect(listeners["eu1-dr-client-reads"]).toEqual([
      `${primary}?port=5432&auto-iam-authn=true`,
      `${CLUSTERS.dr}/instances/primary?port=5434&auto-iam-authn=true`,
    ]);
  });

  test("the gateway reaches in each site what serves there", async () => {
    const { resources } = await cell(entry);
    const reached = (name: string) =>
      at(one(resources, "NetworkPolicy", name).inputs, "spec.podSelector.matchExpressions.0.values");
    expect(reached("eu1-services-allow-gateway")).toEqual(["client", "shard-0", "client-reads", "shard-0-reads"]);
    expect(reached("eu1-dr-services-allow-gateway")).toEqual(["client-reads", "shard-0-reads"]);
  });

  test("other layers are told what stands where", async () => {
    const { outputs } = await cell(entry);
    expect(outputs).toMatchObject({ namespace: "bulkhead-eu1", client: "client", admin: "admin", shards: ["shard-0"] });
    expect(outputs.sites).toEqual({
      home: {
        region: "europe-west1",
        role: "writer",
        client: "client",
        admin: "admin",
        shards: ["shard-0"],
        clientReads: "client-reads",
        shardReads: ["shard-0-reads"],
      },
      dr: {
        region: "us-east4",
        role: "reader",
        client: null,
        admin: null,
        shards: [],
        clientReads: "client-reads",
        shardReads: ["shard-0-reads"],
      },
    });
  });

  test("of several read pools one has to be named", async () => {
    const two = database("writer", "reader", { home: ["api", "reports"] });
    await expect(cell(two)).rejects.toThrow(/site home of cell eu1 has the read pools api, reports: name one/);
    const { resources } = await cell(two, { reads: { readPool: "api" } });
    expect(JSON.stringify(one(resources, "Deployment", "eu1-client-reads").inputs)).toContain("/instances/api?");
  });
});

describe("after a promotion", () => {
  const entry = database("fenced", "writer");

  test("the new writer has everything, and the fenced site nothing that runs", async () => {
    const { resources, outputs } = await cell(entry);
    expect(named(resources, "Deployment")).toEqual(["eu1-dr-admin", "eu1-dr-client", "eu1-dr-shard-0"]);
    expect(named(resources, "Namespace")).toEqual(["eu1-dr-services"]);
    for (const account of all(resources, "ServiceAccount")) expect(account.name).toMatch(/^eu1-dr-/);
    expect(Object.keys(outputs.sites)).toEqual(["dr"]);
    expect(
      JSON.stringify(resources.filter(({ type }) => type.startsWith("kubernetes:")).map(({ inputs }) => inputs)),
    ).not.toContain(CLUSTERS.home);
  });

  test("the database is bootstrapped anew, by a Job against the new writer, when its users exist", async () => {
    const { resources } = await cell(entry);
    const job = one(resources, "Job");
    expect(job.name).toBe("eu1-dr-bootstrap");
    expect(listenersOf(podsOf([job])[0]!)).toEqual([`${CLUSTERS.dr}/instances/primary?port=5432&auto-iam-authn=true`]);
    const users = all(resources, "User").filter(({ inputs }) => inputs.cluster === CLUSTERS.dr);
    expect(users.map(({ name }) => name).sort()).toEqual([
      "eu1-dr-admin",
      "eu1-dr-client",
      "eu1-dr-db-create",
      "eu1-dr-db-migrate",
      "eu1-dr-shard-0",
    ]);
    expect(job.dependsOn).toEqual(expect.arrayContaining(users.map(({ urn }) => urn)));
  });

  test("accounts, bindings and home's users are those from before: nothing is asked of the cluster that is gone", async () => {
    const before = await cell(database("writer", "reader"));
    const after = await cell(entry);
    const kept = (resources: readonly Declared[]) =>
      resources
        .filter(({ type, name }) => type.startsWith("gcp:") && !name.startsWith("eu1-dr-"))
        .map(({ urn, inputs }) => ({ urn, inputs }));
    expect(kept(after.resources)).toEqual(kept(before.resources));
  });
});

test("after a switchover home reads, from its own replica, and keeps its users", async () => {
  const { resources } = await cell(database("reader", "writer"));
  expect(named(resources, "Deployment")).toEqual([
    "eu1-client-reads",
    "eu1-dr-admin",
    "eu1-dr-client",
    "eu1-dr-shard-0",
    "eu1-shard-0-reads",
  ]);
  expect(all(resources, "User")).toHaveLength(10);
  expect(named(resources, "ServiceAccount")).toEqual(expect.arrayContaining(["eu1-client", "eu1-shard-0"]));
  expect(named(resources, "ServiceAccount")).not.toContain("eu1-db-create");
});

test("a cell that takes fewer connections than its services can open is refused", async () => {
  const small = { ...database("writer", "reader"), maxConnections: 250 };
  await expect(cell(small)).rejects.toThrow(
    /cell eu1: its services can open \d+ connections at their peak, and its primary takes 250/,
  );
});

test("callers of the shared proxy are let in where the cell writes, and only there", async () => {
  const callers = { reports: { namespace: "reports", podLabels: { app: "reports" } } };
  const { resources } = await cell(database("writer", "reader"), { sharedProxy: { callers } });
  expect(named(resources, "SharedAuthProxy")).toEqual(["eu1-shared-proxy"]);
  expect(named((await cell(database("writer", "reader"))).resources, "SharedAuthProxy")).toEqual([]);
});
