import type { Resource } from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { all, at, one } from "../testing/find.ts";
import { record } from "../testing/mocks.ts";
import { AlloyDbCluster } from "./cluster.ts";
import { AlloyDbSecondary } from "./secondary.ts";
import { POOL, siteArgs } from "./testing.ts";
import { VertexAiAccess } from "./vertex-ai.ts";

const HOME = "projects/acme-dev/locations/europe-west1/clusters/bulkhead-eu1";
const DR = "projects/acme-dev/locations/europe-west4/clusters/bulkhead-eu1-dr";
const DR_KEY = "projects/acme-dev/locations/europe-west4/keyRings/bulkhead/cryptoKeys/database";
const dr = siteArgs({ region: "europe-west4", kmsKey: DR_KEY, readPools: { reports: POOL } });

const declare = async (program: () => Resource) => {
  const { resources } = await record(program);
  const find = (kind: string, name: string) => one(resources, kind, name);
  return {
    resources,
    home: find("alloydb/cluster:Cluster", "bulkhead-eu1"),
    primary: find("Instance", "bulkhead-eu1-primary"),
    secondary: find("alloydb/cluster:Cluster", "bulkhead-eu1-dr"),
    main: find("Instance", "bulkhead-eu1-dr-main"),
  };
};

const replicated = (rebuild = false) =>
  declare(() => {
    const of = new AlloyDbCluster("bulkhead-eu1", siteArgs());
    return new AlloyDbSecondary("bulkhead-eu1-dr", { ...dr, replication: { role: "reader", of, rebuild } });
  });

test("a secondary replicates from the primary, under a key of its own region", async () => {
  const { home, primary, secondary, main } = await replicated();
  expect(secondary.inputs).toMatchObject({
    location: "europe-west4",
    clusterType: "SECONDARY",
    secondaryConfig: { primaryClusterName: HOME },
    encryptionConfig: { kmsKeyName: DR_KEY },
  });
  // The API takes a secondary's users from its primary.
  expect(secondary.inputs.initialUser).toBeUndefined();
  expect(secondary.dependsOn).toEqual(expect.arrayContaining([home.urn, primary.urn]));
  expect(main.inputs.instanceType).toBe("SECONDARY");
  expect([main.ignoreChanges, main.protect]).toEqual([["instanceType"], true]);
  expect(main.inputs.databaseFlags).toEqual(primary.inputs.databaseFlags);
});

test("its instance goes with the cluster only, so the cluster is deleted by force; a primary never is", async () => {
  const { home, secondary } = await replicated();
  expect(secondary.inputs.deletionPolicy).toBe("FORCE");
  expect(home.inputs.deletionPolicy).toBeUndefined();
});

/** As after a promotion of dr. */
const promoted = (stopping = true) =>
  declare(() => {
    const writer = new AlloyDbSecondary("bulkhead-eu1-dr", { ...dr, replication: { role: "writer" } });
    new AlloyDbCluster(
      "bulkhead-eu1",
      siteArgs({ readPools: { reports: POOL }, replication: { role: "fenced", stopping } }),
    );
    return writer;
  });

test("a promotion changes the role of the cluster and nothing else of it", async () => {
  const before = await replicated();
  const after = await promoted();
  const { clusterType, secondaryConfig: _gone, ...rest } = before.secondary.inputs;
  expect(clusterType).toBe("SECONDARY");
  expect(after.secondary.inputs).toEqual({ ...rest, clusterType: "PRIMARY" });
  expect(after.secondary.urn).toBe(before.secondary.urn);
  expect(after.main.urn).toBe(before.main.urn);
  expect({ ...after.main.inputs, instanceType: "" }).toEqual({ ...before.main.inputs, instanceType: "" });
});

