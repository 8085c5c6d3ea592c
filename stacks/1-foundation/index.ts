/** Layer 1: the network, its keys and images, and a GKE cluster in each region. */
import {
  AuditAlerts,
  AuditTrail,
  type FoundationOutputs,
  GkeCluster,
  ImagePolicy,
  ImageRegistry,
  type KeyPurpose,
  MultiCluster,
  Network,
  NodeServiceAccount,
  NotificationChannels,
  RegionKeys,
  readOwnOutputs,
  ServiceAgents,
  WorkloadAlerts,
  WorkloadDashboard,
} from "@bulkhead/components";
import { ConfigError, type Mistake, parseFoundation, rawFromPulumi } from "@bulkhead/config";
import * as pulumi from "@pulumi/pulumi";
import { enableServices } from "./services.ts";
import { checkUnchanged } from "./unchangeable.ts";

const refuse = (mistakes: readonly Mistake[]): never => {
  throw new pulumi.RunError(new ConfigError(mistakes, "stacks/1-foundation").message);
};
const { value: config, mistakes } = parseFoundation(rawFromPulumi(pulumi.runtime.allConfig()));
if (!config) throw refuse(mistakes);
const changed = checkUnchanged(await readOwnOutputs<FoundationOutputs>("1-foundation"), config);
if (changed.length > 0) refuse(changed);

const { project } = config;
const gatewayRegion = config.gatewayRegion ?? Object.keys(config.regions)[0]!;
const services = enableServices(project, config);

const network = new Network(
  "bulkhead",
  {
    project,
    regions: config.regions,
    databaseAccess: config.databaseAccess,
    databaseRange: config.databaseRange,
    egress: config.egress,
  },
  { dependsOn: services },
);

const needsAgents = config.encryption.enabled || config.databaseAccess === "psc";
const agents = needsAgents ? new ServiceAgents("bulkhead", { project }, { dependsOn: services }) : undefined;

/** Of each region; none where Google manages them. */
const keys: Readonly<Record<string, Readonly<Partial<Record<KeyPurpose, pulumi.Output<string>>>>>> = Object.fromEntries(
  Object.keys(config.regions).map((region) => [
    region,
    agents && config.encryption.enabled
      ? new RegionKeys(
          `bulkhead-${region}`,
          {
            project,
            region,
            keyRing: "bulkhead",
            agents: agents.members,
            rotationDays: config.encryption.rotationDays,
            protect: config.encryption.keyProtection,
          },
          { dependsOn: services },
        ).keys
      : {},
  ]),
);

const registry = new ImageRegistry(
  "bulkhead",
  {
    project,
    region: gatewayRegion,
    kmsKey: keys[gatewayRegion]?.registry,
    mirrors: config.mirrors,
    protect: config.deletionProtection,
  },
  { dependsOn: services },
);

const repositories = { platform: registry.url, ...registry.mirrors };
const { binaryAuthorization } = config.gke;
const imagePolicy =
  binaryAuthorization.mode === "off"
    ? []
    : [
        new ImagePolicy(
          "bulkhead",
          { project, mode: binaryAuthorization.mode, allow: binaryAuthorization.allow, repositories },
          { dependsOn: services },
        ),
      ];
const nodeServiceAccount = new NodeServiceAccount(
  "bulkhead-nodes",
  { project, registryRegion: gatewayRegion, repositories },
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
        insideRanges: Object.fromEntries(
          Object.entries(config.regions).flatMap(([name, { nodes, pods }]) => [
            [`nodes-${name}`, nodes],
            [`pods-${name}`, pods],
          ]),
        ),
        releaseChannel: config.releaseChannel,
        deletionProtection: config.deletionProtection,
        nodeServiceAccount: nodeServiceAccount.email,
        kmsKey: keys[region]?.cluster,
        config: config.gke,
      },
      { dependsOn: [network, ...imagePolicy] },
    ),
  ]),
);

if (config.gke.fleet && Object.keys(clusters).length > 1) {
  new MultiCluster(
    "bulkhead",
    { project, configMembership: clusters[gatewayRegion]!.membership.apply((membership) => membership ?? "") },
    { dependsOn: Object.values(clusters) },
  );
}

const secrets = new pulumi.Config("notifications");
const channels = new NotificationChannels(
  "bulkhead",
  { project, channels: config.notifications, secretOf: (name) => secrets.requireSecret(name) },
  { dependsOn: services },
);

const { audit } = config;
const trail = new AuditTrail(
  "bulkhead-audit",
  {
    project,
    region: gatewayRegion,
    dataAccess: audit.dataAccess,
    retentionDays: audit.retentionDays,
    locked: audit.locked,
    kmsKey: keys[gatewayRegion]?.logs,
    archive: audit.archive,
    protect: config.deletionProtection,
  },
  { dependsOn: services },
);
new AuditAlerts(
  "bulkhead-audit",
  {
    project,
    channels: channels.names,
    deployers: audit.deployers,
    administratorRequests: audit.administratorRequests,
  },
  { dependsOn: [...services, trail] },
);
new WorkloadAlerts(
  "bulkhead-workloads",
  { project, channels: channels.names, thresholds: config.gke.alerts },
  { dependsOn: services },
);
new WorkloadDashboard("bulkhead-workloads", { project }, { dependsOn: services });

export const outputs: pulumi.Output<FoundationOutputs> = pulumi.output({
  project,
  networkId: network.id,
  databaseAccess: network.databaseRangeName
    ? { kind: "psa" as const, rangeName: network.databaseRangeName }
    : { kind: "psc" as const, subnetworks: network.endpointSubnets, projectNumber: agents!.projectNumber },
  databaseRange: config.databaseRange,
  workloadPool: `${project}.svc.id.goog`,
  registry: registry.url,
  notificationChannels: channels.names,
  gatewayRegion,
  regions: Object.fromEntries(
    Object.entries(clusters).map(([region, cluster]) => [
      region,
      {
        kubeconfig: cluster.kubeconfig,
        nodeRange: config.regions[region]!.nodes,
        podRange: config.regions[region]!.pods,
        proxyRange: config.regions[region]!.proxies ?? null,
        keys: keys[region]!,
        membership: cluster.membership,
      },
    ]),
  ),
});
