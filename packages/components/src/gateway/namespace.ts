import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { PART_OF } from "../pods/labels.ts";

/**
 * A namespace that holds no pod, but objects of the edge: gateways, or the routes to a namespace of the same name in another region's
 * cluster. Were there a pod, it would reach nothing and be reached by nobody.
 */
export function edgeNamespace(
  name: string,
  args: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    /** Left behind when it is no longer declared: Services may have moved into it. Default: false. */
    readonly leftBehind?: boolean;
  },
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Namespace {
  const labels = { "app.kubernetes.io/part-of": PART_OF };
  const namespace = new k8s.core.v1.Namespace(
    name,
    {
      metadata: {
        name: args.name,
        labels: {
          ...labels,
          "pod-security.kubernetes.io/enforce": "restricted",
          "pod-security.kubernetes.io/audit": "restricted",
          "pod-security.kubernetes.io/warn": "restricted",
          ...args.labels,
        },
      },
    },
    { ...opts, retainOnDelete: args.leftBehind ?? false },
  );
  new k8s.networking.v1.NetworkPolicy(
    `${name}-default-deny`,
    {
      // Not the name of the sealed namespace's own: where one takes the other's place, the old one's end would be the new one's.
      metadata: { name: "edge-default-deny", namespace: namespace.metadata.name, labels },
      spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
    },
    opts,
  );
  return namespace;
}
