import { type GkeConfig, parseFoundation } from "@bulkhead/config";
import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { all, at, inventory, one } from "../testing/find.ts";
import { record } from "../testing/mocks.ts";
import { LONGEST } from "../testing/samples.ts";
import { GkeCluster, type GkeClusterArgs } from "./cluster.ts";

/** Config of the clusters, as a stack file's `bulkhead:gke` makes it. */
const gke = (change: Record<string, unknown> = {}): GkeConfig => {
  const range = { nodes: "10.0.0.0/20", pods: "10.4.0.0/14", services: "10.8.0.0/20", controlPlane: "172.16.0.0/28" };
  const { value, mistakes } = parseFoundation({
    project: "acme-dev",
    regions: { "europe-west1": range },
    databaseRange: "10.16.0.0/20",
    gke: change,
  });
  if (!value) throw new Error(JSON.stringify(mistakes));
  return value.gke;
};

const INSIDE = { "nodes-europe-west1": "10.0.0.0/20", "pods-us-east4": "10.68.0.0/14" };

const cluster = async (change: Partial<GkeClusterArgs> = {}) => {
  const region = change.region ?? "europe-west1";
  const { resources, result } = await record(
    () =>
      new GkeCluster(`bulkhead-${region}`, {
        project: "acme-dev",
        region,
        network: "projects/acme-dev/global/networks/bulkhead",
        subnetwork: "bulkhead-europe-west1",
        controlPlaneRange: "172.16.0.0/28",
        authorizedNetworks: {},
        insideRanges: INSIDE,
        releaseChannel: "REGULAR",
        deletionProtection: true,
        nodeServiceAccount: "bulkhead-nodes@acme-dev.iam.gserviceaccount.com",
        config: gke(),
        ...change,
      }),
  );
  return { resources, result, made: one(resources, "container/cluster:Cluster") };
};

test("what it makes, under a name for life", async () => {
  const { resources, made } = await cluster();
  expect(inventory(resources)).toEqual(["Cluster bulkhead-europe-west1", "GkeCluster bulkhead-europe-west1"]);
  const component = one(resources, "GkeCluster");
  expect(component.type).toBe("bulkhead:gke:GkeCluster");
  expect(made.parent).toBe(component.urn);
  expect(component.outputs).toMatchObject({ workloadPool: "acme-dev.svc.id.goog" });
});

test("nodes have no public address; pods have identities", async () => {
  const { made } = await cluster();
  expect(made.inputs).toMatchObject({
    enableAutopilot: true,
    privateClusterConfig: { enablePrivateNodes: true },
    workloadIdentityConfig: { workloadPool: "acme-dev.svc.id.goog" },
    ipAllocationPolicy: { clusterSecondaryRangeName: "pods", servicesSecondaryRangeName: "services" },
  });
});

test("without authorised networks the control plane has no public address either", async () => {
  const { made } = await cluster();
  expect(at(made.inputs, "privateClusterConfig.enablePrivateEndpoint")).toBe(true);
  expect(at(made.inputs, "masterAuthorizedNetworksConfig.cidrBlocks")).toEqual([
    { displayName: "nodes-europe-west1", cidrBlock: "10.0.0.0/20" },
    { displayName: "pods-us-east4", cidrBlock: "10.68.0.0/14" },
  ]);
});

test("with some, the control plane answers to them and to nobody else on Google Cloud", async () => {
  const { made } = await cluster({ authorizedNetworks: { office: "203.0.113.0/24" } });
  expect(at(made.inputs, "privateClusterConfig.enablePrivateEndpoint")).toBe(false);
  expect(made.inputs.masterAuthorizedNetworksConfig).toEqual({
    gcpPublicCidrsAccessEnabled: false,
    cidrBlocks: [
      { displayName: "nodes-europe-west1", cidrBlock: "10.0.0.0/20" },
      { displayName: "pods-us-east4", cidrBlock: "10.68.0.0/14" },
      { displayName: "office", cidrBlock: "203.0.113.0/24" },
    ],
  });
});

