/** One page for the workloads of every cluster. */
import { sortKeys } from "@bulkhead/config";
import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { QUERIES } from "./queries.ts";

export interface WorkloadDashboardArgs {
  /** Google Cloud project id. Changing it replaces the dashboard. */
  readonly project: string;
}

const CHARTS: readonly (readonly [title: string, query: string])[] = [
  ["Requests per second at the gateway, by class of answer", QUERIES.gatewayRequests],
  ["5xx at the gateway, %", QUERIES.gatewayErrors],
  ["Requests that wait for a connection", QUERIES.poolWaiting],
  ["Requests without a connection in time, per second", QUERIES.poolTimeouts],
  ["Autoscalers: share of the largest number of replicas", QUERIES.autoscalerShare],
  ["Pods without a node", QUERIES.unschedulable],
  ["Restarts within 15 minutes", QUERIES.restarts],
  ["CPU cores in use, by namespace", QUERIES.cpu],
  ["Memory in use, by namespace", QUERIES.memory],
];

export class WorkloadDashboard extends pulumi.ComponentResource {
  constructor(name: string, args: WorkloadDashboardArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:gke:WorkloadDashboard", name, {}, opts);
    new gcp.monitoring.Dashboard(name, { project: args.project, dashboardJson: workloadDashboard() }, { parent: this });
    this.registerOutputs({});
  }
}

/**
 * Keys in order, and every default that the API would add said, so that what comes back is what was sent: the provider
 * compares texts.
 */
export function workloadDashboard(): string {
  return JSON.stringify(
    sortKeys({
      displayName: "Bulkhead: workloads",
      gridLayout: {
        columns: "2",
        widgets: CHARTS.map(([title, prometheusQuery]) => ({
          title,
          xyChart: {
            dataSets: [{ plotType: "LINE", targetAxis: "Y1", timeSeriesQuery: { prometheusQuery } }],
            timeshiftDuration: "0s",
            yAxis: { scale: "LINEAR" },
          },
        })),
      },
    }),
  );
}
