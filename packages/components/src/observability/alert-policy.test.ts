import { expect, test } from "vitest";
import { at, one } from "../testing/find.ts";
import { record } from "../testing/mocks.ts";
import { type AlertCondition, alertPolicy } from "./alert-policy.ts";

const policy = async (condition: AlertCondition) => {
  const { resources } = await record(() =>
    alertPolicy("bulkhead-example", {
      project: "acme-dev",
      displayName: "Example",
      severity: "ERROR",
      condition,
      documentation: "Look.",
      channels: ["projects/acme-dev/notificationChannels/1"],
    }),
  );
  return one(resources, "AlertPolicy").inputs;
};

test("a threshold, in Monitoring's words", async () => {
  const inputs = await policy({
    kind: "threshold",
    filter: 'metric.type = "m"',
    aligner: "ALIGN_MEAN",
    reducer: "REDUCE_SUM",
    groupBy: ["resource.label.instance_id"],
    comparison: "above",
    threshold: 0.8,
    forSeconds: 300,
  });
  expect(inputs).toMatchObject({
    combiner: "OR",
    severity: "ERROR",
    notificationChannels: ["projects/acme-dev/notificationChannels/1"],
    documentation: { content: "Look.", mimeType: "text/markdown" },
  });
  expect(at(inputs, "conditions.0.conditionThreshold")).toEqual({
    filter: 'metric.type = "m"',
    aggregations: [
      {
        alignmentPeriod: "60s",
        perSeriesAligner: "ALIGN_MEAN",
        crossSeriesReducer: "REDUCE_SUM",
        groupByFields: ["resource.label.instance_id"],
      },
    ],
    comparison: "COMPARISON_GT",
    thresholdValue: 0.8,
    duration: "300s",
    trigger: { count: 1 },
    evaluationMissingData: "EVALUATION_MISSING_DATA_INACTIVE",
  });
});

test("log alerts have the rate limit that they need and others may not have", async () => {
  const log = await policy({ kind: "log", filter: 'severity = "ERROR"' });
  expect(at(log, "alertStrategy.notificationRateLimit.period")).toBe("300s");
  const promql = await policy({ kind: "promql", query: "up == 0", forSeconds: 60 });
  expect(at(promql, "alertStrategy.notificationRateLimit")).toBeUndefined();
});

test("a PromQL alert may stand before its metric was ever written", async () => {
  const inputs = await policy({ kind: "promql", query: "up == 0", forSeconds: 60 });
  expect(at(inputs, "conditions.0.conditionPrometheusQueryLanguage")).toEqual({
    query: "up == 0",
    duration: "60s",
    evaluationInterval: "60s",
    disableMetricValidation: true,
  });
});

test("durations that Monitoring refuses fail before anything is touched", async () => {
  const half = { kind: "threshold", filter: "f", aligner: "ALIGN_MEAN", comparison: "below", threshold: 1 } as const;
  await expect(policy({ ...half, forSeconds: 90 })).rejects.toThrow("multiple of 60");
});