test("a private range of the applier's gives no public address, and any region reaches the private one", async () => {
  const { made } = await cluster({ authorizedNetworks: { runner: "10.200.0.0/24" } });
  expect(at(made.inputs, "privateClusterConfig.enablePrivateEndpoint")).toBe(true);
  expect(at(made.inputs, "privateClusterConfig.masterGlobalAccessConfig.enabled")).toBe(true);
});

test.each([true, false])("deletion protection %s is honoured by Google and by Pulumi", async (deletionProtection) => {
  const { made } = await cluster({ deletionProtection });
  expect({ google: made.inputs.deletionProtection, pulumi: made.protect }).toEqual({
    google: deletionProtection,
    pulumi: deletionProtection,
  });
});

test("the kubeconfig holds no credential", async () => {
  const { result } = await cluster();
  const kubeconfig = JSON.parse(await new Promise<string>((done) => pulumi.output(result.kubeconfig).apply(done)));
  expect(kubeconfig.clusters[0].cluster).toMatchObject({ server: "https://172.16.0.2" });
  expect(Object.keys(kubeconfig.users[0].user)).toEqual(["exec"]);
  expect(JSON.stringify(kubeconfig)).not.toMatch(/token|password|client-key/);
});

test("the name fits GKE's 40 characters in the region of the longest name", async () => {
  const { made } = await cluster({ region: LONGEST.region });
  expect(made.inputs.name).toMatch(/^[a-z][a-z0-9-]{0,38}[a-z0-9]$/);
});

test("Autopilot is given nothing that it refuses", async () => {
  const { made } = await cluster();
  // ConflictsWith enable_autopilot in the provider, or refused by GKE.
  for (const field of [
    "nodePools",
    "nodeConfig",
    "initialNodeCount",
    "removeDefaultNodePool",
    "datapathProvider",
    "networkPolicy",
    "defaultMaxPodsPerNode",
    "enableShieldedNodes",
    "enableIntranodeVisibility",
    "addonsConfig",
    "binaryAuthorization.enabled",
    "clusterAutoscaling.enabled",
    "clusterAutoscaling.resourceLimits",
  ]) {
    expect({ field, value: at(made.inputs, field) }).toEqual({ field, value: undefined });
  }
});

test("nodes are the platform's own account in both modes, not Compute Engine's", async () => {
  const account = "bulkhead-nodes@acme-dev.iam.gserviceaccount.com";
  const { made } = await cluster();
  expect(at(made.inputs, "clusterAutoscaling.autoProvisioningDefaults.serviceAccount")).toBe(account);
  const { resources } = await cluster({ config: gke({ mode: "standard", nodePools: { general: {} } }) });
  expect(at(one(resources, "NodePool").inputs, "nodeConfig.serviceAccount")).toBe(account);
  expect(at(one(resources, "container/cluster:Cluster").inputs, "nodeConfig.serviceAccount")).toBe(account);
});

test("a Standard cluster enforces network policies, and its first pool goes", async () => {
  const { made } = await cluster({ config: gke({ mode: "standard", nodePools: { general: {} } }) });
  expect(made.inputs.enableAutopilot).toBeUndefined();
  expect(made.inputs).toMatchObject({
    datapathProvider: "ADVANCED_DATAPATH",
    removeDefaultNodePool: true,
    initialNodeCount: 1,
    enableShieldedNodes: true,
    masterAuth: { clientCertificateConfig: { issueClientCertificate: false } },
  });
  expect(made.ignoreChanges).toEqual(["initialNodeCount", "nodeConfig"]);
});

