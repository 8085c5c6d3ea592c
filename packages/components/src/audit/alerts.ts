/** Who is told when somebody changes what keeps tenants apart and data alive. */
import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { type AlertPolicyOptions, alertPolicy } from "../observability/alert-policy.ts";
import { ADMINISTRATOR_REQUEST, CHANGES, type Change } from "./filters.ts";

export interface AuditAlertsArgs {
  /** Google Cloud project id. Changing it replaces everything. */
  readonly project: string;
  /** Names of notification channels. */
  readonly channels: pulumi.Input<readonly string[]>;
  /** Who changes access in the course of their work, by name: e-mails of deployers. Theirs alert nobody, and are in the log. */
  readonly deployers: Readonly<Record<string, string>>;
  /** Requests by one administrator within 10 minutes that alert. */
  readonly administratorRequests: number;
}

type Said = Pick<AlertPolicyOptions, "displayName" | "severity" | "documentation">;

const SAID: Readonly<Record<Change, Said>> = {
  iam: {
    displayName: "Somebody changed who may do what",
    severity: "WARNING",
    documentation:
      "A policy of IAM was changed, or a service account was given a key, by somebody who is not among bulkhead:audit.deployers. The platform needs no keys: delete one that appears. Was it no planned change, undo it by a pulumi up of the layer, and find out how the account got in.",
  },
  "audit-config": {
    displayName: "Somebody changed what is recorded",
    severity: "CRITICAL",
    documentation:
      "Data Access logs, a sink, an exclusion or a log bucket was changed. An intruder does that first. pulumi preview of stacks/1-foundation shows what differs, pulumi up puts it back.",
  },
  "database-flags": {
    displayName: "Flags of a database were changed",
    severity: "WARNING",
    documentation:
      "Flags switch pgAudit and IAM logins on and off. Compare them with the cell's config: pulumi preview --refresh of stacks/2-database.",
  },
  "key-destroyed": {
    displayName: "A key version was disabled or is to be destroyed",
    severity: "CRITICAL",
    documentation:
      "What the key encrypted is lost with it. A destruction waits for some days: gcloud kms keys versions restore stops it. Then enable the version again.",
  },
  "data-deleted": {
    displayName: "A database, backup or cluster was deleted",
    severity: "CRITICAL",
    documentation:
      "An AlloyDB cluster, instance or backup, or a GKE cluster, was deleted. Backups outlive a cluster: restore from the last one, by the runbook, before they run out.",
  },
  "administrator-granted": {
    displayName: "Somebody made an administrator of a database, or was its superuser",
    severity: "CRITICAL",
    documentation:
      "A login that is none of the platform's granted a role that reads across tenants, or postgres itself was at work. Query the log by protoPayload.request.user for what it did since; revoke the grant; end its sessions.",
  },
};

export class AuditAlerts extends pulumi.ComponentResource {
  constructor(name: string, args: AuditAlertsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:audit:AuditAlerts", name, {}, opts);
    const { project, channels } = args;
    for (const kind of Object.keys(CHANGES) as Change[]) {
      alertPolicy(
        `${name}-${kind}`,
        {
          project,
          channels,
          ...SAID[kind],
          condition: {
            kind: "log",
            filter: kind === "iam" ? CHANGES.iam + exceptBy(Object.values(args.deployers)) : CHANGES[kind],
            labels: {
              // In a database nobody has a principal: there it is the login.
              principal:
                kind === "administrator-granted"
                  ? "EXTRACT(protoPayload.request.user)"
                  : "EXTRACT(protoPayload.authenticationInfo.principalEmail)",
              method: "EXTRACT(protoPayload.methodName)",
              resource: "EXTRACT(protoPayload.resourceName)",
            },
          },
        },
        { parent: this },
      );
    }
    const metric = new gcp.logging.Metric(
      `${name}-administrator-requests`,
      {
        project,
        // Letters and _ only, as it is part of a name in PromQL too.
        name: "bulkhead_administrator_requests",
        description: "Requests by administrators, who read across tenants",
        filter: ADMINISTRATOR_REQUEST,
        metricDescriptor: {
          metricKind: "DELTA",
          valueType: "INT64",
          unit: "1",
          labels: [{ key: "administrator", valueType: "STRING", description: "Subject of the token" }],
        },
        labelExtractors: { administrator: `REGEXP_EXTRACT(textPayload, "bulkhead audit: administrator '([^']*)'")` },
      },
      { parent: this },
    );
    alertPolicy(
      `${name}-administrator-volume`,
      {
        project,
        channels,
        displayName: "An administrator reads unusually much",
        severity: "WARNING",
        condition: {
          kind: "promql",
          query: `sum by (administrator) (increase(logging_googleapis_com:user_bulkhead_administrator_requests{monitored_resource="alloydb.googleapis.com/Instance"}[10m])) > ${args.administratorRequests}`,
          forSeconds: 0,
        },
        documentation:
          "Ask them. If the token was stolen: take its key out of bulkhead:tokens of stacks/3-services, and read in the audit log which paths were requested.",
      },
      { parent: this, dependsOn: [metric] },
    );
    this.registerOutputs({});
  }
}

function exceptBy(principals: readonly string[]): string {
  if (principals.length === 0) return "";
  return ` AND NOT protoPayload.authenticationInfo.principalEmail=(${principals.map((email) => `"${email}"`).join(" OR ")})`;
}
