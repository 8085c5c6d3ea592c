/** Manifests that must not be taken for whole ones: a tenant that is missing from a manifest is retired. */
import { describe, expect, test } from "vitest";
import { type Manifest, readManifest, type Tenant, writeManifest } from "./index.ts";

const tenant = (id: string, change: Partial<Tenant> = {}): Tenant => ({
  id,
  accountId: "6f0e1c1e-8a52-4a0b-9c37-0d4f2f9a7b11",
  isolation: "pooled",
  cell: "eu1",
  tier: "free",
  status: "active",
  channel: "stable",
  labels: {},
  ...change,
});
const manifest = (tenants: Tenant[]): Manifest => ({
  environment: "test",
  cell: "eu1",
  tiers: {
    free: { statementTimeout: "5s" },
    pro: { statementTimeout: "15s" },
    enterprise: { statementTimeout: "60s" },
  },
  shards: 1,
  schemasPerShard: 100,
  logins: {},
  tenants,
});
const many = Array.from({ length: 10_000 }, (_, index) => tenant(`tenant-no-${index}`));

test("10,000 tenants come in several files, each well below what a ConfigMap holds", () => {
  const { files } = writeManifest(manifest(many));
  expect(Object.keys(files).length).toBeGreaterThan(2);
  for (const text of Object.values(files)) expect(Buffer.byteLength(text)).toBeLessThan(600 * 1024);
  expect(readManifest(files).tenants).toHaveLength(10_000);
});

test("no tenants make a manifest of none", () => {
  const { files } = writeManifest(manifest([]));
  expect(Object.keys(files)).toEqual(["rollout.json"]);
  expect(readManifest(files).tenants).toEqual([]);
});

describe("refused", () => {
  const { files } = writeManifest(manifest([tenant("acme"), tenant("globex")]));
  const many2 = writeManifest(manifest(many)).files;

  test.each<[string, Record<string, string>, RegExp]>([
    ["without rollout.json", { "tenants-0000.json": files["tenants-0000.json"]! }, /has no rollout.json/],
    ["without its tenants", { "rollout.json": files["rollout.json"]! }, /has no tenants-0000.json/],
    [
      "without its second file",
      Object.fromEntries(Object.entries(many2).filter(([name]) => name !== "tenants-0001.json")),
      /has no tenants-0001.json/,
    ],
    ["cut short", { ...files, "tenants-0000.json": files["tenants-0000.json"]!.slice(0, 100) }, /is not JSON/],
    ["with a tenant less", { ...files, "tenants-0000.json": "[]" }, /0 different tenants .* counts 2/],
    [
      "with a tenant twice",
      { ...files, "tenants-0000.json": JSON.stringify([tenant("acme"), tenant("acme")]) },
      /1 different tenants .* counts 2/,
    ],
    [
      "with a tenant of another cell",
      { ...files, "tenants-0000.json": JSON.stringify([tenant("acme"), tenant("globex", { cell: "us1" })]) },
      /tenant globex belongs to cell us1/,
    ],
    [
      "with an id that is SQL",
      { ...files, "tenants-0000.json": JSON.stringify([tenant("acme"), tenant('x"; drop')]) },
      /pattern/,
    ],
    [
      "of another format",
      { ...files, "rollout.json": files["rollout.json"]!.replace('"formatVersion": 1', '"formatVersion": 2') },
      /formatVersion/,
    ],
  ])("%s", (_name, changed, message) => {
    expect(() => readManifest(changed)).toThrow(message);
  });
});
