import { expect, test } from "vitest";
import { at, inventory, one } from "../testing/find.ts";
import { record } from "../testing/mocks.ts";
import { LONGEST } from "../testing/samples.ts";
import { AlloyDbCluster, type AlloyDbClusterArgs } from "./cluster.ts";

const database = async (change: Partial<AlloyDbClusterArgs> = {}, cell = "eu1") => {
  const { resources } = await record(
    () =>
      new AlloyDbCluster(`bulkhead-${cell}`, {
        project: "acme-dev",
        region: "europe-west1",
        postgresVersion: 17,
        availability: "REGIONAL",
        cpuCount: 4,
        flags: {},
        network: "projects/acme-dev/global/networks/bulkhead",
        allocatedRange: "bulkhead-databases",
        deletionProtection: true,
        ...change,
      }),
  );
  return {
    resources,
    component: one(resources, "AlloyDbCluster"),
    cluster: one(resources, "alloydb/cluster:Cluster"),
    primary: one(resources, "Instance"),
  };
};

test("what it makes, under names for life, all of it its own", async () => {
  const { resources, component, cluster, primary } = await database();
  expect(inventory(resources)).toEqual([
    "AlloyDbCluster bulkhead-eu1",
    "Cluster bulkhead-eu1",
    "Instance bulkhead-eu1-primary",
  ]);
  expect(component.type).toBe("bulkhead:alloydb:AlloyDbCluster");
  expect([cluster.parent, primary.parent]).toEqual([component.urn, component.urn]);
  const name = "projects/acme-dev/locations/europe-west1/clusters/bulkhead-eu1";
  expect(component.outputs).toEqual({ name, primary: `${name}/instances/primary` });
});

test("the primary is reached privately, encrypted, through connectors, and in no other way", async () => {
  const { cluster, primary } = await database();
  expect(primary.inputs).toMatchObject({
    networkConfig: { enablePublicIp: false, enableOutboundPublicIp: false },
    clientConnectionConfig: { requireConnectors: true, sslConfig: { sslMode: "ENCRYPTED_ONLY" } },
  });
  expect(at(primary.inputs, "networkConfig.authorizedExternalNetworks")).toBeUndefined();
  // Exactly one of a network and PSC is what the provider takes.
  expect(cluster.inputs.networkConfig).toEqual({
    network: "projects/acme-dev/global/networks/bulkhead",
    allocatedIpRange: "bulkhead-databases",
  });
  expect(cluster.inputs.pscConfig).toBeUndefined();
});

test("no password is set, so none is in the state", async () => {
  const { cluster, primary } = await database();
  expect(cluster.inputs.initialUser).toBeUndefined();
  expect(JSON.stringify([cluster.inputs, primary.inputs])).not.toMatch(/password/i);
});

test("config adds flags and cannot switch off those that login and audit rest on", async () => {
  const { primary } = await database({
    flags: { max_connections: "200", "alloydb.iam_authentication": "off", "alloydb.enable_pgaudit": "off" },
  });
  expect(primary.inputs.databaseFlags).toEqual({
    max_connections: "200",
    "alloydb.iam_authentication": "on",
    "alloydb.enable_pgaudit": "on",
  });
});

test("the last fortnight can be restored to the second, the last month to the day", async () => {
  const { cluster } = await database();
  expect(cluster.inputs).toMatchObject({
    continuousBackupConfig: { enabled: true, recoveryWindowDays: 14 },
    automatedBackupPolicy: { enabled: true, timeBasedRetention: { retentionPeriod: "2592000s" } },
  });
  expect(at(cluster.inputs, "automatedBackupPolicy.weeklySchedule.daysOfWeeks")).toHaveLength(7);
});

test.each([true, false])("deletion protection %s is honoured by Google and by Pulumi", async (deletionProtection) => {
  const { cluster, primary } = await database({ deletionProtection });
  expect(cluster.inputs.deletionProtection).toBe(deletionProtection);
  expect([cluster.protect, primary.protect]).toEqual([deletionProtection, deletionProtection]);
});

test("a promotion does not replace the instance: its type is ignored once made", async () => {
  const { primary } = await database();
  expect(primary.ignoreChanges).toEqual(["instanceType"]);
  expect(primary.inputs.instanceType).toBe("PRIMARY");
});

test("the cluster's id fits AlloyDB's 63 characters for the longest cell", async () => {
  const { cluster } = await database({}, LONGEST.cell);
  expect(cluster.inputs.clusterId).toMatch(/^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
});
