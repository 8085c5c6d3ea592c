import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { at, inventory, one } from "../testing/find.ts";
import { record } from "../testing/mocks.ts";
import { LONGEST } from "../testing/samples.ts";
import { GkeCluster, type GkeClusterArgs } from "./cluster.ts";

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
        releaseChannel: "REGULAR",
        deletionProtection: true,
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
  expect(at(made.inputs, "masterAuthorizedNetworksConfig.cidrBlocks")).toEqual([]);
});

test("with some, the control plane answers to them and to nobody else on Google Cloud", async () => {
  const { made } = await cluster({ authorizedNetworks: { office: "203.0.113.0/24" } });
  expect(at(made.inputs, "privateClusterConfig.enablePrivateEndpoint")).toBe(false);
  expect(made.inputs.masterAuthorizedNetworksConfig).toEqual({
    gcpPublicCidrsAccessEnabled: false,
    cidrBlocks: [{ displayName: "office", cidrBlock: "203.0.113.0/24" }],
  });
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
