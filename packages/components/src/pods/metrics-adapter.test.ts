import { expect, test } from "vitest";
import { all, at, nameOf, one } from "../testing/find.ts";
import { record } from "../testing/mocks.ts";
import { identity } from "../testing/samples.ts";
import { METRICS_ADAPTER, MetricsAdapter } from "./metrics-adapter.ts";

async function adapter() {
  const { resources } = await record(
    () =>
      new MetricsAdapter("metrics-adapter-europe-west1", {
        namespace: "custom-metrics",
        image: "registry/custom-metrics-stackdriver-adapter:v0.16.11-gke.0",
        identity: identity(METRICS_ADAPTER),
      }),
  );
  return resources;
}

test("it answers for custom metrics in both versions, and takes no other API over", async () => {
  const services = all(await adapter(), "APIService");
  expect(services.map(nameOf).sort()).toEqual(["v1beta1.custom.metrics.k8s.io", "v1beta2.custom.metrics.k8s.io"]);
  for (const { inputs } of services)
    expect(at(inputs, "spec.service")).toEqual({ name: METRICS_ADAPTER, namespace: "custom-metrics" });
});

test("it may see pods, and nothing else of the cluster", async () => {
  const resources = await adapter();
  expect(one(resources, "ClusterRole").inputs.rules).toEqual([
    { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] },
  ]);
  const bound = [...all(resources, "ClusterRoleBinding"), ...all(resources, "RoleBinding")];
  expect(bound.map(({ inputs }) => at(inputs, "roleRef.name")).sort()).toEqual([
    "bulkhead-custom-metrics-reader",
    "extension-apiserver-authentication-reader",
    "system:auth-delegator",
  ]);
  for (const { inputs } of bound)
    expect(inputs.subjects).toEqual([{ kind: "ServiceAccount", name: METRICS_ADAPTER, namespace: "custom-metrics" }]);
});

test("it runs restricted, on a port that takes no root, with certificates in memory of its own", async () => {
  const pod = at(one(await adapter(), "Deployment").inputs, "spec.template.spec");
  expect(at(pod, "containers.0.securityContext")).toMatchObject({ readOnlyRootFilesystem: true, runAsNonRoot: true });
  expect(at(pod, "containers.0.args")).toEqual(expect.arrayContaining(["--secure-port=8443"]));
  expect(at(pod, "volumes")).toEqual([{ name: "certificates", emptyDir: { sizeLimit: "1Mi" } }]);
});