test("nodes of a pool are private, shielded and hide their own identity from pods", async () => {
  const pools = { general: {}, batch: { spot: true, taints: { batch: { value: "true" } }, limits: "zone" } };
  const { resources } = await cluster({
    kmsKey: "projects/acme-dev/key",
    config: gke({ mode: "standard", nodePools: pools }),
  });
  expect(all(resources, "NodePool").map(({ name }) => name)).toEqual([
    "bulkhead-europe-west1-general",
    "bulkhead-europe-west1-batch",
  ]);
  for (const { inputs } of all(resources, "NodePool")) {
    expect(inputs).toMatchObject({
      networkConfig: { enablePrivateNodes: true },
      management: { autoRepair: true, autoUpgrade: true },
      nodeConfig: {
        imageType: "COS_CONTAINERD",
        bootDiskKmsKey: "projects/acme-dev/key",
        workloadMetadataConfig: { mode: "GKE_METADATA" },
        shieldedInstanceConfig: { enableSecureBoot: true, enableIntegrityMonitoring: true },
      },
    });
  }
  const [general, batch] = all(resources, "NodePool");
  // The API takes limits of the whole pool or of a zone, never both.
  expect(Object.keys(general!.inputs.autoscaling as object).sort()).toEqual([
    "locationPolicy",
    "totalMaxNodeCount",
    "totalMinNodeCount",
  ]);
  expect(batch!.inputs.autoscaling).toEqual({ minNodeCount: 3, maxNodeCount: 9 });
  expect(at(batch!.inputs, "nodeConfig.taints")).toEqual([{ key: "batch", value: "true", effect: "NO_SCHEDULE" }]);
});

test("with a key, secrets and disks are encrypted by it; without, nothing that would replace the cluster is said", async () => {
  const { made } = await cluster({ kmsKey: "projects/acme-dev/key" });
  expect(made.inputs.databaseEncryption).toEqual({ state: "ENCRYPTED", keyName: "projects/acme-dev/key" });
  const without = (await cluster()).made;
  expect(without.inputs.databaseEncryption).toBeUndefined();
  expect(at(without.inputs, "clusterAutoscaling.autoProvisioningDefaults.bootDiskKmsKey")).toBeUndefined();
});

test("reached by name, the control plane answers to no address; else to nobody by name", async () => {
  const byName = await cluster({ config: gke({ access: "dns" }), authorizedNetworks: { office: "203.0.113.0/24" } });
  expect(byName.made.inputs).toMatchObject({
    privateClusterConfig: { enablePrivateEndpoint: true },
    masterAuthorizedNetworksConfig: { cidrBlocks: [] },
    controlPlaneEndpointsConfig: {
      dnsEndpointConfig: { allowExternalTraffic: true },
      ipEndpointsConfig: { enabled: false },
    },
  });
  const kubeconfig = await new Promise<string>((done) => pulumi.output(byName.result.kubeconfig).apply(done));
  expect(JSON.parse(kubeconfig).clusters[0].cluster).toEqual({ server: "https://gke-0.europe-west1.gke.goog" });
  const { made } = await cluster();
  expect(at(made.inputs, "controlPlaneEndpointsConfig.dnsEndpointConfig.allowExternalTraffic")).toBe(false);
});

test("maintenance is a weekly window in UTC that begins on its first day", async () => {
  const exclusions = { holidays: { start: "2026-12-20T00:00:00Z", end: "2027-01-04T00:00:00Z" } };
  const maintenance = { days: ["SU", "WE"], start: "22:30", hours: 8, exclusions };
  const { made } = await cluster({ config: gke({ maintenance }) });
  expect(made.inputs.maintenancePolicy).toEqual({
    recurringWindow: {
      startTime: "2026-01-07T22:30:00Z",
      endTime: "2026-01-08T06:30:00Z",
      recurrence: "FREQ=WEEKLY;BYDAY=WE,SU",
    },
    maintenanceExclusions: [
      {
        exclusionName: "holidays",
        startTime: "2026-12-20T00:00:00Z",
        endTime: "2027-01-04T00:00:00Z",
        exclusionOptions: { scope: "NO_UPGRADES" },
      },
    ],
  });
});

test("the membership is the cluster's own, null without a fleet", async () => {
  expect(one((await cluster()).resources, "GkeCluster").outputs).toMatchObject({
    membership: "projects/acme-dev/locations/europe-west1/memberships/bulkhead-europe-west1",
  });
  const { resources, made } = await cluster({ config: gke({ fleet: false }) });
  expect(made.inputs.fleet).toBeUndefined();
  expect(one(resources, "GkeCluster").outputs?.membership ?? null).toBeNull();
});
