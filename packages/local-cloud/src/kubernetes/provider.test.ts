import { beforeAll, describe, expect, test } from "vitest";
import { isSecret, isUnknown, type Props, reveal, secret, UNKNOWN } from "../plugin/values.ts";
import { type Driver, kubernetesDriver } from "../testing/harness.ts";
import { clusterOf } from "./kubeconfig.ts";

let kubernetes: Driver;
beforeAll(async () => {
  kubernetes = await kubernetesDriver({});
});

const labels = { app: "a" };
const template = { metadata: { labels }, spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i:1" }] } };
const deployment: Props = {
  ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "d", namespace: "n" } },
  spec: { selector: { matchLabels: labels }, template },
};
const job: Props = { apiVersion: "batch/v1", kind: "Job", metadata: { name: "j", namespace: "n" }, spec: { template } };
const configMap: Props = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "m", namespace: "n" },
  data: { a: "1" },
};
const typeOf = (object: Props) => `kubernetes:${object.apiVersion}:${object.kind}`;
const make = (object: Props) => kubernetes.create(typeOf(object), "r", object);
const failures = async (object: Props) =>
  (await kubernetes.check(typeOf(object), "r", object)).failures.map((f) => f.property);

describe("check", () => {
  test("wants an object to say what it is and to bear a name the API server takes", async () => {
    expect(await failures({ metadata: { name: "Bad_Name" } })).toEqual(["apiVersion", "kind", "metadata.name"]);
    expect(await failures({ ...configMap, metadata: { name: "m", labels: { tenant: "not valid!" } } })).toEqual([
      'metadata.labels["tenant"]',
    ]);
  });

  test("a Deployment selects its own pods, a Job says when it ends", async () => {
    const wrong = { selector: { matchLabels: { app: "b" } }, template };
    expect(await failures({ ...deployment, spec: wrong })).toEqual(["spec.selector.matchLabels"]);
    const always = { ...template, spec: { containers: [] } };
    expect(await failures({ ...job, spec: { template: always } })).toEqual(["spec.template.spec.restartPolicy"]);
    expect(await failures({ ...job, spec: UNKNOWN })).toEqual([]);
  });

  test("makes up a name and a namespace, and takes kinds it never heard of", async () => {
    const { inputs } = await kubernetes.check("kubernetes:x.io/v1:Thing", "Thing", {
      apiVersion: "x.io/v1",
      kind: "Thing",
    });
    expect(inputs.metadata).toMatchObject({ name: expect.stringMatching(/^thing-[0-9a-f]{7}$/), namespace: "default" });
    const again = await kubernetes.check(
      "kubernetes:x.io/v1:Thing",
      "Thing",
      { apiVersion: "x.io/v1", kind: "Thing" },
      inputs,
    );
    expect(again.inputs).toEqual(inputs);
    const scoped = await kubernetes.check("kubernetes:core/v1:Namespace", "ns", {
      apiVersion: "v1",
      kind: "Namespace",
    });
    expect(scoped.inputs.metadata).not.toHaveProperty("namespace");
  });
});

describe("what a change does", () => {
  const replacing = async (object: Props, change: Props) =>
    (await kubernetes.diff(await make(object), { ...object, ...change })).changes
      .filter((c) => c.replace)
      .map((c) => c.path);

  test("a Job's template, a Deployment's selector, a name and a namespace replace", async () => {
    const other = { ...template, spec: { ...template.spec, containers: [{ name: "c", image: "i:2" }] } };
    expect(await replacing(job, { spec: { template: other } })).toEqual(["spec.template.spec.containers[0].image"]);
    expect(await replacing(job, { spec: { template, backoffLimit: 1 } })).toEqual([]);
    expect(await replacing(deployment, { spec: { selector: { matchLabels: labels }, template: other } })).toEqual([]);
    const relabelled = {
      selector: { matchLabels: { app: "b" } },
      template: { ...template, metadata: { labels: { app: "b" } } },
    };
    expect(await replacing(deployment, { spec: relabelled })).toEqual(["spec.selector.matchLabels.app"]);
    expect(await replacing(configMap, { metadata: { name: "o", namespace: "n" } })).toEqual(["metadata.name"]);
  });

  test("data replaces unless the provider is told that it may change, and then an immutable one still", async () => {
    expect(await replacing(configMap, { data: { a: "2" } })).toEqual(["data.a"]);
    const mutable = await kubernetesDriver({}, { enableConfigMapMutable: "true" });
    const old = await mutable.create("kubernetes:core/v1:ConfigMap", "m", configMap);
    expect((await mutable.diff(old, { ...configMap, data: { a: "2" } })).changes[0]?.replace).toBe(false);
    const fixed = { ...configMap, immutable: true };
    const frozen = await mutable.create("kubernetes:core/v1:ConfigMap", "m", fixed);
    expect((await mutable.diff(frozen, { ...fixed, data: { a: "2" } })).changes[0]?.replace).toBe(true);
  });

  test("one of the same name has to go first, one of another name comes first", async () => {
    const old = await make(configMap);
    expect((await kubernetes.diff(old, { ...configMap, data: { a: "2" } })).deleteBeforeReplace).toBe(true);
    const renamed = { ...configMap, metadata: { name: "o", namespace: "n" } };
    expect((await kubernetes.diff(old, renamed)).deleteBeforeReplace).toBe(false);
  });
});

describe("answers", () => {
  test("a Secret's content is secret, encoded, and not known before its source is", async () => {
    const object = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s" },
      stringData: { a: "plain", b: UNKNOWN },
    };
    const { outputs } = await make(object);
    expect(isSecret(outputs.data) && isSecret(outputs.stringData)).toBe(true);
    const data = reveal(outputs.data as Props) as Props;
    expect(data.a).toBe(Buffer.from("plain").toString("base64"));
    expect(isUnknown(data.b)).toBe(true);
    const marked = await make({ ...object, stringData: { a: secret("plain") } });
    expect(reveal(marked.outputs.data as Props)).toEqual({ a: Buffer.from("plain").toString("base64") });
  });

  test("a Service has an address, a Job has succeeded, and all have an identity", async () => {
    const service = await make({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "s" },
      spec: { ports: [{ port: 80 }] },
    });
    expect(service.outputs.spec).toMatchObject({ clusterIP: expect.stringMatching(/^10\./), ports: [{ port: 80 }] });
    expect(service.id).toBe("default/s");
    expect((await make(job)).outputs).toMatchObject({
      status: { succeeded: 1 },
      metadata: { uid: expect.any(String) },
    });
  });
});

describe("the cluster of a kubeconfig", () => {
  const config = { "current-context": "c", contexts: [{ name: "c", context: { cluster: "gke-eu1" } }] };

  test("is the current context's, in JSON and in YAML", async () => {
    expect(await clusterOf(JSON.stringify(config), undefined)).toBe("gke-eu1");
    const yaml = "current-context: c\ncontexts:\n- name: c\n  context: {cluster: gke-eu1}\n";
    expect(await clusterOf(yaml, undefined)).toBe("gke-eu1");
    expect(await clusterOf(undefined, undefined)).toBe("default");
    await expect(clusterOf("contexts: []\ncurrent-context: x\n", undefined)).rejects.toThrow("names no cluster");
  });
});
