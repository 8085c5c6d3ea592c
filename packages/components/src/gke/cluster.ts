/** A regional GKE cluster, private, where pods have identities instead of keys. */
import { type GkeConfig, isPrivateRange } from "@bulkhead/config";
import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { POD_RANGE, SERVICE_RANGE } from "../network/network.ts";
import { kubeconfigOf } from "./kubeconfig.ts";
import { maintenancePolicy } from "./maintenance.ts";
import { autopilotInputs, nodePool, standardInputs } from "./nodes.ts";

export interface GkeClusterArgs {
  /** Google Cloud project id. Changing it replaces the cluster. */
  readonly project: string;
  /** Region of the cluster; its nodes spread over the region's zones. Changing it replaces the cluster. */
  readonly region: string;
  /** `projects/…/global/networks/…`. Changing it replaces the cluster. */
  readonly network: pulumi.Input<string>;
  /** Name of the region's subnet. Changing it replaces the cluster. */
  readonly subnetwork: pulumi.Input<string>;
  /** Range of the control plane, a /28. Changing it replaces the cluster. */
  readonly controlPlaneRange: string;
  /** Who may reach the control plane beside `insideRanges`: a name and a range each. A public range gives it a public address too. */
  readonly authorizedNetworks: Readonly<Record<string, string>>;
  /** Nodes and pods of every region, a name and a range each: an update from one region writes to the clusters of all. */
  readonly insideRanges: Readonly<Record<string, string>>;
  /** How soon new versions come: `RAPID` first, `STABLE` last. */
  readonly releaseChannel: "RAPID" | "REGULAR" | "STABLE";
  /** Refuse to delete the cluster. */
  readonly deletionProtection: boolean;
  /** E-mail of the nodes' service account: see `NodeServiceAccount`. Nodes that are there keep theirs. */
  readonly nodeServiceAccount: pulumi.Input<string>;
  /**
   * Customer-managed key of the region, `projects/…/cryptoKeys/…`: encrypts Kubernetes' secrets and the nodes' disks.
   * Giving one later, or another, replaces the cluster. Default: Google's own.
   */
  readonly kmsKey?: pulumi.Input<string>;
  /** Everything else, as the stack's config has it. `mode` replaces the cluster; the rest changes in place. */
  readonly config: GkeConfig;
}

/** An Autopilot cluster, or a Standard one with node pools. */
export class GkeCluster extends pulumi.ComponentResource {
  /** For a Kubernetes provider. Holds no credential: the login is gcloud's plugin. */
  readonly kubeconfig: pulumi.Output<string>;
  /** Pool of Workload Identity, `<project>.svc.id.goog`. */
  readonly workloadPool: string;
  /** `projects/…/locations/…/memberships/…` in the fleet; null without one. */
  readonly membership: pulumi.Output<string | null>;

