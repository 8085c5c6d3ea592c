import { beforeAll, describe, expect, test } from "vitest";
import { isSecret, isUnknown, type Props, secret, UNKNOWN } from "../plugin/values.ts";
import { type Driver, gcpDriver } from "../testing/harness.ts";

const CLUSTER = "gcp:alloydb/cluster:Cluster";
const INSTANCE = "gcp:alloydb/instance:Instance";
const network = { networkConfig: { network: "projects/p/global/networks/n" } };
const cluster: Props = { clusterId: "eu1", location: "europe-west1", ...network };

let gcp: Driver;
beforeAll(async () => {
  gcp = await gcpDriver({});
});

describe("check", () => {
  const failures = async (type: string, inputs: Props) =>
    (await gcp.check(type, "r", inputs)).failures.map((f) => f.property);

  test("reports every missing property in one go, below a given block too", async () => {
    expect(await failures(CLUSTER, { ...network, restoreBackupSource: {} })).toEqual([
      "clusterId",
      "location",
      "restoreBackupSource.backupName",
    ]);
  });

  test("wants exactly one of a network and PSC", async () => {
    const { networkConfig: _, ...bare } = cluster;
    expect(await failures(CLUSTER, bare)).toEqual(["networkConfig"]);
    expect(await failures(CLUSTER, { ...cluster, pscConfig: { pscEnabled: true } })).toEqual(["networkConfig"]);
    expect(await failures(CLUSTER, { ...bare, pscConfig: { pscEnabled: true } })).toEqual([]);
    expect(await failures(CLUSTER, { ...bare, networkConfig: { network: UNKNOWN } })).toEqual([]);
  });

  test("a secondary names its primary and has no initial user", async () => {
    const secondary = { ...cluster, clusterType: "SECONDARY" };
    expect(await failures(CLUSTER, { ...secondary, initialUser: { password: "x" } })).toEqual([
      "secondaryConfig",
      "initialUser",
    ]);
    expect(await failures(CLUSTER, { ...secondary, secondaryConfig: { primaryClusterName: "c" } })).toEqual([]);
  });

  test("a read pool has nodes, and not more than a cluster may have", async () => {
    const pool = { cluster: "c", instanceId: "pool", instanceType: "READ_POOL" };
    expect(await failures(INSTANCE, pool)).toEqual(["readPoolConfig"]);
    expect(await failures(INSTANCE, { ...pool, readPoolConfig: { nodeCount: 21 } })).toEqual([
      "readPoolConfig.nodeCount",
    ]);
    expect(await failures(INSTANCE, { ...pool, readPoolConfig: { nodeCount: 20 } })).toEqual([]);
  });

  test("makes up a name once and keeps it", async () => {
    const type = "gcp:compute/network:Network";
    const { inputs } = await gcp.check(type, "My Net", {});
    expect(inputs.name).toMatch(/^my-net-[0-9a-f]{7}$/);
    expect((await gcp.check(type, "My Net", {}, inputs)).inputs.name).toBe(inputs.name);
    expect((await gcp.check(type, "My Net", { name: "net" })).inputs.name).toBe("net");
  });
});

describe("what a change does", () => {
  test("the fields that replace a resource are shown as replacing it, the others are not", async () => {
    const old = await gcp.create(INSTANCE, "i", {
      cluster: "c",
      instanceId: "i",
      instanceType: "SECONDARY",
      labels: { a: "1" },
    });
    const replaced = await gcp.diff(old, { ...old.inputs, instanceType: "PRIMARY" });
    expect(replaced.changes).toEqual([{ path: "instanceType", kind: "update", replace: true }]);
    expect(replaced.deleteBeforeReplace).toBe(true);
    const updated = await gcp.diff(old, { ...old.inputs, labels: { a: "2" } });
    expect(updated.changes).toEqual([{ path: "labels.a", kind: "update", replace: false }]);
    expect((await gcp.diff(old, old.inputs)).changes).toEqual([]);
  });

  test("a key chosen for a cluster is chosen for good", async () => {
    const old = await gcp.create(CLUSTER, "c", cluster);
    const { changes } = await gcp.diff(old, { ...cluster, encryptionConfig: { kmsKeyName: "k" } });
    expect(changes).toEqual([{ path: "encryptionConfig", kind: "add", replace: true }]);
  });

  test("promotion is one update, and there is no way back", async () => {
    const secondary = { ...cluster, clusterType: "SECONDARY", secondaryConfig: { primaryClusterName: "c" } };
    const old = await gcp.create(CLUSTER, "c", secondary);
    await expect(gcp.update(old, { ...secondary, clusterType: "PRIMARY" })).rejects.toThrow("secondaryConfig");
    const promoted = await gcp.update(old, { ...cluster, clusterType: "PRIMARY" });
    expect(promoted.outputs).toMatchObject({ clusterType: "PRIMARY" });
    expect(promoted.outputs.secondaryConfig).toBeUndefined();
    await expect(gcp.update(promoted, secondary)).rejects.toThrow("cannot go from PRIMARY to SECONDARY");
  });

  test("protection is on unless it was turned off and applied", async () => {
    const old = await gcp.create(CLUSTER, "c", cluster);
    expect(old.outputs.deletionProtection).toBe(true);
    await expect(gcp.delete(old)).rejects.toThrow("deletionProtection");
    await gcp.delete(await gcp.update(old, { ...cluster, deletionProtection: false }));
    const gke = await gcp.create("gcp:container/cluster:Cluster", "k", { name: "k", location: "europe-west1" });
    await expect(gcp.delete(gke)).rejects.toThrow("deletionProtection");
  });
});

