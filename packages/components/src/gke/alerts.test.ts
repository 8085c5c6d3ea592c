import { expect, test } from "vitest";
import { all, at, one, texts } from "../testing/find.ts";
import { record } from "../testing/mocks.ts";
import { WorkloadAlerts } from "./alerts.ts";
import { WorkloadDashboard, workloadDashboard } from "./dashboard.ts";
import { QUERIES, tooManyErrors } from "./queries.ts";

const THRESHOLDS = {
  podRestarts: 7,
  unschedulableMinutes: 20,
  autoscalerMinutes: 30,
  poolWaiting: 9,
  errorPercent: 3,
};
const CHANNELS = ["projects/acme-dev/notificationChannels/1"];

const alerts = async () => {
  const { resources } = await record(
    () => new WorkloadAlerts("bulkhead-workloads", { project: "acme-dev", channels: CHANNELS, thresholds: THRESHOLDS }),
  );
  return all(resources, "AlertPolicy");
};
const promql = (inputs: unknown) =>
  at(inputs, "conditions.0.conditionPrometheusQueryLanguage") as Record<string, string>;

test("every alert tells somebody, and what to do", async () => {
  const policies = await alerts();
  expect(policies.map(({ name }) => name).sort()).toEqual(
    [
      "bulkhead-workloads-pod-restarts",
      "bulkhead-workloads-pod-unschedulable",
      "bulkhead-workloads-autoscaler-at-maximum",
      "bulkhead-workloads-node-not-ready",
      "bulkhead-workloads-rollout-failed",
      "bulkhead-workloads-pool-waiting",
      "bulkhead-workloads-pool-timeouts",
      "bulkhead-workloads-gateway-errors",
    ].sort(),
  );
  for (const { inputs } of policies) {
    expect(inputs.notificationChannels).toEqual(CHANNELS);
    expect(String(at(inputs, "documentation.content")).length).toBeGreaterThan(50);
  }
});

test("thresholds are the config's", async () => {
  const policies = await alerts();
  const named = (kind: string) => promql(one(policies, "AlertPolicy", `bulkhead-workloads-${kind}`).inputs);
  expect(named("pod-restarts").query).toMatch(/> 7$/);
  expect(named("pod-unschedulable").duration).toBe("1200s");
  expect(named("autoscaler-at-maximum").duration).toBe("1800s");
  expect(named("pool-waiting").query).toMatch(/> 9$/);
  expect(named("gateway-errors").query).toMatch(/> 3 and .* or .* > 3 and /);
});

test("rollouts are seen by the names of their Jobs", async () => {
  const { inputs } = one(await alerts(), "AlertPolicy", "bulkhead-workloads-rollout-failed");
  expect(at(inputs, "conditions.0.conditionMatchedLog.filter")).toContain('involvedObject.name=~"^tenant-"');
});

test("queries close what they open, and name the resource of Google's metrics", () => {
  for (const query of [...Object.values(QUERIES), tooManyErrors(2)]) {
    const opened = (open: string, close: string) => query.split(open).length === query.split(close).length;
    expect([query, opened("(", ")"), opened("{", "}"), opened("[", "]")]).toEqual([query, true, true, true]);
    // A metric of Google's may be written by several kinds of resource; PromQL wants to know of which.
    for (const [, selector] of query.matchAll(/_(?:io|com):\w+(\{[^}]*\})?/g)) {
      expect([query, selector]).toEqual([query, expect.stringContaining("monitored_resource=")]);
    }
  }
});

test("the dashboard is the same text every time, its keys in order", async () => {
  const { resources } = await record(() => new WorkloadDashboard("bulkhead-workloads", { project: "acme-dev" }));
  const text = String(one(resources, "Dashboard").inputs.dashboardJson);
  expect(text).toBe(workloadDashboard());
  const keys = Object.keys(JSON.parse(text));
  expect(keys).toEqual([...keys].sort());
  expect(texts(JSON.parse(text))).toContain(QUERIES.gatewayErrors);
});
