/** What Managed Prometheus collects of a workload. */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

export interface MonitoringArgs {
  readonly namespace: pulumi.Input<string>;
  /** Label `app` of the pods, and the metrics' label `job`. */
  readonly app: string;
  readonly labels: Record<string, string>;
  /** Ports that answer on `/metrics`, by name or number. */
  readonly ports: readonly (string | number)[];
}

/** Every 30 seconds, as often as an autoscaler can make use of it. */
export function podMonitoring(name: string, args: MonitoringArgs, opts: pulumi.CustomResourceOptions): void {
  new k8s.apiextensions.CustomResource(
    name,
    {
      apiVersion: "monitoring.googleapis.com/v1",
      kind: "PodMonitoring",
      metadata: { name: args.app, namespace: args.namespace, labels: args.labels },
      spec: {
        selector: { matchLabels: { app: args.app } },
        endpoints: args.ports.map((port) => ({ port, path: "/metrics", interval: "30s" })),
      },
    },
    opts,
  );
}
