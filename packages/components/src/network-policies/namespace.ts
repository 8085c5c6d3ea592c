/** A namespace whose pods can reach nothing and be reached by nobody, but for the paths named here. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { HEALTH_PORT } from "../auth-proxy/flags.ts";
import { PUBLIC_LABEL } from "../gateway/objects.ts";
import { GOOGLE_API_RANGE } from "../network/google-apis.ts";
import { PART_OF } from "../pods/labels.ts";
import { type NetworkPath, pathSpec } from "./path.ts";

export interface SealedNamespaceArgs {
  readonly name: string;
  /** Ranges of the nodes and of AlloyDB, in CIDR notation. Without one of AlloyDB there is no way to a database. */
  readonly ranges: { readonly nodes: string; readonly databases?: string };
  /** Workloads (label `app`) whose `http` port the gateway may reach. Default: none. */
  readonly gatewayReaches?: readonly string[];
  /**
   * Leave the namespace itself behind, empty, when it is no longer declared. Where a site goes, the routes to another may have moved into
   * it, and would go along. Default: false.
   */
  readonly leftBehind?: boolean;
  /** Further paths by name, which is their policy's name. Default: none. */
  readonly paths?: Readonly<Record<string, NetworkPath>>;
}

/** Where Google's load balancers and their health checks come from. */
const GATEWAY_RANGES = ["130.211.0.0/22", "35.191.0.0/16"];
/** The node's metadata server: it gives pods their identity, and is Cloud DNS's address to them. */
const METADATA_SERVER = "169.254.169.254/32";
/** Where NodeLocal DNSCache listens; Autopilot always runs it. */
const DNS_CACHE = "169.254.20.10/32";
/** Where the collectors of Managed Prometheus run: on Autopilot, and on Standard clusters. */
const COLLECTORS = ["gke-gmp-system", "gmp-system"];

/** Namespace, Pod Security labels, default deny both ways, and the named paths. */
export class SealedNamespace extends pulumi.ComponentResource {
  /** Workloads depend on the whole component: a pod must not run before the policies stand. */
  readonly namespace: pulumi.Output<string>;

  constructor(name: string, args: SealedNamespaceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:network:SealedNamespace", name, {}, opts);
    const namespace = new k8s.core.v1.Namespace(
      name,
      {
        metadata: {
          name: args.name,
          labels: {
            "app.kubernetes.io/part-of": PART_OF,
            "pod-security.kubernetes.io/enforce": "restricted",
            "pod-security.kubernetes.io/audit": "restricted",
            "pod-security.kubernetes.io/warn": "restricted",
            // Where the gateway reaches no pod, no route may be attached either.
            ...(args.gatewayReaches && args.gatewayReaches.length > 0 ? PUBLIC_LABEL : {}),
          },
        },
      },
      { parent: this, retainOnDelete: args.leftBehind ?? false },
    );
    for (const [path, spec] of Object.entries(paths(args))) {
      new k8s.networking.v1.NetworkPolicy(
        `${name}-${path}`,
        {
          metadata: {
            name: path,
            namespace: namespace.metadata.name,
            labels: { "app.kubernetes.io/part-of": PART_OF },
          },
          spec,
        },
        { parent: this },
      );
    }
    this.namespace = namespace.metadata.name;
    this.registerOutputs({ namespace: this.namespace });
  }
}

/** The policies by name: what each lets through. */
function paths(args: SealedNamespaceArgs): Record<string, k8s.types.input.networking.v1.NetworkPolicySpec> {
  const everyPod = { podSelector: {} };
  const tcp = (port: number | string) => ({ protocol: "TCP", port });
  const block = (cidr: string) => ({ ipBlock: { cidr } });
  const inNamespaces = (names: string[], pods?: string[]) => ({
    namespaceSelector: { matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "In", values: names }] },
    ...(pods ? { podSelector: { matchExpressions: [{ key: "k8s-app", operator: "In", values: pods }] } } : {}),
  });
  const policies: Record<string, k8s.types.input.networking.v1.NetworkPolicySpec> = {
    "default-deny": { ...everyPod, policyTypes: ["Ingress", "Egress"] },
    "allow-dns": {
      ...everyPod,
      policyTypes: ["Egress"],
      egress: [
        {
          // Which of these a pod asks depends on the cluster: Cloud DNS (Autopilot) answers at the metadata server's address, which no
          // selector of pods matches; kube-dns and the cache's pods are where Dataplane V2 sends what goes to the DNS service.
          to: [inNamespaces(["kube-system"], ["kube-dns", "node-local-dns"]), block(DNS_CACHE), block(METADATA_SERVER)],
          ports: [{ protocol: "UDP", port: 53 }, tcp(53)],
        },
      ],
    },
    "allow-workload-identity": {
      ...everyPod,
      policyTypes: ["Egress"],
      egress: [
        { to: [block(METADATA_SERVER)], ports: [tcp(80)] },
        // Dataplane V2 sends the metadata address to port 988 of the node before it looks at policies.
        { to: [block(args.ranges.nodes), block("169.254.169.252/32")], ports: [tcp(987), tcp(988)] },
      ],
    },
    "allow-google-apis": {
      ...everyPod,
      policyTypes: ["Egress"],
      egress: [{ to: [block(GOOGLE_API_RANGE)], ports: [tcp(443)] }],
    },
    "allow-managed-prometheus": {
      ...everyPod,
      policyTypes: ["Ingress"],
      // The proxy's by number: it is a sidecar, and the port of an init container has no name for a policy.
      ingress: [{ from: [inNamespaces(COLLECTORS)], ports: [tcp("admin"), tcp(HEALTH_PORT)] }],
    },
  };
  if (args.ranges.databases !== undefined) {
    policies["allow-alloydb"] = {
      ...everyPod,
      policyTypes: ["Egress"],
      // Where the Auth Proxy calls. PostgreSQL's own port stays shut: no pod gets past the proxy.
      egress: [{ to: [block(args.ranges.databases)], ports: [tcp(5433)] }],
    };
  }
  if (args.gatewayReaches && args.gatewayReaches.length > 0) {
    policies["allow-gateway"] = {
      podSelector: { matchExpressions: [{ key: "app", operator: "In", values: [...args.gatewayReaches] }] },
      policyTypes: ["Ingress"],
      ingress: [{ from: GATEWAY_RANGES.map(block), ports: [tcp("http"), tcp("admin")] }],
    };
  }
  for (const [name, path] of Object.entries(args.paths ?? {})) policies[name] = pathSpec(name, path);
  return policies;
}
