import { expect, test } from "vitest";
import { all, at, inventory, one } from "../testing/find.ts";
import { LONGEST } from "../testing/samples.ts";
import { home, POOL } from "./testing.ts";

test("what it makes, under names for life, all of it its own", async () => {
  const { resources, component, cluster, primary } = await home();
  expect(inventory(resources)).toEqual([
    "AlertPolicy bulkhead-eu1-backup",
    "AlertPolicy bulkhead-eu1-connections",
    "AlertPolicy bulkhead-eu1-cpu",
    "AlertPolicy bulkhead-eu1-node-down",
    "AlertPolicy bulkhead-eu1-storage",
    "AlertPolicy bulkhead-eu1-transaction-ids",
    "AlloyDbCluster bulkhead-eu1",
    "Cluster bulkhead-eu1",
    "Instance bulkhead-eu1-primary",
  ]);
  expect(component.type).toBe("bulkhead:alloydb:AlloyDbCluster");
  expect(resources.filter(({ parent }) => parent === component.urn)).toHaveLength(8);
  const name = "projects/acme-dev/locations/europe-west1/clusters/bulkhead-eu1";
  expect(component.outputs).toEqual({ name, primary: `${name}/instances/primary`, readPools: {} });
  expect(primary.inputs.instanceId).toBe("primary");
  expect(cluster.inputs.clusterId).toBe("bulkhead-eu1");
});

