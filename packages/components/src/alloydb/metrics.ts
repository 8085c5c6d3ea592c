/** AlloyDB's metrics, as Monitoring's filters and PromQL name them. */

const SERVICE = "alloydb.googleapis.com";

/** Filter for a metric of clusters. `resource`: what the metric is measured on. */
export function metricFilter(metric: string, resource: "Instance" | "Cluster", clusters: readonly string[]): string {
  const ids = clusters.map((cluster) => `"${cluster}"`).join(", ");
  return [
    `metric.type = "${SERVICE}/${metric}"`,
    `resource.type = "${SERVICE}/${resource}"`,
    `resource.labels.cluster_id = ${clusters.length === 1 ? ids : `one_of(${ids})`}`,
  ].join(" AND ");
}

/** In PromQL the first slash is a colon, and everything else that is no letter or digit an underscore. */
export function promqlName(metric: string): string {
  return `${SERVICE.replaceAll(".", "_")}:${metric.replaceAll(/[^A-Za-z0-9]/g, "_")}`;
}
