/** What differs between a cluster whose nodes Google runs and one whose nodes are its own. */
import type { GkeConfig, NodePoolConfig } from "@bulkhead/config";
import * as gcp from "@pulumi/gcp";
import type * as pulumi from "@pulumi/pulumi";

export interface NodeIdentity {
  /** E-mail of the nodes' service account. */
  readonly serviceAccount: pulumi.Input<string>;
  /** Customer-managed key of their boot disks, `projects/…/cryptoKeys/…`. */
  readonly kmsKey?: pulumi.Input<string>;
}

/** Every API, as the service account's roles are what limits nodes. */
const SCOPES = ["https://www.googleapis.com/auth/cloud-platform"];
const SHIELDED = { enableSecureBoot: true, enableIntegrityMonitoring: true };

/**
 * Inputs of an Autopilot cluster. The provider refuses beside `enableAutopilot`: nodePools, removeDefaultNodePool,
 * networkPolicy, enableShieldedNodes, enableIntranodeVisibility, defaultMaxPodsPerNode; and GKE a datapath or node config
 * of one's own. Autopilot has their best by itself: Dataplane V2, shielded nodes, metadata protection, COS, VPA.
 */
export function autopilotInputs(nodes: NodeIdentity): Partial<gcp.container.ClusterArgs> {
  return {
    enableAutopilot: true,
    clusterAutoscaling: {
      // Nodes made from now on have it; those that are there keep theirs until they go.
      autoProvisioningDefaults: {
        serviceAccount: nodes.serviceAccount,
        oauthScopes: SCOPES,
        ...(nodes.kmsKey !== undefined && { bootDiskKmsKey: nodes.kmsKey }),
      },
    },
  };
}

/** Inputs of a Standard cluster, in which `enableAutopilot: false` would be refused too. */
export function standardInputs(
  nodes: NodeIdentity,
  autoscalingProfile: GkeConfig["autoscalingProfile"],
): Partial<gcp.container.ClusterArgs> {
  return {
    // A cluster is born with a pool. It goes at once; its nodes are as restricted as the others meanwhile.
    initialNodeCount: 1,
    removeDefaultNodePool: true,
    nodeConfig: commonNodeConfig(nodes),
    // Network policies are always enforced by it; LEGACY_DATAPATH, the default, would enforce none.
    datapathProvider: "ADVANCED_DATAPATH",
    enableShieldedNodes: true,
    enableIntranodeVisibility: true,
    masterAuth: { clientCertificateConfig: { issueClientCertificate: false } },
    verticalPodAutoscaling: { enabled: true },
    clusterAutoscaling: { enabled: false, autoscalingProfile },
    addonsConfig: {
      httpLoadBalancing: { disabled: false },
      horizontalPodAutoscaling: { disabled: false },
      // As in Autopilot, so that network policies see the same resolver in both.
      dnsCacheConfig: { enabled: true },
      gcePersistentDiskCsiDriverConfig: { enabled: true },
    },
  };
}

function commonNodeConfig(nodes: NodeIdentity): gcp.types.input.container.ClusterNodeConfig {
  return {
    serviceAccount: nodes.serviceAccount,
    oauthScopes: SCOPES,
    imageType: "COS_CONTAINERD",
    shieldedInstanceConfig: SHIELDED,
    // Pods see their own identity, not the node's.
    workloadMetadataConfig: { mode: "GKE_METADATA" },
    metadata: { "disable-legacy-endpoints": "true" },
    kubeletConfig: { insecureKubeletReadonlyPortEnabled: "FALSE" },
    ...(nodes.kmsKey !== undefined && { bootDiskKmsKey: nodes.kmsKey }),
  };
}

/** A node pool that grows with its pods and is upgraded a node at a time. */
export function nodePool(
  name: string,
  args: {
    readonly project: string;
    readonly region: string;
    readonly cluster: pulumi.Input<string>;
    /** Name of the pool, unique in its cluster. */
    readonly pool: string;
    readonly config: NodePoolConfig;
    readonly nodes: NodeIdentity;
  },
  opts: pulumi.CustomResourceOptions,
): gcp.container.NodePool {
  const { config } = args;
  return new gcp.container.NodePool(
    name,
    {
      project: args.project,
      location: args.region,
      cluster: args.cluster,
      name: args.pool,
      autoscaling:
        config.limits === "total"
          ? {
              totalMinNodeCount: config.minNodes,
              totalMaxNodeCount: config.maxNodes,
              locationPolicy: config.spot ? "ANY" : "BALANCED",
            }
          : { minNodeCount: config.minNodes, maxNodeCount: config.maxNodes },
      // A release channel demands both.
      management: { autoRepair: true, autoUpgrade: true },
      upgradeSettings: { strategy: "SURGE", maxSurge: 1, maxUnavailable: 0 },
      networkConfig: { enablePrivateNodes: true },
      nodeConfig: {
        ...commonNodeConfig(args.nodes),
        machineType: config.machineType,
        diskSizeGb: config.diskSizeGb,
        diskType: config.diskType,
        spot: config.spot,
        labels: config.labels,
        taints: Object.entries(config.taints).map(([key, { value, effect }]) => ({ key, value, effect })),
      },
    },
    opts,
  );
}