test("the primary is reached privately, encrypted, through connectors, and in no other way", async () => {
  const { cluster, primary } = await home();
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

test("by Private Service Connect: this project alone may connect, by an endpoint of each instance", async () => {
  const subnetworks = { "europe-west1": "bulkhead-europe-west1-endpoints" };
  const { resources, cluster, primary } = await home({
    access: { kind: "psc", subnetworks, projectNumber: "123456789" },
    readPools: { reports: POOL },
  });
  expect(cluster.inputs.pscConfig).toEqual({ pscEnabled: true });
  expect(cluster.inputs.networkConfig).toBeUndefined();
  expect(primary.inputs.pscInstanceConfig).toEqual({ allowedConsumerProjects: ["123456789"] });
  expect(all(resources, "PrivateServiceConnectEndpoint").map(({ name }) => name)).toEqual([
    "bulkhead-eu1-primary",
    "bulkhead-eu1-read-reports",
  ]);
  for (const { inputs } of all(resources, "compute/address:Address"))
    expect(inputs.subnetwork).toBe("bulkhead-europe-west1-endpoints");
});

test("no password is set, so none is in the state", async () => {
  const { cluster, primary } = await home();
  expect(cluster.inputs.initialUser).toBeUndefined();
  expect(JSON.stringify([cluster.inputs, primary.inputs])).not.toMatch(/password/i);
});

test("config adds flags and cannot switch off those that login and audit rest on", async () => {
  const { primary } = await home({
    maxConnections: 200,
    flags: {
      work_mem: "64MB",
      "pgaudit.log": "all",
      max_connections: "9",
      "alloydb.iam_authentication": "off",
      "alloydb.enable_pgaudit": "off",
    },
  });
  expect(primary.inputs.databaseFlags).toMatchObject({
    work_mem: "64MB",
    "pgaudit.log": "all",
    max_connections: "200",
    "alloydb.iam_authentication": "on",
    "alloydb.enable_pgaudit": "on",
  });
});

test("statements and their values are not logged: they hold tenants' data, and passwords", async () => {
  const { primary } = await home();
  expect(primary.inputs.databaseFlags).toMatchObject({
    log_connections: "on",
    log_disconnections: "on",
    log_statement: "none",
    log_min_duration_statement: "-1",
    "pgaudit.log": "ddl,role",
    "pgaudit.log_parameter": "off",
  });
});

test("a key of the customer's is in all three places, or the API refuses the backups", async () => {
  const kmsKey = "projects/acme-dev/locations/europe-west1/keyRings/bulkhead/cryptoKeys/database";
  const { cluster } = await home({ kmsKey });
  for (const place of ["", "continuousBackupConfig.", "automatedBackupPolicy."])
    expect(at(cluster.inputs, `${place}encryptionConfig.kmsKeyName`)).toBe(kmsKey);
});

test("read pools follow the primary: its flags, spread over zones, pooled if asked to", async () => {
  const { resources, primary } = await home({
    readPools: {
      reports: { ...POOL, flags: { work_mem: "1GB" }, pooling: { poolMode: "session", maxPoolSize: 20 } },
      small: { ...POOL, nodes: 1, cpuCount: 16, machineType: "c4a-highmem-16-lssd" },
    },
  });
  const reports = one(resources, "Instance", "bulkhead-eu1-read-reports");
  expect(reports.inputs).toMatchObject({
    instanceId: "read-reports",
    instanceType: "READ_POOL",
    availabilityType: "REGIONAL",
    readPoolConfig: { nodeCount: 2 },
    connectionPoolConfig: { enabled: true, flags: { pool_mode: "session", max_pool_size: "20" } },
    clientConnectionConfig: { requireConnectors: true },
  });
  expect(reports.inputs.databaseFlags).toEqual({ ...(primary.inputs.databaseFlags as object), work_mem: "1GB" });
  expect(reports.dependsOn).toContain(primary.urn);
  const small = one(resources, "Instance", "bulkhead-eu1-read-small");
  expect(small.inputs).toMatchObject({
    availabilityType: "ZONAL",
    machineConfig: { cpuCount: 16, machineType: "c4a-highmem-16-lssd" },
  });
  expect(small.inputs.connectionPoolConfig).toBeUndefined();
  expect(primary.inputs.connectionPoolConfig).toBeUndefined();
});

test("columnar engine and Vertex AI are flags of every instance", async () => {
  const { resources } = await home({
    columnarEngine: { memoryMb: 2048 },
    vertexAi: true,
    readPools: { reports: POOL },
  });
  for (const { inputs } of all(resources, "Instance"))
    expect(inputs.databaseFlags).toMatchObject({
      "google_columnar_engine.enabled": "on",
      "google_columnar_engine.memory_size_in_mb": "2048",
      "google_ml_integration.enable_model_support": "on",
    });
});

test("the last fortnight can be restored to the second, the last month to the day", async () => {
  const { cluster } = await home();
  expect(cluster.inputs).toMatchObject({
    continuousBackupConfig: { enabled: true, recoveryWindowDays: 14 },
    automatedBackupPolicy: { enabled: true, timeBasedRetention: { retentionPeriod: "2592000s" } },
  });
  expect(at(cluster.inputs, "automatedBackupPolicy.weeklySchedule.daysOfWeeks")).toHaveLength(7);
});

test("maintenance and backups begin at full hours, as the API wants", async () => {
  const { cluster } = await home();
  const window = at(cluster.inputs, "maintenanceUpdatePolicy.maintenanceWindows.0");
  expect(window).toEqual({ day: "SUNDAY", startTime: { hours: 3, minutes: 0, seconds: 0, nanos: 0 } });
  const [start] = at(cluster.inputs, "automatedBackupPolicy.weeklySchedule.startTimes") as object[];
  expect(start).toEqual({ hours: 2, minutes: 0, seconds: 0, nanos: 0 });
});

test.each([true, false])("deletion protection %s is honoured by Google and by Pulumi", async (deletionProtection) => {
  const { cluster, primary } = await home({ deletionProtection });
  expect(cluster.inputs.deletionProtection).toBe(deletionProtection);
  expect([cluster.protect, primary.protect]).toEqual([deletionProtection, deletionProtection]);
});

test("a promotion does not replace the instance: its type is ignored once made", async () => {
  const { primary } = await home();
  expect(primary.ignoreChanges).toEqual(["instanceType"]);
  expect(primary.inputs.instanceType).toBe("PRIMARY");
});

test("the cluster's id fits AlloyDB's 63 characters for the longest cell", async () => {
  const { cluster } = await home({}, LONGEST.cell);
  expect(cluster.inputs.clusterId).toMatch(/^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
});
