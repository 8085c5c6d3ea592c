/** Alerts on workloads, for all clusters of the project: each says in which region and namespace. */
import type { GkeConfig } from "@bulkhead/config";
import * as pulumi from "@pulumi/pulumi";
import { type AlertPolicyOptions, alertPolicy } from "../observability/alert-policy.ts";
import { QUERIES, tooManyErrors } from "./queries.ts";

export interface WorkloadAlertsArgs {
  /** Google Cloud project id. Changing it replaces the alerts. */
  readonly project: string;
  /** Names of notification channels. */
  readonly channels: pulumi.Input<readonly string[]>;
  /** From what on they alert. */
  readonly thresholds: GkeConfig["alerts"];
}

type Alert = Pick<AlertPolicyOptions, "displayName" | "severity" | "condition" | "documentation">;

export class WorkloadAlerts extends pulumi.ComponentResource {
  constructor(name: string, args: WorkloadAlertsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:gke:WorkloadAlerts", name, {}, opts);
    const { project, channels, thresholds } = args;
    const alerts: Readonly<Record<string, Alert>> = {
      ...pods(thresholds),
      ...events(project),
      ...requests(thresholds),
    };
    for (const [kind, alert] of Object.entries(alerts)) {
      alertPolicy(`${name}-${kind}`, { project, channels, ...alert }, { parent: this });
    }
    this.registerOutputs({});
  }
}

function pods(thresholds: GkeConfig["alerts"]): Record<string, Alert> {
  return {
    "pod-restarts": {
      displayName: "A container restarts again and again",
      severity: "ERROR",
      condition: { kind: "promql", query: `${QUERIES.restarts} > ${thresholds.podRestarts}`, forSeconds: 0 },
      documentation:
        "kubectl logs --previous of the pod says why it ended: a secret that is not there, a database that refuses its login, memory. The others of its tier carry on meanwhile.",
    },
    "pod-unschedulable": {
      displayName: "A pod finds no node",
      severity: "ERROR",
      condition: {
        kind: "promql",
        query: `${QUERIES.unschedulable} > 0`,
        forSeconds: thresholds.unschedulableMinutes * 60,
      },
      documentation:
        "kubectl describe of the pod says what it waits for: a quota of Compute Engine that is used up, maxNodes of every pool reached, a taint that it does not tolerate, a zone without capacity.",
    },
    "autoscaler-at-maximum": {
      displayName: "A tier cannot grow any more",
      severity: "WARNING",
      condition: {
        kind: "promql",
        query: `${QUERIES.autoscalerShare} >= 1`,
        forSeconds: thresholds.autoscalerMinutes * 60,
      },
      documentation:
        "Raise replicas.max of the tier in stacks/3-services. Its connections must fit max_connections of the cell: the config is refused where they do not, and then cpuCount of the cell is what must grow.",
    },
  };
}

/** What Kubernetes says in events, which GKE writes to the log. */
function events(project: string): Record<string, Alert> {
  const log = `logName="projects/${project}/logs/events"`;
  return {
    "node-not-ready": {
      displayName: "A node is not ready",
      severity: "WARNING",
      condition: {
        kind: "log",
        filter: `${log} AND jsonPayload.reason="NodeNotReady"`,
        labels: { node: "EXTRACT(jsonPayload.involvedObject.name)", cluster: "EXTRACT(resource.labels.cluster_name)" },
      },
      documentation:
        "Its pods are made anew elsewhere after five minutes, and GKE repairs it after ten. Several at once: look at the status of the zone. Nodes that are taken away for want of work are not ready for a moment too.",
    },
    "rollout-failed": {
      displayName: "A rollout of tenants failed",
      severity: "ERROR",
      condition: {
        kind: "log",
        filter: `${log} AND jsonPayload.involvedObject.kind="Job" AND jsonPayload.involvedObject.name=~"^tenant-" AND jsonPayload.reason=("BackoffLimitExceeded" OR "DeadlineExceeded" OR "FailedJob")`,
        labels: {
          job: "EXTRACT(jsonPayload.involvedObject.name)",
          namespace: "EXTRACT(jsonPayload.involvedObject.namespace)",
        },
      },
      documentation:
        "Tenants are as they were, or the ones that failed are: npm run status says which, kubectl logs of the Job why. The next pulumi up of stacks/4-tenants attempts it again.",
    },
  };
}

function requests(thresholds: GkeConfig["alerts"]): Record<string, Alert> {
  return {
    "pool-waiting": {
      displayName: "Requests wait for a database connection",
      severity: "WARNING",
      condition: { kind: "promql", query: `${QUERIES.poolWaiting} > ${thresholds.poolWaiting}`, forSeconds: 300 },
      documentation:
        "Statements are slow, or the tier is too small. Query Insights of the cell says which; raise replicas or pool of the tier if the statements are not to blame.",
    },
    "pool-timeouts": {
      displayName: "Requests got no database connection in time",
      severity: "ERROR",
      condition: { kind: "promql", query: `${QUERIES.poolTimeouts} > 0`, forSeconds: 120 },
      documentation:
        "Clients get 504 (PGRST003). Is the database there (alerts of the cell), are its connections used up, does one tenant hold them with long statements?",
    },
    "gateway-errors": {
      displayName: `More than ${thresholds.errorPercent} % of the gateway's answers are errors`,
      severity: "CRITICAL",
      condition: {
        kind: "promql",
        query: tooManyErrors(thresholds.errorPercent),
        forSeconds: 300,
      },
      documentation:
        "Tenants see them. 502 and 503: no healthy backend, look at the pods of the tier. 504: pools wait, look at the database. The load balancer's log names the backend of each.",
    },
  };
}
