/** Size and disruption of a Deployment: its autoscaler and its disruption budget. */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

export interface AutoscalingArgs {
  readonly namespace: pulumi.Input<string>;
  /** Name of the Deployment, label `app` of its pods, and name of what is made. */
  readonly app: string;
  readonly labels: Record<string, string>;
  readonly deployment: k8s.apps.v1.Deployment;
  readonly replicas: { readonly min: number; readonly max: number };
  /** Container whose use is measured. A sidecar's is not: its request counts differently between versions of Kubernetes. */
  readonly container: string;
  /** Percent of the container's request, on average, above which replicas are added. */
  readonly cpuPercent: number;
  readonly memoryPercent: number;
  /** Further metrics; the one that asks for most replicas wins. Default: none. */
  readonly metrics?: readonly k8s.types.input.autoscaling.v2.MetricSpec[];
}

/** Grows at once, by half or by four; shrinks when five minutes were quiet, a tenth or one each minute, so that connections can drain. */
const BEHAVIOR: k8s.types.input.autoscaling.v2.HorizontalPodAutoscalerBehavior = {
  scaleUp: {
    stabilizationWindowSeconds: 0,
    selectPolicy: "Max",
    policies: [
      { type: "Percent", value: 50, periodSeconds: 30 },
      { type: "Pods", value: 4, periodSeconds: 30 },
    ],
  },
  scaleDown: {
    stabilizationWindowSeconds: 300,
    selectPolicy: "Max",
    policies: [
      { type: "Percent", value: 10, periodSeconds: 60 },
      { type: "Pods", value: 1, periodSeconds: 60 },
    ],
  },
};

export function autoscaling(name: string, args: AutoscalingArgs, opts: pulumi.CustomResourceOptions): void {
  const metadata = { name: args.app, namespace: args.namespace, labels: args.labels };
  const use = (resource: string, averageUtilization: number) => ({
    type: "ContainerResource",
    containerResource: {
      container: args.container,
      name: resource,
      target: { type: "Utilization", averageUtilization },
    },
  });
  new k8s.autoscaling.v2.HorizontalPodAutoscaler(
    name,
    {
      metadata,
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: args.deployment.metadata.name },
        minReplicas: args.replicas.min,
        maxReplicas: args.replicas.max,
        metrics: [use("cpu", args.cpuPercent), use("memory", args.memoryPercent), ...(args.metrics ?? [])],
        behavior: BEHAVIOR,
      },
    },
    opts,
  );
  new k8s.policy.v1.PodDisruptionBudget(
    name,
    {
      metadata,
      spec: {
        // Of one replica too: a budget that allows none would keep its node from ever being drained.
        maxUnavailable: 1,
        // A pod that is not ready anyway may not keep a node from being drained.
        unhealthyPodEvictionPolicy: "AlwaysAllow",
        selector: { matchLabels: { app: args.app } },
      },
    },
    opts,
  );
}