test("what a promotion leaves behind stays, stopped: the pools before the primary, and no alert wakes anybody", async () => {
  const { resources, home, primary } = await promoted();
  expect([home.inputs.clusterType, home.inputs.secondaryConfig, home.protect]).toEqual(["PRIMARY", undefined, true]);
  const pool = one(resources, "Instance", "bulkhead-eu1-read-reports");
  expect([primary.inputs.activationPolicy, pool.inputs.activationPolicy]).toEqual(["NEVER", "NEVER"]);
  expect(primary.dependsOn).toContain(pool.urn);
  expect(pool.dependsOn).not.toContain(primary.urn);
  const alerts = all(resources, "AlertPolicy").map(({ name }) => name);
  expect(alerts.filter((name) => name.startsWith("bulkhead-eu1-dr-"))).not.toEqual([]);
  expect(alerts.filter((name) => !name.startsWith("bulkhead-eu1-dr-"))).toEqual([]);
});

test("once it is stopped, what it left behind is deleted in order again: the pools before the primary", async () => {
  const { resources, primary } = await promoted(false);
  expect(one(resources, "Instance", "bulkhead-eu1-read-reports").dependsOn).toContain(primary.urn);
});

test("a fenced site has no endpoint: nobody can reach it", async () => {
  const access = { kind: "psc", subnetworks: { "europe-west1": "endpoints" }, projectNumber: "1" } as const;
  const { resources } = await record(
    () => new AlloyDbCluster("bulkhead-eu1", siteArgs({ access, replication: { role: "fenced" } })),
  );
  expect(all(resources, "PrivateServiceConnectEndpoint")).toEqual([]);
});

test("after a switchover home replicates from the secondary, under its old names", async () => {
  const { home, primary, secondary } = await declare(() => {
    const of = new AlloyDbSecondary("bulkhead-eu1-dr", { ...dr, replication: { role: "writer" } });
    return new AlloyDbCluster("bulkhead-eu1", siteArgs({ replication: { role: "reader", of } }));
  });
  expect(home.urn).toBe((await replicated()).home.urn);
  expect(home.inputs).toMatchObject({
    clusterType: "SECONDARY",
    secondaryConfig: { primaryClusterName: DR },
    deletionPolicy: "FORCE",
  });
  expect([secondary.inputs.clusterType, secondary.inputs.secondaryConfig]).toEqual(["PRIMARY", undefined]);
  expect(primary.ignoreChanges).toEqual(["instanceType"]);
});

test("only a rebuild lets the instance's type replace it", async () => {
  expect((await replicated(true)).main.ignoreChanges).toEqual([]);
});

test("replication is watched on both ends of it", async () => {
  const { resources } = await replicated();
  const lag = one(resources, "AlertPolicy", "bulkhead-eu1-dr-secondary-lag");
  expect(at(lag.inputs, "conditions.0.conditionThreshold")).toMatchObject({
    filter:
      'metric.type = "alloydb.googleapis.com/instance/postgres/replication/maximum_secondary_lag" AND resource.type = "alloydb.googleapis.com/Instance" AND resource.labels.cluster_id = one_of("bulkhead-eu1-dr", "bulkhead-eu1")',
    thresholdValue: 60_000,
  });
});

test("thresholds of percentages are fractions, or the alert could never fire", async () => {
  const { resources } = await replicated();
  const threshold = (name: string) =>
    at(one(resources, "AlertPolicy", name).inputs, "conditions.0.conditionThreshold.thresholdValue");
  expect(threshold("bulkhead-eu1-cpu")).toBe(0.85);
  expect(threshold("bulkhead-eu1-transaction-ids")).toBe(0.2);
  const connections = one(resources, "AlertPolicy", "bulkhead-eu1-connections");
  expect(at(connections.inputs, "conditions.0.conditionPrometheusQueryLanguage.query")).toBe(
    'sum by (cluster_id, instance_id) (alloydb_googleapis_com:instance_postgres_total_connections{cluster_id="bulkhead-eu1"}) / (max by (cluster_id, instance_id) (alloydb_googleapis_com:instance_postgres_connections_limit{cluster_id="bulkhead-eu1"}) * sum by (cluster_id, instance_id) (alloydb_googleapis_com:instance_postgres_instances{cluster_id="bulkhead-eu1",status="up"})) > 0.8',
  );
});

test("Vertex AI is granted to AlloyDB's own agent, to use models and no more", async () => {
  const { resources } = await record(() => new VertexAiAccess("bulkhead", { project: "acme-dev" }));
  expect(all(resources, "IAMMember").map(({ inputs }) => inputs.role)).toEqual(["roles/aiplatform.user"]);
});
