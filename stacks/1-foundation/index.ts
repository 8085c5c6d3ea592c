/** Layer 1: the network, and a GKE cluster in each region. */
import { type FoundationOutputs, GkeCluster, Network } from "@bulkhead/components";
import { ConfigError, parseFoundation, rawFromPulumi } from "@bulkhead/config";
import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";

const { value: config, mistakes } = parseFoundation(rawFromPulumi(pulumi.runtime.allConfig()));
if (!config) throw new pulumi.RunError(new ConfigError(mistakes, "stacks/1-foundation").message);

const { project } = config;
const services = [
  "alloydb",
  "cloudresourcemanager",
  "compute",
  "container",
  "dns",
  "iam",
  "iamcredentials",
  "servicenetworking",
].map(
  (service) =>
    new gcp.projects.Service(service, { project, service: `${service}.googleapis.com`, disableOnDestroy: false }),
);

const network = new Network(
  "bulkhead",
  { project, regions: config.regions, databaseRange: config.databaseRange },
  { dependsOn: services },
);

const clusters = Object.fromEntries(
  Object.entries(config.regions).map(([region, ranges]) => [
    region,
    new GkeCluster(
      `bulkhead-${region}`,
      {
        project,
        region,
        network: network.id,
        subnetwork: network.subnets[region]!,
        controlPlaneRange: ranges.controlPlane,
        authorizedNetworks: config.authorizedNetworks,
        releaseChannel: config.releaseChannel,
        deletionProtection: config.deletionProtection,
      },
      { dependsOn: [network] },
    ),
  ]),
);

export const outputs: pulumi.Output<FoundationOutputs> = pulumi.output({
  project,
  networkId: network.id,
  databaseAccess: { kind: "psa" as const, rangeName: network.databaseRangeName },
  databaseRange: config.databaseRange,
  workloadPool: `${project}.svc.id.goog`,
  registry: `${Object.keys(config.regions)[0]}-docker.pkg.dev/${project}/bulkhead`,
  notificationChannels: [],
  gatewayRegion: Object.keys(config.regions)[0]!,
  regions: Object.fromEntries(
    Object.entries(clusters).map(([region, cluster]) => [
      region,
      {
        kubeconfig: cluster.kubeconfig,
        nodeRange: config.regions[region]!.nodes,
        podRange: config.regions[region]!.pods,
        keys: {},
        membership: null,
      },
    ]),
  ),
});
