/** PromQL over Google's metrics and managed Prometheus that alerts and dashboard share. */

/** Namespaces of GKE itself: their pods are Google's to mind. */
const OURS = '!~"kube-.*|gke-.*|gmp-.*|config-management-.*"';

export const QUERIES = {
  restarts: `sum by (location, namespace_name, pod_name, container_name) (increase(kubernetes_io:container_restart_count{monitored_resource="k8s_container",namespace_name${OURS}}[15m]))`,
  unschedulable: `max by (location, namespace, pod) (kube_pod_status_unschedulable{namespace${OURS}})`,
  /** 1 where an autoscaler has as many replicas as it may, and may have more than its least. */
  autoscalerShare: `max by (location, namespace, horizontalpodautoscaler) (kube_horizontalpodautoscaler_status_current_replicas) / (max by (location, namespace, horizontalpodautoscaler) (kube_horizontalpodautoscaler_spec_max_replicas) > max by (location, namespace, horizontalpodautoscaler) (kube_horizontalpodautoscaler_spec_min_replicas))`,
  poolWaiting: "max by (location, namespace, pod) (avg_over_time(pgrst_db_pool_waiting[5m]))",
  poolTimeouts: "sum by (location, namespace, pod) (rate(pgrst_db_pool_timeouts_total[5m]))",
  gatewayErrors: percentage("https", "https_lb_rule"),
  internalErrors: percentage("https_internal", "internal_http_lb_rule"),
  gatewayRequests: `sum by (response_code_class) (rate(loadbalancing_googleapis_com:https_request_count{monitored_resource="https_lb_rule"}[5m]))`,
  cpu: `sum by (location, namespace_name) (rate(kubernetes_io:container_cpu_core_usage_time{monitored_resource="k8s_container",namespace_name${OURS}}[5m]))`,
  memory: `sum by (location, namespace_name) (kubernetes_io:container_memory_used_bytes{monitored_resource="k8s_container",memory_type="non-evictable",namespace_name${OURS}})`,
} as const;

/** Of 5xx among a load balancer's answers. `https_internal` stands for `https/internal` in the metric's name. */
function percentage(metric: "https" | "https_internal", resource: string): string {
  return `100 * ${answers(metric, resource, ',response_code_class="500"')} / ${answers(metric, resource, "")}`;
}

/** A second's answers of each load balancer. */
function answers(metric: "https" | "https_internal", resource: string, classes: string): string {
  return `sum by (url_map_name) (rate(loadbalancing_googleapis_com:${metric}_request_count{monitored_resource="${resource}"${classes}}[5m]))`;
}

/** Errors beyond a percentage, ten or more in five minutes: one of the three requests of a quiet night is no outage. */
export function tooManyErrors(percent: number): string {
  const beyond = (share: string, metric: "https" | "https_internal", resource: string) =>
    `(${share} > ${percent} and ${answers(metric, resource, ',response_code_class="500"')} * 300 >= 10)`;
  return `${beyond(QUERIES.gatewayErrors, "https", "https_lb_rule")} or ${beyond(QUERIES.internalErrors, "https_internal", "internal_http_lb_rule")}`;
}
