/** A named path through a sealed namespace: who, whither, by which port. Nothing in it may be left open. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { PART_OF } from "../pods/labels.ts";

/** The other end: ranges in CIDR notation, or pods by the name of their namespace and their labels. */
export type Peer =
  | { readonly ranges: readonly string[] }
  | { readonly namespace: string; readonly podLabels: Readonly<Record<string, string>> };

export interface NetworkPath {
  /** out: the pods may call the peer. in: the peer may call the pods. */
  readonly direction: "in" | "out";
  /** Pods of the namespace that the path is for, by label `app`; at least one. */
  readonly apps: readonly string[];
  /** At least one. */
  readonly peers: readonly Peer[];
  /** TCP ports, by number, or (inwards) by the name that the container gives it; at least one. */
  readonly ports: readonly (number | string)[];
}

/** @throws where an end of the path is open, which Kubernetes would read as "all" */
export function pathSpec(name: string, path: NetworkPath): k8s.types.input.networking.v1.NetworkPolicySpec {
  const open = (what: string) => new pulumi.RunError(`network path ${name} ${what}: name who may use it`);
  if (path.apps.length === 0) throw open("is for no workload, and so for every one");
  if (path.peers.length === 0) throw open("has no peer, and so leads everywhere");
  if (path.ports.length === 0) throw open("has no port, and so has them all");
  const peers = path.peers.flatMap((peer): k8s.types.input.networking.v1.NetworkPolicyPeer[] => {
    if ("ranges" in peer) {
      if (peer.ranges.length === 0) throw open("has a peer without a range");
      if (peer.ranges.some((range) => range.endsWith("/0"))) throw open("has every address as its peer");
      return peer.ranges.map((cidr) => ({ ipBlock: { cidr } }));
    }
    if (Object.keys(peer.podLabels).length === 0)
      throw open(`has every pod of namespace ${peer.namespace} as its peer`);
    return [
      {
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": peer.namespace } },
        podSelector: { matchLabels: { ...peer.podLabels } },
      },
    ];
  });
  const ports = path.ports.map((port) => ({ protocol: "TCP", port }));
  return {
    podSelector: { matchExpressions: [{ key: "app", operator: "In", values: [...path.apps] }] },
    ...(path.direction === "in"
      ? { policyTypes: ["Ingress"], ingress: [{ from: peers, ports }] }
      : { policyTypes: ["Egress"], egress: [{ to: peers, ports }] }),
  };
}

/** The policy of one path, for what joins a namespace that is sealed already. Its name is the path's. */
export function networkPath(
  name: string,
  args: { readonly namespace: pulumi.Input<string>; readonly name: string; readonly path: NetworkPath },
  opts: pulumi.CustomResourceOptions,
): k8s.networking.v1.NetworkPolicy {
  return new k8s.networking.v1.NetworkPolicy(
    name,
    {
      metadata: { name: args.name, namespace: args.namespace, labels: { "app.kubernetes.io/part-of": PART_OF } },
      spec: pathSpec(args.name, args.path),
    },
    opts,
  );
}
