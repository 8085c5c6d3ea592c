import { type Manifest, type Tenant, writeManifest } from "@bulkhead/config";
import { describe, expect, test } from "vitest";
import { tenantResidency } from "./tenant-residency.ts";
import { UNKNOWN } from "./values.ts";

const tenant = (id: string, residency?: string): Tenant => ({
  id,
  accountId: "6f0e1c1e-8a52-4a0b-9c37-0d4f2f9a7b11",
  isolation: "pooled",
  cell: "eu1",
  tier: "free",
  status: "active",
  channel: "stable",
  labels: {},
  ...(residency === undefined ? {} : { residency }),
});
const filesOf = (tenants: Tenant[]) => {
  const manifest: Manifest = {
    environment: "test",
    cell: "eu1",
    tiers: {
      free: { statementTimeout: "5s" },
      pro: { statementTimeout: "5s" },
      enterprise: { statementTimeout: "5s" },
    },
    shards: 1,
    schemasPerShard: 100,
    logins: {},
    tenants,
  };
  return writeManifest(manifest).files;
};
const configMap = (data: unknown, region: unknown = "europe-west1", more: object = {}) => ({
  metadata: { labels: { "app.kubernetes.io/part-of": "bulkhead" }, annotations: { "bulkhead.dev/region": region } },
  data,
  ...more,
});
const faults = (props: unknown, type = "kubernetes:core/v1:ConfigMap") => tenantResidency.faults({ type, props });

describe("conforming", () => {
  test.each<[string, unknown]>([
    ["a manifest whose residencies are satisfied", configMap(filesOf([tenant("acme", "eu"), tenant("globex")]))],
    ["the same in the United States", configMap(filesOf([tenant("acme", "us")]), "us-east4")],
    ["no tenants", configMap(filesOf([]))],
    ["another ConfigMap", { metadata: { name: "settings" }, data: { PGHOST: "127.0.0.1" } }],
    ["data not known yet", configMap({ "tenants-0000.json": UNKNOWN })],
    ["a region not known yet", configMap(filesOf([tenant("acme", "us")]), UNKNOWN)],
    ["nothing", undefined],
  ])("%s", (_name, props) => {
    expect(faults(props)).toEqual([]);
  });
});

describe("violating", () => {
  test("names the tenants, their residency and the region", () => {
    const files = filesOf([tenant("acme", "us"), tenant("globex", "eu"), tenant("initech", "ch")]);
    expect(faults(configMap(files))).toEqual([
      "Region europe-west1 does not satisfy the residency of acme (us), initech (ch)",
    ]);
  });

  test("names ten of many", () => {
    const files = filesOf(Array.from({ length: 25 }, (_, index) => tenant(`t${index}`, "us")));
    expect(faults(configMap(files))[0]).toMatch(/\(us\) and 15 more$/);
  });

  test.each<[string, unknown, RegExp]>([
    ["London is not the European Union", configMap(filesOf([tenant("acme", "eu")]), "europe-west2"), /acme \(eu\)/],
    ["Zurich is not the European Union", configMap(filesOf([tenant("acme", "eu")]), "europe-west6"), /acme/],
    ["a residency that nobody knows", configMap(filesOf([tenant("acme", "mars")])), /acme \(mars\)/],
    ["a residency every object has", configMap(filesOf([tenant("acme", "constructor")])), /acme \(constructor\)/],
    ["a region that only begins alike", configMap(filesOf([tenant("acme", "eu")]), "europe-west11"), /acme/],
    ["no annotation", { metadata: {}, data: filesOf([tenant("acme", "eu")]) }, /does not say in which region/],
    ["no metadata", { data: filesOf([tenant("acme", "eu")]) }, /does not say in which region/],
    ["an empty region", configMap(filesOf([tenant("acme")]), ""), /does not say in which region/],
    ["a region in another case", configMap(filesOf([tenant("acme", "eu")]), "EUROPE-WEST1"), /acme/],
    ["a file cut short", configMap({ "tenants-0000.json": "[{" }), /not a list of tenants/],
    ["a map for a list", configMap({ "tenants-0000.json": "{}" }), /not a list of tenants/],
    ["a name in another case", configMap({ "Tenants-0.JSON": '[{"id":"acme","residency":"us"}]' }), /acme/],
    ["a residency that is a list", configMap({ "tenants-0.json": '[{"id":"acme","residency":["us"]}]' }), /acme/],
    [
      "binary data",
      configMap(undefined, "europe-west1", {
        binaryData: { "tenants-0000.json": Buffer.from('[{"id":"acme","residency":"us"}]').toString("base64") },
      }),
      /acme/,
    ],
  ])("%s", (_name, props, message) => {
    expect(faults(props)).toEqual([expect.stringMatching(message)]);
  });

  test("labels taken off change nothing", () => {
    const { metadata, ...rest } = configMap(filesOf([tenant("acme", "us")]));
    expect(faults({ ...rest, metadata: { annotations: metadata.annotations } })).toHaveLength(1);
  });

  test("in a list of objects, and as a patch", () => {
    const one = { kind: "ConfigMap", ...configMap(filesOf([tenant("acme", "us")])) };
    expect(faults({ items: [one] }, "kubernetes:core/v1:ConfigMapList")).toHaveLength(1);
    expect(faults(one, "kubernetes:core/v1:ConfigMapPatch")).toHaveLength(1);
  });
});
