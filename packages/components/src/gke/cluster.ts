/** A regional GKE cluster, private, where pods have identities instead of keys. */
import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { POD_RANGE, SERVICE_RANGE } from "../network/network.ts";

export interface GkeClusterArgs {
  /** Google Cloud project id. Changing it replaces the cluster. */
  readonly project: string;
  /** Region of the cluster; its nodes spread over the region's zones. Changing it replaces the cluster. */
  readonly region: string;
  readonly network: pulumi.Input<string>;
  readonly subnetwork: pulumi.Input<string>;
  /** Range of the control plane, a /28. Changing it replaces the cluster. */
  readonly controlPlaneRange: string;
  /** Who may reach the control plane: a name and a range each. Empty: from within the cluster's own subnet only. */
  readonly authorizedNetworks: Readonly<Record<string, string>>;
  readonly releaseChannel: "RAPID" | "REGULAR" | "STABLE";
  /** Refuse to delete the cluster. */
  readonly deletionProtection: boolean;
}

/** An Autopilot cluster: Dataplane V2, Workload Identity, shielded nodes and metadata protection come with it. */
export class GkeCluster extends pulumi.ComponentResource {
  /** For a Kubernetes provider. Holds no credential: the login is gcloud's plugin. */
  readonly kubeconfig: pulumi.Output<string>;
  /** Pool of Workload Identity, `<project>.svc.id.goog`. */
  readonly workloadPool: string;

  constructor(name: string, args: GkeClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:gke:GkeCluster", name, {}, opts);
    this.workloadPool = `${args.project}.svc.id.goog`;
    const cluster = new gcp.container.Cluster(
      name,
      {
        project: args.project,
        name,
        location: args.region,
        enableAutopilot: true,
        network: args.network,
        subnetwork: args.subnetwork,
        ipAllocationPolicy: { clusterSecondaryRangeName: POD_RANGE, servicesSecondaryRangeName: SERVICE_RANGE },
        privateClusterConfig: {
          enablePrivateNodes: true,
          enablePrivateEndpoint: Object.keys(args.authorizedNetworks).length === 0,
          masterIpv4CidrBlock: args.controlPlaneRange,
        },
        masterAuthorizedNetworksConfig: {
          // Left out, every machine on Google Cloud with a public address, anybody's, may knock.
          gcpPublicCidrsAccessEnabled: false,
          cidrBlocks: Object.entries(args.authorizedNetworks).map(([displayName, cidrBlock]) => ({
            displayName,
            cidrBlock,
          })),
        },
        releaseChannel: { channel: args.releaseChannel },
        workloadIdentityConfig: { workloadPool: this.workloadPool },
        deletionProtection: args.deletionProtection,
      },
      { parent: this, protect: args.deletionProtection },
    );
    this.kubeconfig = pulumi
      .all([cluster.name, cluster.endpoint, cluster.masterAuth])
      .apply(([clusterName, endpoint, auth]) =>
        kubeconfig(`gke_${args.project}_${args.region}_${clusterName}`, endpoint, auth.clusterCaCertificate ?? ""),
      );
    this.registerOutputs({ kubeconfig: this.kubeconfig, workloadPool: this.workloadPool });
  }
}

function kubeconfig(context: string, endpoint: string, certificate: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": context,
    contexts: [{ name: context, context: { cluster: context, user: context } }],
    clusters: [
      { name: context, cluster: { server: `https://${endpoint}`, "certificate-authority-data": certificate } },
    ],
    users: [
      {
        name: context,
        user: {
          exec: {
            apiVersion: "client.authentication.k8s.io/v1beta1",
            command: "gke-gcloud-auth-plugin",
            installHint: "gcloud components install gke-gcloud-auth-plugin",
            provideClusterInfo: true,
          },
        },
      },
    ],
  });
}
