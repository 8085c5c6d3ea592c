/** What AlloyDB refuses, refused before anybody asks it. */
import { beforeEach, describe, expect, test } from "vitest";
import { type Props, UNKNOWN } from "../plugin/values.ts";
import { type Driver, gcpDriver } from "../testing/harness.ts";

const CLUSTER = "gcp:alloydb/cluster:Cluster";
const INSTANCE = "gcp:alloydb/instance:Instance";
const network = { networkConfig: { network: "projects/p/global/networks/n" } };
const cluster: Props = { clusterId: "eu1", location: "europe-west1", ...network };
const NAME = "projects/bulkhead-test/locations/europe-west1/clusters/eu1";
const secondary: Props = {
  ...cluster,
  location: "europe-west4",
  clusterType: "SECONDARY",
  secondaryConfig: { primaryClusterName: NAME },
};
const instance: Props = { cluster: NAME, instanceId: "i", instanceType: "PRIMARY" };

let gcp: Driver;
beforeEach(async () => {
  gcp = await gcpDriver({});
});

const failures = async (type: string, inputs: Props, name = "r") =>
  (await gcp.check(type, name, inputs)).failures.map((f) => f.property);

describe("a cluster", () => {
  const window = (startTime: Props) => ({ maintenanceWindows: [{ day: "SUNDAY", startTime }] });
  const key = (region: string) => ({ kmsKeyName: `projects/p/locations/${region}/keyRings/r/cryptoKeys/k` });

  test.each<[string, Props, string]>([
    ["maintenance at half past", { maintenanceUpdatePolicy: window({ hours: 3, minutes: 30 }) }, "minutes"],
    ["a recovery window of 36 days", { continuousBackupConfig: { recoveryWindowDays: 36 } }, "recoveryWindowDays"],
    ["a key of another region", { encryptionConfig: key("us-east4") }, "encryptionConfig.kmsKeyName"],
    ["backups elsewhere", { automatedBackupPolicy: { location: "us-east4" } }, "automatedBackupPolicy.location"],
    ["another type", { clusterType: "REPLICA" }, "clusterType"],
  ])("%s", async (_what, change, property) => {
    expect(await failures(CLUSTER, { ...cluster, ...change })).toEqual([expect.stringContaining(property)]);
  });

  test("what is sound passes", async () => {
    const sound = {
      ...cluster,
      maintenanceUpdatePolicy: window({ hours: 3, minutes: 0 }),
      continuousBackupConfig: { recoveryWindowDays: 35, encryptionConfig: key("europe-west1") },
      encryptionConfig: { kmsKeyName: UNKNOWN },
    };
    expect(await failures(CLUSTER, sound)).toEqual([]);
  });

  test("a secondary with a key has backups of its own, in another region than its primary", async () => {
    expect(await failures(CLUSTER, secondary)).toEqual([]);
    expect(await failures(CLUSTER, { ...secondary, encryptionConfig: key("europe-west4") })).toEqual([
      "automatedBackupPolicy",
    ]);
    expect(await failures(CLUSTER, { ...secondary, location: "europe-west1" })).toEqual([
      "secondaryConfig.primaryClusterName",
    ]);
  });

  test("a primary has five secondaries at most", async () => {
    for (const n of [1, 2, 3, 4, 5]) expect(await failures(CLUSTER, secondary, `s${n}`)).toEqual([]);
    expect(await failures(CLUSTER, secondary, "s6")).toEqual(["secondaryConfig.primaryClusterName"]);
  });

  test("keeps its network or PSC for life, and its version or a higher one", async () => {
    const old = await gcp.create(CLUSTER, "c", { ...cluster, databaseVersion: "POSTGRES_16" });
    const { networkConfig: _, ...bare } = old.inputs;
    await expect(gcp.update(old, { ...bare, pscConfig: { pscEnabled: true } })).rejects.toThrow("for life");
    const other = { network: "projects/p/global/networks/m" };
    await expect(gcp.update(old, { ...bare, networkConfig: other })).rejects.toThrow("for life");
    await expect(gcp.update(old, { ...old.inputs, databaseVersion: "POSTGRES_15" })).rejects.toThrow("lowered");
    await gcp.update(old, { ...old.inputs, databaseVersion: "POSTGRES_17" });
  });

  test("a secondary is deleted by force only, as its instance cannot be deleted", async () => {
    const old = await gcp.create(CLUSTER, "c", { ...secondary, deletionProtection: false });
    await expect(gcp.delete(old)).rejects.toThrow("FORCE");
    await gcp.delete(await gcp.update(old, { ...old.inputs, deletionPolicy: "FORCE" }));
  });
});

describe("an instance", () => {
  const pool = (nodeCount: number, change: Props = {}): Props => ({
    ...instance,
    instanceType: "READ_POOL",
    readPoolConfig: { nodeCount },
    ...change,
  });

  test.each<[string, Props, string]>([
    ["no nodes", pool(0), "readPoolConfig.nodeCount"],
    ["one node in two zones", pool(1, { availabilityType: "REGIONAL" }), "availabilityType"],
    ["5 vCPUs", { ...instance, machineConfig: { cpuCount: 5 } }, "machineConfig.cpuCount"],
    [
      "a machine of other vCPUs",
      { ...instance, machineConfig: { cpuCount: 8, machineType: "c4a-highmem-16-lssd" } },
      "machineConfig.machineType",
    ],
    ["a zone for two", { ...instance, availabilityType: "REGIONAL", gceZone: "europe-west1-b" }, "gceZone"],
    [
      "a project by its id",
      { ...instance, pscInstanceConfig: { allowedConsumerProjects: ["acme-dev"] } },
      "pscInstanceConfig.allowedConsumerProjects",
    ],
  ])("%s", async (_what, inputs, property) => {
    expect(await failures(INSTANCE, inputs)).toEqual([property]);
  });

  test("the pools of a cluster have 20 nodes in all", async () => {
    expect(await failures(INSTANCE, pool(12), "a")).toEqual([]);
    expect(await failures(INSTANCE, pool(9), "b")).toEqual(["readPoolConfig.nodeCount"]);
    expect(await failures(INSTANCE, pool(8), "b")).toEqual([]);
    expect(await failures(INSTANCE, pool(9, { cluster: "another" }), "c")).toEqual([]);
  });

  test("is of its cluster's type when it is made, and keeps it in its inputs after a promotion", async () => {
    await gcp.create(CLUSTER, "c", cluster);
    const replica = { ...instance, instanceType: "SECONDARY" };
    expect(await failures(INSTANCE, replica)).toEqual(["instanceType"]);
    expect((await gcp.check(INSTANCE, "r", replica, replica)).failures).toEqual([]);
  });
});
