/** One page for the databases of a cell. */
import { sortKeys } from "@bulkhead/config";
import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { metricFilter } from "./metrics.ts";

export interface DatabaseDashboardArgs {
  /** Google Cloud project id. Changing it replaces the dashboard. */
  readonly project: string;
  /** Name of the cell, for the heading. */
  readonly cell: string;
  /** Ids of its clusters. */
  readonly clusters: readonly string[];
}

interface Chart {
  readonly title: string;
  readonly metric: string;
  readonly resource?: "Cluster";
  readonly aligner: "ALIGN_MAX" | "ALIGN_MEAN" | "ALIGN_RATE";
}

const CHARTS: readonly Chart[] = [
  { title: "CPU of the busiest node", metric: "instance/cpu/maximum_utilization", aligner: "ALIGN_MEAN" },
  { title: "Connections", metric: "instance/postgres/total_connections", aligner: "ALIGN_MEAN" },
  { title: "Transactions per second", metric: "instance/postgres/transaction_count", aligner: "ALIGN_RATE" },
  { title: "Free memory", metric: "instance/memory/min_available_memory", aligner: "ALIGN_MEAN" },
  { title: "Lag of read pools, ms", metric: "instance/postgres/replication/maximum_lag", aligner: "ALIGN_MAX" },
  {
    title: "Lag of secondaries, ms",
    metric: "instance/postgres/replication/maximum_secondary_lag",
    aligner: "ALIGN_MAX",
  },
  { title: "Storage", metric: "cluster/storage/usage", resource: "Cluster", aligner: "ALIGN_MEAN" },
  {
    title: "Transaction ids used",
    metric: "database/postgresql/vacuum/transaction_id_utilization",
    aligner: "ALIGN_MAX",
  },
];

export class DatabaseDashboard extends pulumi.ComponentResource {
  constructor(name: string, args: DatabaseDashboardArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:alloydb:DatabaseDashboard", name, {}, opts);
    new gcp.monitoring.Dashboard(
      name,
      {
        project: args.project,
        // Keys in order, as the provider compares texts.
        dashboardJson: JSON.stringify(
          sortKeys({
            displayName: `Bulkhead: databases of ${args.cell}`,
            gridLayout: { columns: "2", widgets: CHARTS.map((chart) => widget(chart, args.clusters)) },
          }),
        ),
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}

function widget({ title, metric, resource, aligner }: Chart, clusters: readonly string[]) {
  const filter = metricFilter(metric, resource ?? "Instance", clusters);
  const timeSeriesFilter = { filter, aggregation: { alignmentPeriod: "60s", perSeriesAligner: aligner } };
  return {
    title,
    xyChart: {
      dataSets: [{ timeSeriesQuery: { timeSeriesFilter }, plotType: "LINE", targetAxis: "Y1" }],
      timeshiftDuration: "0s",
      yAxis: { scale: "LINEAR" },
    },
  };
}
