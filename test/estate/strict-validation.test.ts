/** What strict validation refuses: the mistakes that a preview lets pass, and a cluster would not. */
import { beforeAll, expect, test } from "vitest";
import type { StateResource } from "../../scripts/rehearsal/rehearsal.ts";
import { describeFault, validateObjects } from "../../scripts/validate/environment.ts";
import { readSources, type Sources } from "../../scripts/validate/sources.ts";

let sources: Sources;
beforeAll(async () => {
  sources = await readSources();
});

function resource(object: object, name = "x"): StateResource {
  const { apiVersion, kind } = object as { apiVersion: string; kind: string };
  const type = `kubernetes:${apiVersion}:${kind}`;
  const urn = `urn:pulumi:dev::p::${type}::${name}`;
  return { urn, type, custom: true, provider: "cluster", inputs: { ...object } };
}

const faults = (...objects: object[]) =>
  validateObjects(
    objects.map((object, index) => resource(object, `x${index}`)),
    sources,
    "1.33",
  ).faults.map(describeFault);

const job = (container: object, spec: object = {}) => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name: "rollout", namespace: "n" },
  spec: {
    ...spec,
    template: { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i:1", ...container }] } },
  },
});
const SECRET = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "x" };

test("what is sound passes", () => {
  expect(faults(job({ ports: [{ containerPort: 80 }] }))).toEqual([]);
});

test("a misspelt field is named, with what was meant", () => {
  const [fault, ...more] = faults(job({ securityContex: { runAsNonRoot: true } }));
  expect(more).toEqual([]);
  expect(fault).toContain('Job n/rollout spec.template.spec.containers[0]: has an unknown field "securityContex"');
  expect(fault).toContain('did you mean "securityContext"?');
  expect(faults(job({}, { backofLimit: 2 }))).toEqual([
    expect.stringContaining('"backofLimit"; did you mean "backoffLimit"?'),
  ]);
});

test("a field of the wrong type, and one that is missing", () => {
  expect(faults(job({ ports: [{ containerPort: "80" }] }))).toEqual([
    expect.stringMatching(/containers\[0\]\.ports\[0\]\.containerPort: must be integer/),
  ]);
  expect(faults(job({ image: ["i:1"] }))).toEqual([expect.stringMatching(/\.image: must be string/)]);
  expect(faults(job({ name: undefined }))).toEqual([expect.stringContaining('lacks "name"')]);
});

test("a kind, or a version of one, that the cluster does not have", () => {
  const metadata = { name: "x", namespace: "n" };
  expect(faults({ apiVersion: "apps/v1", kind: "Deploymnet", metadata })).toEqual([
    expect.stringMatching(/is no kind that a cluster of 1\.33 here has; did you mean apps\/v1 Deployment\?/),
  ]);
  expect(faults({ apiVersion: "policy/v1beta1", kind: "PodDisruptionBudget", metadata })).toEqual([
    expect.stringContaining("policy/v1beta1 PodDisruptionBudget is no kind"),
  ]);
});

test("a field that only a later minor version has", () => {
  const pod = (minor: string) =>
    validateObjects([resource(job({ restartPolicyRules: [] }))], sources, minor).faults.map(describeFault);
  expect(pod("1.33")).toEqual([expect.stringContaining('unknown field "restartPolicyRules"')]);
  expect(pod("1.34")).toEqual([]);
});

test("custom resources: of Gateway API, External Secrets, Vault Secrets Operator, and of GKE", () => {
  const metadata = { name: "x", namespace: "n" };
  const route = (parent: object) => ({
    ...{ apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute", metadata },
    spec: {
      parentRefs: [parent],
      hostnames: ["api.example.com"],
      rules: [{ backendRefs: [{ name: "client", port: 80 }] }],
    },
  });
  expect(faults(route({ name: "gateway" }))).toEqual([]);
  expect(faults(route({ gateway: "gateway" }))).toEqual([
    expect.stringContaining('spec.parentRefs[0]: lacks "name"'),
    expect.stringContaining('spec.parentRefs[0]: has an unknown field "gateway"'),
  ]);
  const dynamic = (spec: object) => ({
    apiVersion: "secrets.hashicorp.com/v1beta1",
    kind: "VaultDynamicSecret",
    metadata,
    spec,
  });
  const destination = { name: "db", create: true };
  expect(faults(dynamic({ mount: "database", path: "creds/x", destination }))).toEqual([]);
  expect(faults(dynamic({ mount: "database", path: "creds/x", destination, renewPercent: 67 }))).toEqual([
    expect.stringContaining('"renewPercent"; did you mean "renewalPercent"?'),
  ]);
  const external = { apiVersion: "external-secrets.io/v1", kind: "ExternalSecret", metadata };
  expect(
    faults({ ...external, spec: { refreshInterval: "1h", secretStoreRef: { name: "s", kind: "SecretStores" } } }),
  ).toEqual([expect.stringMatching(/secretStoreRef\.kind: is "SecretStores", and may be SecretStore/)]);
  const policy = (spec: object) => ({ apiVersion: "networking.gke.io/v1", kind: "HealthCheckPolicy", metadata, spec });
  const targetRef = { group: "", kind: "Service", name: "client" };
  const config = { type: "HTTP", httpHealthCheck: { port: 3001, requestPath: "/ready" } };
  expect(faults(policy({ targetRef, default: { config } }))).toEqual([]);
  expect(faults(policy({ targetRef, default: { config: { ...config, path: "/" }, checkIntervalSec: 0 } }))).toEqual([
    expect.stringMatching(/checkIntervalSec: must be >= 1/),
    expect.stringMatching(/config: must NOT have more than 2 properties/),
    expect.stringContaining('unknown field "path"'),
  ]);
});

test("names and labels that no API server takes", () => {
  const named = (name: string, labels = {}) => ({ apiVersion: "v1", kind: "Service", metadata: { name, labels } });
  expect(faults(named("Client_API"))).toEqual([expect.stringContaining("is no DNS name")]);
  expect(faults(named("a".repeat(64)))).toEqual([expect.stringContaining("63 are the most")]);
  expect(faults(named("a", { version: "has space" }))).toEqual([expect.stringContaining("no label's value")]);
});

test("two objects of one name in one cluster", () => {
  const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x", namespace: "n" } };
  expect(faults(map, map)).toEqual([expect.stringContaining("is declared twice")]);
  expect(faults(map, { ...map, metadata: { name: "x", namespace: "m" } })).toEqual([]);
});

test("what is secret is not looked into, and its absence from view is no fault", () => {
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "x", namespace: "n" }, stringData: SECRET };
  expect(faults(secret, job({ name: SECRET }))).toEqual([]);
});
