/** Alerts of a site. A fenced one is stopped on purpose and has none. */
import type * as pulumi from "@pulumi/pulumi";
import { type AlertPolicyOptions, alertPolicy } from "../observability/alert-policy.ts";
import { metricFilter, promqlName } from "./metrics.ts";
import type { AlloyDbSiteArgs } from "./site.ts";

type Alert = Pick<AlertPolicyOptions, "displayName" | "severity" | "condition" | "documentation">;

const GIB = 1024 ** 3;

export function siteAlerts(cluster: string, args: AlloyDbSiteArgs, opts: pulumi.CustomResourceOptions): void {
  const { replication } = args;
  if (replication?.role === "fenced") return;
  const reader = replication?.role === "reader" ? replication : undefined;
  const alerts: Readonly<Record<string, Alert>> = {
    ...load(cluster, args),
    ...safety(cluster, args),
    ...(reader ? secondaryLag(cluster, reader.of.clusterId, args) : transactionIds(cluster, args)),
    ...(Object.keys(args.readPools ?? {}).length > 0 && readPoolLag(cluster, args)),
  };
  for (const [kind, alert] of Object.entries(alerts))
    alertPolicy(`${cluster}-${kind}`, { project: args.project, channels: args.channels, ...alert }, opts);
}

function load(cluster: string, { alerts }: AlloyDbSiteArgs): Record<string, Alert> {
  const matching = `{cluster_id="${cluster}"}`;
  const perInstance = (what: string) => `by (cluster_id, instance_id) (${what})`;
  const connections = perInstance(`${promqlName("instance/postgres/total_connections")}${matching}`);
  // The limit is that of one node, the connections are those of all.
  const limit = perInstance(`${promqlName("instance/postgres/connections_limit")}${matching}`);
  const nodes = perInstance(`${promqlName("instance/postgres/instances")}{cluster_id="${cluster}",status="up"}`);
  return {
    cpu: {
      displayName: `${cluster}: CPU above ${alerts.cpuPercent} %`,
      severity: "WARNING",
      condition: {
        kind: "threshold",
        filter: metricFilter("instance/cpu/maximum_utilization", "Instance", [cluster]),
        aligner: "ALIGN_MEAN",
        comparison: "above",
        // The API measures in fractions, whatever the unit's name says.
        threshold: alerts.cpuPercent / 100,
        forSeconds: 600,
      },
      documentation: `The busiest node of an instance of ${cluster} is loaded. See Query Insights for the statements first; then raise cpuCount, or nodes of the read pool.`,
    },
    connections: {
      displayName: `${cluster}: connections above ${alerts.connectionsPercent} % of max_connections`,
      severity: "ERROR",
      condition: {
        kind: "promql",
        query: `sum ${connections} / (max ${limit} * sum ${nodes}) > ${alerts.connectionsPercent / 100}`,
        forSeconds: 300,
      },
      documentation: `Soon ${cluster} takes no more connections. Look for sessions idle in transaction, and for a tier that scaled out; the pools of all tiers must fit maxConnections of the cell.`,
    },
    "node-down": {
      displayName: `${cluster}: a node is down`,
      severity: "ERROR",
      condition: {
        kind: "threshold",
        filter: `${metricFilter("instance/postgres/instances", "Instance", [cluster])} AND metric.labels.status = "down"`,
        aligner: "ALIGN_MAX",
        comparison: "above",
        threshold: 0,
        forSeconds: 120,
      },
      documentation: `A node of ${cluster} does not serve. A regional instance fails over by itself within a minute; a zonal one waits for its zone.`,
    },
  };
}

function safety(cluster: string, { alerts }: AlloyDbSiteArgs): Record<string, Alert> {
  const backups = `${promqlName("cluster/last_backup_timestamp")}{cluster_id="${cluster}",backup_type=~"(?i)(continuous|automated)"}`;
  return {
    storage: {
      displayName: `${cluster}: more than ${alerts.storageGiB} GiB stored`,
      severity: "WARNING",
      condition: {
        kind: "threshold",
        filter: metricFilter("cluster/storage/usage", "Cluster", [cluster]),
        aligner: "ALIGN_MEAN",
        periodSeconds: 300,
        comparison: "above",
        threshold: alerts.storageGiB * GIB,
        forSeconds: 1800,
      },
      documentation: `Storage of ${cluster} grows by itself up to the quota, 16 TiB unless raised; beyond it writes fail. Ask for more early: a quota takes days.`,
    },
    backup: {
      displayName: `${cluster}: no backup for ${alerts.backupAgeHours} hours`,
      severity: "CRITICAL",
      condition: {
        kind: "promql",
        // In microseconds since 1970; of each kind of backup, as one goes on when the other has stopped.
        query: `time() - max by (cluster_id, backup_type) (max_over_time(${backups}[1h])) / 1e6 > ${alerts.backupAgeHours * 3600}`,
        forSeconds: 1800,
      },
      documentation: `The newest backup of ${cluster} is too old. \`gcloud alloydb backups list\` says which failed and why; the usual reason is a key that AlloyDB may no longer use.`,
    },
  };
}

function transactionIds(cluster: string, { alerts }: AlloyDbSiteArgs): Record<string, Alert> {
  return {
    "transaction-ids": {
      displayName: `${cluster}: ${alerts.transactionIdPercent} % of transaction ids used`,
      severity: "CRITICAL",
      condition: {
        kind: "threshold",
        filter: metricFilter("database/postgresql/vacuum/transaction_id_utilization", "Instance", [cluster]),
        aligner: "ALIGN_MAX",
        periodSeconds: 300,
        comparison: "above",
        threshold: alerts.transactionIdPercent / 100,
        forSeconds: 1800,
      },
      documentation: `Vacuum does not keep up on ${cluster}; at 100 % it takes no more writes. Look for long transactions, prepared transactions and idle replication slots: they hold vacuum back.`,
    },
  };
}

function readPoolLag(cluster: string, { alerts }: AlloyDbSiteArgs): Record<string, Alert> {
  return {
    "read-lag": {
      displayName: `${cluster}: a read pool is ${alerts.replicationLagSeconds} s behind`,
      severity: "WARNING",
      condition: lag("instance/postgres/replication/maximum_lag", [cluster], alerts.replicationLagSeconds),
      documentation: `Reads from the pools of ${cluster} are stale. Its nodes may be smaller than the instance that they follow, or a long query holds replay back.`,
    },
  };
}

/** Measured on either cluster of the pair. */
function secondaryLag(cluster: string, writer: string, { alerts }: AlloyDbSiteArgs): Record<string, Alert> {
  return {
    "secondary-lag": {
      displayName: `${cluster}: ${alerts.replicationLagSeconds} s behind ${writer}`,
      severity: "ERROR",
      condition: lag(
        "instance/postgres/replication/maximum_secondary_lag",
        [cluster, writer],
        alerts.replicationLagSeconds,
      ),
      documentation: `A promotion of ${cluster} now would lose this much of what ${writer} wrote. Its instance may be smaller than the writer's, or the way between the regions is disturbed.`,
    },
  };
}

function lag(metric: string, clusters: readonly string[], seconds: number): Alert["condition"] {
  return {
    kind: "threshold",
    filter: metricFilter(metric, "Instance", clusters),
    aligner: "ALIGN_MAX",
    comparison: "above",
    threshold: seconds * 1000,
    forSeconds: 300,
  };
}