describe("answers", () => {
  test("have the forms the real API's have", async () => {
    const made = await gcp.create(CLUSTER, "c", cluster);
    expect(made.id).toBe("projects/bulkhead-test/locations/europe-west1/clusters/eu1");
    const instance = await gcp.create(INSTANCE, "i", {
      cluster: made.id,
      instanceId: "primary",
      instanceType: "PRIMARY",
    });
    expect(instance.outputs).toMatchObject({
      name: `${made.id}/instances/primary`,
      ipAddress: expect.stringMatching(/^10\./),
    });
    const account = await gcp.create("gcp:serviceaccount/account:Account", "a", { accountId: "client-api" });
    const email = "client-api@bulkhead-test.iam.gserviceaccount.com";
    expect(account.outputs).toMatchObject({
      email,
      member: `serviceAccount:${email}`,
      uniqueId: expect.stringMatching(/^\d{21}$/),
    });
    const net = await gcp.create("gcp:compute/network:Network", "n", { name: "n" });
    expect(net.outputs.selfLink).toBe("https://www.googleapis.com/compute/v1/projects/bulkhead-test/global/networks/n");
    const gke = await gcp.create("gcp:container/cluster:Cluster", "k", { name: "k", location: "europe-west1" });
    const { clusterCaCertificate } = gke.outputs.masterAuth as { clusterCaCertificate: string };
    expect(Buffer.from(clusterCaCertificate, "base64").toString()).toContain("BEGIN CERTIFICATE");
    const unlisted = await gcp.create("gcp:pubsub/topic:Topic", "t", { name: "t" });
    expect(unlisted.id).toContain("/topics/t");
  });

  test("are the same in every run", async () => {
    const first = await gcp.create("gcp:compute/address:Address", "a", { name: "a" });
    const second = await (await gcpDriver({})).create("gcp:compute/address:Address", "a", { name: "a" });
    expect(second).toEqual(first);
  });

  test("keep secrets secret and write-only arguments out of state", async () => {
    const type = "gcp:alloydb/user:User";
    const user = { cluster: "c", userId: "u", userType: "ALLOYDB_BUILT_IN" };
    const made = await gcp.create(type, "u", { ...user, password: secret("hunter2"), passwordWo: secret("hunter3") });
    expect(isSecret(made.outputs.password)).toBe(true);
    expect(made.outputs.passwordWo).toBeUndefined();
    const plain = await gcp.create(CLUSTER, "c", { ...cluster, initialUser: { password: "hunter4" } });
    expect(isSecret((plain.outputs.initialUser as Props).password)).toBe(true);
  });

  test("in a preview, what the API adds is unknown and what the program gave is known", async () => {
    const urn = `urn:pulumi:t::t::${CLUSTER}::c`;
    const { outputs } = await gcp.provider.create({ urn, type: CLUSTER, name: "c", inputs: cluster, preview: true });
    expect(isUnknown(outputs.name)).toBe(true);
    expect(outputs.clusterId).toBe("eu1");
  });

  test("look-ups answer for the project and refuse what has no stand-in", async () => {
    const project = await gcp.provider.invoke("gcp:organizations/getProject:getProject", {});
    expect(project).toMatchObject({ projectId: "bulkhead-test", number: expect.stringMatching(/^\d{12}$/) });
    await expect(gcp.provider.invoke("gcp:compute/getImage:getImage", {})).rejects.toThrow("has no stand-in");
  });
});
