/** Alerts of every component, in one shape: what is wrong, how bad, what to do, whom to tell. */
import * as gcp from "@pulumi/gcp";
import type * as pulumi from "@pulumi/pulumi";

export interface AlertPolicyOptions {
  /** Google Cloud project id. Changing it replaces the policy. */
  readonly project: pulumi.Input<string>;
  /** Heading of the notification: what is wrong, and where. */
  readonly displayName: string;
  /** CRITICAL: tenants are down or data is in danger. ERROR: something is broken that others still carry. WARNING: it soon will be. */
  readonly severity: "CRITICAL" | "ERROR" | "WARNING";
  readonly condition: AlertCondition;
  /** Markdown sent with the notification: what it means and what to do first. At most 8,192 characters. */
  readonly documentation: string;
  /** Names of notification channels, `projects/…/notificationChannels/…`. Empty: the incident shows in the console only. */
  readonly channels: pulumi.Input<readonly string[]>;
}

export type AlertCondition = ThresholdCondition | PromqlCondition | LogCondition;

/**
 * Compares a metric with a number. For metrics that Google defines: creating a policy on a metric that has never been
 * written, such as a log-based metric made in the same update, is refused. Use `promql` for those.
 */
export interface ThresholdCondition {
  readonly kind: "threshold";
  /** Monitoring filter: `metric.type = "…" AND resource.type = "…" AND …`. */
  readonly filter: pulumi.Input<string>;
  /** How the points of one series become one per period, such as `ALIGN_MEAN`. */
  readonly aligner: string;
  /** Length of a period in seconds, a multiple of 60. Default 60. */
  readonly periodSeconds?: number;
  /** How several series become one, such as `REDUCE_SUM`. Default: each stands for itself. */
  readonly reducer?: string;
  /** Labels by which series stay apart under a reducer, such as `resource.label.instance_id`. */
  readonly groupBy?: readonly string[];
  readonly comparison: "above" | "below";
  readonly threshold: number;
  /** How long it must last, in seconds, a multiple of 60; 0: one period is enough. */
  readonly forSeconds: number;
  /** What silence means; heeded where `forSeconds` is not 0. Default `quiet`: no data, no alert. */
  readonly missingData?: "quiet" | "alert";
}

/** A PromQL expression over managed Prometheus and Google's own metrics; each series it yields is an incident. */
export interface PromqlCondition {
  readonly kind: "promql";
  readonly query: pulumi.Input<string>;
  /** How long it must last, in seconds; 0: one evaluation is enough. */
  readonly forSeconds: number;
  /** How often it is evaluated, in seconds, a multiple of 30. Default 60. */
  readonly everySeconds?: number;
}

/** A log entry that matches. At most one notification per five minutes. */
export interface LogCondition {
  readonly kind: "log";
  /** Logging query. Not a filter over what is excluded from the project's logs. */
  readonly filter: pulumi.Input<string>;
  /** Labels of the notification, each an extractor such as `EXTRACT(protoPayload.authenticationInfo.principalEmail)`. At most ten. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** Incidents close by themselves when nothing more was heard for a day. */
const AUTO_CLOSE = "86400s";
const LOG_NOTIFICATIONS = "300s";

/** Declares an alert policy. Its name is for life; everything else may change in place. */
export function alertPolicy(
  name: string,
  args: AlertPolicyOptions,
  opts?: pulumi.CustomResourceOptions,
): gcp.monitoring.AlertPolicy {
  return new gcp.monitoring.AlertPolicy(
    name,
    {
      project: args.project,
      displayName: args.displayName,
      severity: args.severity,
      combiner: "OR",
      conditions: [{ displayName: args.displayName, ...conditionOf(args.condition) }],
      documentation: { content: args.documentation, mimeType: "text/markdown" },
      notificationChannels: args.channels as pulumi.Input<string[]>,
      alertStrategy: {
        autoClose: AUTO_CLOSE,
        // Required of log alerts, refused of others.
        ...(args.condition.kind === "log" && { notificationRateLimit: { period: LOG_NOTIFICATIONS } }),
      },
    },
    opts,
  );
}

type ConditionInput = Omit<gcp.types.input.monitoring.AlertPolicyCondition, "displayName">;

function conditionOf(condition: AlertCondition): ConditionInput {
  switch (condition.kind) {
    case "threshold":
      return { conditionThreshold: thresholdOf(condition) };
    case "promql":
      return {
        conditionPrometheusQueryLanguage: {
          query: condition.query,
          duration: seconds(condition.forSeconds, 1),
          evaluationInterval: seconds(condition.everySeconds ?? 60, 30),
          // A metric exists once something has written it: in a new environment nothing has.
          disableMetricValidation: true,
        },
      };
    case "log":
      return { conditionMatchedLog: { filter: condition.filter, labelExtractors: condition.labels } };
  }
}

function thresholdOf(condition: ThresholdCondition): gcp.types.input.monitoring.AlertPolicyConditionConditionThreshold {
  return {
    filter: condition.filter,
    aggregations: [
      {
        alignmentPeriod: seconds(condition.periodSeconds ?? 60, 60),
        perSeriesAligner: condition.aligner,
        ...(condition.reducer && { crossSeriesReducer: condition.reducer }),
        ...(condition.groupBy && { groupByFields: [...condition.groupBy] }),
      },
    ],
    // The API takes no other comparisons, though the provider lists some.
    comparison: condition.comparison === "above" ? "COMPARISON_GT" : "COMPARISON_LT",
    thresholdValue: condition.threshold,
    duration: seconds(condition.forSeconds, 60),
    trigger: { count: 1 },
    // Only with a duration may silence be given a meaning.
    ...(condition.forSeconds > 0 && {
      evaluationMissingData:
        condition.missingData === "alert" ? "EVALUATION_MISSING_DATA_ACTIVE" : "EVALUATION_MISSING_DATA_INACTIVE",
    }),
  };
}

/** Monitoring takes whole minutes or half minutes only, and says so after the preview. */
function seconds(value: number, multipleOf: number): string {
  if (value < 0 || value % multipleOf !== 0) {
    throw new RangeError(`${value} seconds: use a multiple of ${multipleOf}`);
  }
  return `${value}s`;
}
