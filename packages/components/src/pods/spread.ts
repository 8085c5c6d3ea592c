/** How the replicas of a workload lie over zones and nodes. */
import type * as k8s from "@pulumi/kubernetes";

/**
 * Over zones by force where there are two replicas or more: a scheduler that may put all into one zone does so when it is short of nodes,
 * and the zone that fails then takes the tier along. Nodes of a failed zone are tainted, and by `nodeTaintsPolicy` do not count, so
 * the rule keeps no pod from the zones that are left. Over nodes as far as it goes.
 * @param app - label `app` of the pods
 * @param replicas - how many there are at rest
 */
export function spread(app: string, replicas: number): k8s.types.input.core.v1.TopologySpreadConstraint[] {
  const over = (topologyKey: string, whenUnsatisfiable: string) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable,
    labelSelector: { matchLabels: { app } },
    // Each revision by itself: in a rollout the old one's pods would bend how the new one's lie.
    matchLabelKeys: ["pod-template-hash"],
    nodeTaintsPolicy: "Honor",
  });
  return [
    over("topology.kubernetes.io/zone", replicas > 1 ? "DoNotSchedule" : "ScheduleAnyway"),
    over("kubernetes.io/hostname", "ScheduleAnyway"),
  ];
}
