/** Default deny in and out of every machine of the VPC, and the paths that are let through, by name. */
import * as gcp from "@pulumi/gcp";
import type * as pulumi from "@pulumi/pulumi";
import { GOOGLE_API_RANGE } from "./google-apis.ts";

/** Where Google's load balancers and their health checks come from. */
const GOOGLE_FRONT_ENDS = ["130.211.0.0/22", "35.191.0.0/16"];

/** A path through the firewall: from whom to whom (ranges in CIDR notation), by which ports. */
export interface FirewallPath {
  readonly direction: "INGRESS" | "EGRESS";
  readonly description: string;
  readonly from?: readonly string[];
  readonly to: readonly string[];
  /** TCP ports; `all`: every protocol and port. */
  readonly ports: readonly number[] | "all";
}

export interface FirewallArgs {
  readonly project: string;
  readonly network: pulumi.Input<string>;
  /** Ranges of each region, in CIDR notation. */
  readonly regions: Readonly<Record<string, FirewallRanges>>;
  readonly databaseRange: string;
  /** Ranges outside that may be called, by name. */
  readonly egress: Readonly<Record<string, { readonly range: string; readonly port: number }>>;
}

export interface FirewallRanges {
  readonly nodes: string;
  readonly pods: string;
  readonly controlPlane: string;
  readonly proxies?: string;
}

/** PostgREST's API and admin port: what gateways call, and what their health checks ask. */
const SERVED = [3000, 3001];
/** The API server, and the tunnel by which it reaches nodes (konnectivity). */
const CONTROL_PLANE = [443, 8132];
/** The kubelet, and the ports on which admission webhooks usually listen. */
const CALLED_BY_CONTROL_PLANE = [443, 8443, 9443, 10250];
/** AlloyDB's, for the Auth Proxy: the only way in, as instances require connectors. */
const ALLOYDB = [5433];

/**
 * The exceptions, by name for life. GKE makes rules of its own, and only for what comes in: of what goes out, all that a node needs to join
 * and work has to be here. DNS, time and identity come from the metadata server, which no firewall stands before.
 */
export function firewallPaths(args: Omit<FirewallArgs, "project" | "network">): Record<string, FirewallPath> {
  const clusters = Object.entries(args.regions);
  const pods = clusters.map(([, { pods: range }]) => range);
  const inside = clusters.flatMap(([, region]) => [region.nodes, region.pods]);
  const paths: Record<string, FirewallPath> = {
    "google-in": {
      direction: "INGRESS",
      description: "Google's load balancers and health checks",
      from: GOOGLE_FRONT_ENDS,
      to: pods,
      ports: SERVED,
    },
    "google-out": {
      direction: "EGRESS",
      description: "Google's APIs and registries, by their restricted addresses",
      from: inside,
      to: [GOOGLE_API_RANGE],
      ports: [443],
    },
    "databases-out": {
      direction: "EGRESS",
      description: "AlloyDB, by its Auth Proxy",
      from: inside,
      to: [args.databaseRange],
      ports: ALLOYDB,
    },
  };
  for (const [region, { nodes, pods, controlPlane, proxies }] of clusters) {
    const cluster = [nodes, pods];
    // Which pod may talk to which is for the cluster's network policies to say.
    const within = { from: cluster, to: cluster, ports: "all" as const };
    paths[`${region}-cluster-in`] = { direction: "INGRESS", description: "Nodes and pods of one cluster", ...within };
    paths[`${region}-cluster-out`] = { direction: "EGRESS", description: "Nodes and pods of one cluster", ...within };
    paths[`${region}-control-plane-in`] = {
      direction: "INGRESS",
      description: "The control plane to kubelets and webhooks",
      from: [controlPlane],
      to: cluster,
      ports: CALLED_BY_CONTROL_PLANE,
    };
    paths[`${region}-control-plane-out`] = {
      direction: "EGRESS",
      description: "Nodes and pods to the control plane",
      from: cluster,
      to: [controlPlane],
      ports: CONTROL_PLANE,
    };
    const others = inside.filter((range) => !cluster.includes(range));
    if (others.length > 0)
      paths[`${region}-control-plane-from-others`] = {
        direction: "EGRESS",
        // Vault in one cluster asks the others who their pods are, and an update is applied from one region to all.
        description: "Nodes and pods of other regions to the control plane",
        from: others,
        to: [controlPlane],
        ports: [443],
      };
    if (proxies)
      paths[`${region}-proxies-in`] = {
        direction: "INGRESS",
        description: "The proxies of internal gateways",
        from: [proxies],
        to: [pods],
        ports: SERVED,
      };
  }
  for (const [name, { range, port }] of Object.entries(args.egress))
    paths[`egress-${name}`] = {
      direction: "EGRESS",
      description: `Outside: ${name}`,
      from: inside,
      to: [range],
      ports: [port],
    };
  return paths;
}

/**
 * @param before - what must stand before the rest is closed
 */
export function firewall(
  name: string,
  args: FirewallArgs,
  before: readonly pulumi.Resource[],
  opts: pulumi.CustomResourceOptions,
): void {
  const { project, network } = args;
  const exceptions = Object.entries(firewallPaths(args)).map(
    ([id, path]) =>
      new gcp.compute.Firewall(
        `${name}-allow-${id}`,
        {
          project,
          name: `${name}-allow-${id}`,
          network,
          description: path.description,
          direction: path.direction,
          priority: 1000,
          allows: path.ports === "all" ? [{ protocol: "all" }] : [{ protocol: "tcp", ports: path.ports.map(String) }],
          ...(path.from && { sourceRanges: [...path.from] }),
          destinationRanges: [...path.to],
        },
        opts,
      ),
  );
  // Below everything that GKE and its gateways declare, above what Google implies, which is to let all out and to log nothing.
  const deny = (id: string, direction: FirewallPath["direction"], ranges: object) =>
    new gcp.compute.Firewall(
      `${name}-deny-${id}`,
      {
        project,
        name: `${name}-deny-${id}`,
        network,
        description: "What no other rule lets through",
        direction,
        priority: 65534,
        denies: [{ protocol: "all" }],
        logConfig: { metadata: "INCLUDE_ALL_METADATA" },
        ...ranges,
      },
      // First the exceptions: a platform that runs is not cut off from itself.
      { ...opts, dependsOn: [...before, ...exceptions] },
    );
  deny("in", "INGRESS", { sourceRanges: ["0.0.0.0/0"] });
  deny("out", "EGRESS", { destinationRanges: ["0.0.0.0/0"] });
}