  constructor(name: string, args: GkeClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:gke:GkeCluster", name, {}, opts);
    const { project, region, config } = args;
    const nodes = { serviceAccount: args.nodeServiceAccount, kmsKey: args.kmsKey };
    this.workloadPool = `${project}.svc.id.goog`;
    const standard = config.mode === "standard";
    const cluster = new gcp.container.Cluster(
      name,
      {
        project,
        name,
        location: region,
        ...(standard ? standardInputs(nodes, config.autoscalingProfile) : autopilotInputs(nodes)),
        network: args.network,
        subnetwork: args.subnetwork,
        ipAllocationPolicy: { clusterSecondaryRangeName: POD_RANGE, servicesSecondaryRangeName: SERVICE_RANGE },
        ...controlPlane(args),
        releaseChannel: { channel: args.releaseChannel },
        maintenancePolicy: maintenancePolicy(config.maintenance),
        workloadIdentityConfig: { workloadPool: this.workloadPool },
        ...(args.kmsKey !== undefined && { databaseEncryption: { state: "ENCRYPTED", keyName: args.kmsKey } }),
        binaryAuthorization: {
          evaluationMode: config.binaryAuthorization.mode === "off" ? "DISABLED" : "PROJECT_SINGLETON_POLICY_ENFORCE",
        },
        // Vulnerabilities of images are Artifact Registry's to find.
        securityPostureConfig: { mode: "BASIC", vulnerabilityMode: "VULNERABILITY_DISABLED" },
        secretManagerConfig: { enabled: config.secretManager },
        gatewayApiConfig: { channel: "CHANNEL_STANDARD" },
        costManagementConfig: { enabled: true },
        ...observability(config.controlPlaneLogs),
        ...(config.fleet && { fleet: { project } }),
        deletionProtection: args.deletionProtection,
      },
      {
        parent: this,
        protect: args.deletionProtection,
        // The pool they describe is gone: read back, it would replace the cluster.
        ...(standard && { ignoreChanges: ["initialNodeCount", "nodeConfig"] }),
      },
    );
    for (const [pool, poolConfig] of Object.entries(config.nodePools)) {
      nodePool(
        `${name}-${pool}`,
        { project, region, cluster: cluster.name, pool, config: poolConfig, nodes },
        { parent: this },
      );
    }
    this.kubeconfig = kubeconfigOf(cluster, { project, region, access: config.access });
    this.membership = config.fleet ? membershipOf(cluster, project, region) : pulumi.output(null);
    this.registerOutputs({
      kubeconfig: this.kubeconfig,
      workloadPool: this.workloadPool,
      membership: this.membership,
    });
  }
}

/** Nodes without public addresses; the control plane answers to known ranges, or to no address at all. */
function controlPlane({ config, ...args }: GkeClusterArgs): Partial<gcp.container.ClusterArgs> {
  const byName = config.access === "dns";
  const ranges = Object.entries({ ...args.insideRanges, ...args.authorizedNetworks });
  const allPrivate = ranges.every(([, range]) => isPrivateRange(range));
  return {
    privateClusterConfig: {
      enablePrivateNodes: true,
      enablePrivateEndpoint: byName || allPrivate,
      masterIpv4CidrBlock: args.controlPlaneRange,
      // Else only its own region reaches the private address, and nobody could apply to the clusters of two.
      masterGlobalAccessConfig: { enabled: true },
    },
    masterAuthorizedNetworksConfig: {
      // Left out, every machine on Google Cloud with a public address, anybody's, may knock.
      gcpPublicCidrsAccessEnabled: false,
      cidrBlocks: byName ? [] : ranges.map(([displayName, cidrBlock]) => ({ displayName, cidrBlock })),
    },
    // By name, IAM decides: container.clusters.connect. Said in both cases, so that a way back closes it again.
    controlPlaneEndpointsConfig: {
      dnsEndpointConfig: { allowExternalTraffic: byName },
      ipEndpointsConfig: { enabled: !byName },
    },
  };
}

/** What Google collects: in the order in which GKE gives it back, as the provider compares lists in order. */
function observability(controlPlaneLogs: boolean): Partial<gcp.container.ClusterArgs> {
  return {
    loggingConfig: {
      enableComponents: [
        "SYSTEM_COMPONENTS",
        "WORKLOADS",
        ...(controlPlaneLogs ? ["APISERVER", "SCHEDULER", "CONTROLLER_MANAGER"] : []),
      ],
    },
    monitoringConfig: {
      managedPrometheus: { enabled: true },
      enableComponents: [
        "SYSTEM_COMPONENTS",
        "DAEMONSET",
        "DEPLOYMENT",
        "STATEFULSET",
        "STORAGE",
        "HPA",
        "POD",
        "CADVISOR",
        "KUBELET",
      ],
    },
  };
}

/** GKE registers a cluster under its own name, in its own region, and takes the membership away with it. */
function membershipOf(cluster: gcp.container.Cluster, project: string, region: string): pulumi.Output<string> {
  return pulumi
    .all([cluster.name, cluster.fleet])
    .apply(
      ([name, fleet]) =>
        fleet?.membership?.replace("//gkehub.googleapis.com/", "") ||
        `projects/${project}/locations/${region}/memberships/${name}`,
    );
}
