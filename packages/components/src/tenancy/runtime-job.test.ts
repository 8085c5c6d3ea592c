import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { at, nameOf, one } from "../testing/find.ts";
import { record } from "../testing/mocks.ts";
import { containersOf, listenersOf, podsOf } from "../testing/pods.ts";
import { IMAGES, INSTANCE, identity } from "../testing/samples.ts";
import { type RuntimeJobArgs, runtimeJob } from "./runtime-job.ts";

async function job(change: Partial<RuntimeJobArgs> = {}, opts: pulumi.CustomResourceOptions = {}) {
  const { resources } = await record<k8s.batch.v1.Job>(() =>
    runtimeJob(
      "eu1-bootstrap",
      {
        namespace: "bulkhead-eu1",
        job: "bootstrap",
        images: IMAGES,
        identity: identity("db-create"),
        instance: INSTANCE,
        args: ["bootstrap"],
        manifest: { configMaps: ["bootstrap-rollout-1234", "bootstrap-tenants-0000-1234"], hash: "1234" },
        ...change,
      },
      opts,
    ),
  );
  const made = one(resources, "Job");
  return { made, spec: made.inputs.spec as Record<string, unknown>, pod: podsOf(resources)[0]! };
}

describe("name", () => {
  const changes: [string, Partial<RuntimeJobArgs>][] = [
    ["another manifest", { manifest: { configMaps: ["bootstrap-rollout-1234"], hash: "5678" } }],
    ["another ConfigMap", { manifest: { configMaps: ["bootstrap-rollout-9999"], hash: "1234" } }],
    ["another runtime", { images: { ...IMAGES, runtime: "registry/bulkhead-runtime:0.2.0" } }],
    ["another proxy", { images: { ...IMAGES, authProxy: "registry/alloydb-auth-proxy:1.16.0" } }],
    ["other arguments", { args: ["bootstrap", "--verbose"] }],
    ["another login", { identity: identity("db-migrate") }],
    ["another instance", { instance: `${INSTANCE}-2` }],
    ["a listener for passwords", { passwordLogins: true }],
    ["another deadline", { deadlineSeconds: 60 }],
  ];

  test.each(changes)("%s is another Job", async (_name, change) => {
    expect(nameOf((await job(change)).made)).not.toBe(nameOf((await job()).made));
  });

  test("the same content is the same Job, whether or not its values are known at once", async () => {
    const before = nameOf((await job()).made);
    expect(before).toMatch(/^bootstrap-[0-9a-f]{10}$/);
    expect(nameOf((await job()).made)).toBe(before);
    expect(nameOf((await job({ instance: pulumi.output(INSTANCE) })).made)).toBe(before);
  });
});

test("what cannot succeed is not tried again; a drained node is no failure", async () => {
  const { spec, pod } = await job();
  expect(spec.podFailurePolicy).toEqual({
    rules: [
      { action: "FailJob", onExitCodes: { containerName: "runtime", operator: "In", values: [2, 3] } },
      { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
    ],
  });
  // Kubernetes takes a pod failure policy with this only.
  expect(pod.restartPolicy).toBe("Never");
  expect(pod.containers.map(({ name }) => name)).toEqual(["runtime"]);
  expect(spec.backoffLimit).toBe(2);
});

test("Pulumi waits longer than the Job may take, and makes a failed one anew", async () => {
  const { made, spec } = await job();
  expect(Number.parseInt(made.createTimeout, 10)).toBeGreaterThan(Number(spec.activeDeadlineSeconds));
  expect(made.createTimeout).toMatch(/^\d+s$/);
  expect(at(made.inputs, "metadata.annotations")).toEqual({ "pulumi.com/replaceUnready": "true" });
  expect(spec).not.toHaveProperty("ttlSecondsAfterFinished");
});

test("every container, the sidecar too, is restricted, under a user of the Job's own, without a token of Kubernetes", async () => {
  const { pod } = await job();
  expect(containersOf(pod).map(({ name }) => name)).toEqual(["auth-proxy", "runtime"]);
  for (const { securityContext } of containersOf(pod)) {
    expect(securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    });
  }
  expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: expect.any(Number) });
  expect(pod.automountServiceAccountToken).toBe(false);
  expect(pod.serviceAccountName).toBe("db-create");
});

test("the proxy is a native sidecar, whose end does not keep the Job from completing", async () => {
  const { pod } = await job();
  expect(pod.initContainers.map(({ name, restartPolicy }) => [name, restartPolicy])).toEqual([
    ["auth-proxy", "Always"],
  ]);
});

test("it logs in by identity, on loopback, by the one listener there is; nothing in its environment is secret", async () => {
  const { pod } = await job();
  expect(listenersOf(pod)).toEqual([`${INSTANCE}?port=5432&auto-iam-authn=true`]);
  expect(pod.containers[0]!.env).toEqual([
    { name: "PGHOST", value: "127.0.0.1" },
    { name: "PGPORT", value: "5432" },
    { name: "PGUSER", value: "bh-dev-eu1-db-create@acme-dev.iam" },
  ]);
  expect(pod.containers[0]!.envFrom ?? []).toEqual([]);
});

test("a listener for passwords is another port, and lends no identity", async () => {
  const { pod } = await job({ passwordLogins: true });
  expect(listenersOf(pod)).toEqual([`${INSTANCE}?port=5432&auto-iam-authn=true`, `${INSTANCE}?port=5433`]);
  expect(
    pod.initContainers[0]!.args!.filter((argument) => /^(?:-a|--address|--auto-iam-authn)/.test(argument)),
  ).toEqual([]);
});

test("the manifest's files come together in one folder, read-only", async () => {
  const { pod } = await job();
  expect(pod.volumes).toEqual([
    {
      name: "manifest",
      projected: {
        sources: [
          { configMap: { name: "bootstrap-rollout-1234" } },
          { configMap: { name: "bootstrap-tenants-0000-1234" } },
        ],
      },
    },
  ]);
  expect(pod.containers[0]!.volumeMounts).toEqual([
    { name: "manifest", mountPath: "/etc/bulkhead/manifest", readOnly: true },
  ]);
  expect(pod.containers[0]!.args).toEqual(["bootstrap", "--manifest", "/etc/bulkhead/manifest"]);
});

test("Autopilot takes its size as it is: at least 250m and 512Mi, 1 to 6.5 GiB per CPU", async () => {
  const { pod } = await job();
  const sum = (resource: string) =>
    containersOf(pod).reduce((total, { resources }) => total + Number.parseInt(resources.requests[resource]!, 10), 0);
  expect(sum("cpu") % 250).toBe(0);
  expect(sum("memory")).toBeGreaterThanOrEqual(512);
  expect(sum("memory") / 1024 / (sum("cpu") / 1000)).toSatisfy((ratio: number) => ratio >= 1 && ratio <= 6.5);
});
