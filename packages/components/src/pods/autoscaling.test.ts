import * as k8s from "@pulumi/kubernetes";
import { expect, test } from "vitest";
import { at, one } from "../testing/find.ts";
import { record } from "../testing/mocks.ts";
import { autoscaling } from "./autoscaling.ts";
import { spread } from "./spread.ts";

async function scaled() {
  const { resources } = await record(() => {
    const deployment = new k8s.apps.v1.Deployment("client", {
      metadata: { name: "client", namespace: "bulkhead-eu1" },
      spec: { selector: {}, template: {} },
    });
    autoscaling(
      "client",
      {
        ...{ namespace: "bulkhead-eu1", app: "client", labels: {}, deployment, container: "postgrest" },
        ...{ replicas: { min: 1, max: 4 }, cpuPercent: 70, memoryPercent: 85 },
      },
      {},
    );
  });
  return resources;
}

test("it grows at once, and shrinks only after five quiet minutes, slowly", async () => {
  const autoscaler = one(await scaled(), "HorizontalPodAutoscaler");
  expect(at(autoscaler.inputs, "spec.behavior.scaleUp.stabilizationWindowSeconds")).toBe(0);
  expect(at(autoscaler.inputs, "spec.behavior.scaleDown")).toMatchObject({
    stabilizationWindowSeconds: 300,
    policies: [
      { type: "Percent", value: 10, periodSeconds: 60 },
      { type: "Pods", value: 1, periodSeconds: 60 },
    ],
  });
});

test("a drained node takes one pod at a time, of this workload, and is never kept from being drained", async () => {
  expect(one(await scaled(), "PodDisruptionBudget").inputs.spec).toEqual({
    maxUnavailable: 1,
    unhealthyPodEvictionPolicy: "AlwaysAllow",
    selector: { matchLabels: { app: "client" } },
  });
});

test("two replicas or more lie in different zones, by those that stand; one is kept from none", () => {
  expect(spread("client", 2)[0]).toMatchObject({ whenUnsatisfiable: "DoNotSchedule", nodeTaintsPolicy: "Honor" });
  expect(spread("client", 1)[0]).toMatchObject({ whenUnsatisfiable: "ScheduleAnyway" });
});
