/** The pack under the real engine: what conforms is created; what violates is not, and the update fails with the policy's words. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Declared, Sandbox } from "./sandbox.ts";

let sandbox: Sandbox;
beforeAll(() => {
  sandbox = new Sandbox();
});
afterAll(() => sandbox?.remove());

const TIMEOUT = 180_000;

const instance = (networkConfig: object): Declared => ({
  type: "gcp:alloydb/instance:Instance",
  name: "database",
  props: {
    cluster: "projects/acme-platform/locations/europe-west1/clusters/eu1",
    instanceId: "primary",
    instanceType: "PRIMARY",
    machineConfig: { cpuCount: 2 },
    networkConfig,
  },
});

const PINNED = `example/app:1@sha256:${"ab".repeat(32)}`;
const deployment = (container: object, env: object[] = [], image = PINNED): Declared => ({
  type: "kubernetes:apps/v1:Deployment",
  name: "workload",
  props: {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "workload", namespace: "default" },
    spec: {
      selector: { matchLabels: { app: "workload" } },
      template: {
        metadata: { labels: { app: "workload" } },
        spec: {
          securityContext: { runAsNonRoot: true, runAsUser: 20_001, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name: "app",
              image,
              env,
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
                ...container,
              },
            },
          ],
        },
      },
    },
  },
});

const manifest = (residency: string): Declared => ({
  type: "kubernetes:core/v1:ConfigMap",
  name: "manifest",
  props: {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "manifest", namespace: "default", annotations: { "bulkhead.dev/region": "europe-west1" } },
    data: { "tenants-0000.json": JSON.stringify([{ id: "acme", residency }]) },
  },
});

const PRIVATE = { enablePublicIp: false, enableOutboundPublicIp: false };

describe("violations", () => {
  test.each<[string, Declared, string]>([
    [
      "no-public-alloydb",
      instance({ ...PRIVATE, enablePublicIp: true }),
      "The AlloyDB instance has a public address (networkConfig.enablePublicIp is true). Set networkConfig.enablePublicIp",
    ],
    [
      "restricted-pods",
      deployment({ privileged: true }),
      'Container "app" is privileged (spec.template.spec.containers[0]). Use restrictedPod()',
    ],
    [
      "image-digest",
      deployment({}, [], "example/app:1"),
      'Container "app" runs example/app:1, not by digest (spec.template.spec.containers[0].image). Run npm run pin',
    ],
    [
      "no-plaintext-secret",
      deployment({}, [{ name: "PGPASSWORD", value: "hunter2" }]),
      'Container "app": environment variable PGPASSWORD is named as a secret and holds its value in plain text',
    ],
    [
      "tenant-residency",
      manifest("us"),
      "Region europe-west1 does not satisfy the residency of acme (us). Give these tenants a cell",
    ],
  ])(
    "%s fails the up, and the resource is not created",
    (policy, resource, words) => {
      const { succeeded, output } = sandbox.up([resource]);
      // The engine wraps the lines that it prints.
      const text = output.replace(/\s+/g, " ");
      expect(succeeded, output).toBe(false);
      expect(text).toMatch(/❌ guardrails@v0\.1\.0 .*\[mandatory\]/);
      expect(text).toContain(`${policy} (${resource.type}: ${resource.name})`);
      expect(text).toContain(words);
      expect(text).not.toContain("hunter2");
      expect(sandbox.existing()).toEqual([]);
    },
    TIMEOUT,
  );

  test(
    "a preview fails as well, with all of them",
    () => {
      const resources = [instance({ enablePublicIp: true }), deployment({ privileged: true }), manifest("us")];
      const { succeeded, output } = sandbox.preview(resources);
      expect(succeeded, output).toBe(false);
      for (const policy of ["no-public-alloydb", "restricted-pods", "tenant-residency"])
        expect(output).toContain(policy);
    },
    TIMEOUT,
  );
});

test(
  "what conforms is created, without a word",
  () => {
    const { succeeded, output } = sandbox.up([instance(PRIVATE), deployment({}), manifest("eu")]);
    expect(succeeded, output).toBe(true);
    expect(output).not.toMatch(/mandatory|advisory|can't run policy/);
    expect(sandbox.existing().sort()).toEqual(["database", "manifest", "workload"]);
  },
  TIMEOUT,
);
