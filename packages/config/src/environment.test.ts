/** Whole environments: files that cannot be read, keys that nobody reads, the mistakes of all layers at once, tenant files. */
import { describe, expect, test } from "vitest";
import { LAYER_FILES, mistakesOf, read, sampleFiles } from "../test/sample.ts";
import { accountIdOf, ConfigError, rawFromPulumi } from "./index.ts";

const TENANTS = "stacks/4-tenants/Pulumi.test.yaml";

test("the sample is read, its defaults filled in", () => {
  const environment = read(sampleFiles());
  expect(environment.tenants.tenants).toEqual([
    {
      id: "acme",
      accountId: accountIdOf("acme"),
      isolation: "pooled",
      cell: "eu1",
      tier: "free",
      status: "active",
      channel: "stable",
      labels: {},
    },
    expect.objectContaining({ id: "globex", isolation: "schema" }),
  ]);
  expect(environment.services.client).toEqual({
    replicas: { min: 2, max: 10 },
    pool: 10,
    autoscaling: { cpuPercent: 70, memoryPercent: 85, waitingRequests: 1 },
  });
  expect(environment.services.customMetrics).toBe("deploy");
  expect(environment.services).not.toHaveProperty("sharedProxy");
  expect(environment.tenants.tiers.free).toEqual({ statementTimeout: "5s" });
});

test("an empty entry, null or a map, is a tenant on the defaults", () => {
  const text = "config:\n  bulkhead:tenants:\n    acme:\n    globex: {}\n";
  const { tenants } = read(sampleFiles({}, { [LAYER_FILES["4-tenants"]]: text })).tenants;
  expect(tenants.map(({ id }) => id)).toEqual(["acme", "globex"]);
});

describe("files that are refused", () => {
  test("one that is missing", () => {
    expect(mistakesOf(sampleFiles({}, { [LAYER_FILES["2-database"]]: undefined }))).toEqual([
      {
        path: "stacks/2-database/Pulumi.test.yaml",
        problem: "does not exist",
        remedy: "create it; docs and the other environments show its shape",
      },
    ]);
  });

  test.each([
    ["an open bracket", "config:\n  bulkhead:tenants: {acme: {}\n", 3],
    ["a tab", "config:\n\tbulkhead:tenants: {}\n", 2],
    ["a wrong indent", "config:\n  bulkhead:tenants:\n    acme: {}\n   globex: {}\n", 4],
    ["two documents", "config: {}\n---\nconfig: {}\n", 2],
  ])("%s, with its line", (_name, text, line) => {
    const mistakes = mistakesOf(sampleFiles({}, { [LAYER_FILES["4-tenants"]]: text }));
    expect(mistakes[0]).toMatchObject({
      path: `${TENANTS}:${line}`,
      problem: expect.stringMatching(/^is not YAML: ./),
      remedy: "mend the syntax on that line",
    });
  });

  test.each([
    ["an alias of itself", "config: &c\n  bulkhead:tenants: *c\n"],
    ["an alias of nothing", "config:\n  bulkhead:tenants: *nothing\n"],
  ])("%s", (_name, text) => {
    expect(mistakesOf(sampleFiles({}, { [LAYER_FILES["4-tenants"]]: text }))).toHaveLength(1);
  });

  test("a list, and a config that is a list", () => {
    const files = sampleFiles(
      {},
      { [LAYER_FILES["3-services"]]: "- a\n", [LAYER_FILES["4-tenants"]]: "config: [a]\n" },
    );
    expect(mistakesOf(files)).toMatchObject([
      { path: "stacks/3-services/Pulumi.test.yaml", value: ["a"], problem: "is not a map" },
      { path: `${TENANTS} config`, value: ["a"], problem: "is not a map" },
    ]);
  });
});

describe("keys that nobody would read", () => {
  // Each would leave the tenants out of the config in silence, and so suspend them.
  test.each([
    ["a misspelt config", "conifg:\n  bulkhead:tenants: {}\n", "conifg", "conifg", 'did you mean "config"?'],
    ["no namespace", "config:\n  tenants: {}\n", "config.tenants", "tenants", 'write "bulkhead:tenants"'],
    [
      "a misspelt namespace",
      "config:\n  bulkhaed:tenants: {}\n",
      'config."bulkhaed:tenants"',
      "bulkhaed:tenants",
      'did you mean "bulkhead:tenants"?',
    ],
    [
      "the project's namespace",
      "config:\n  bulkhead-tenants:tenants: {}\n",
      'config."bulkhead-tenants:tenants"',
      "bulkhead-tenants:tenants",
      'did you mean "bulkhead:tenants"?',
    ],
  ])("%s", (_name, text, path, value, remedy) => {
    expect(mistakesOf(sampleFiles({}, { [LAYER_FILES["4-tenants"]]: text }))).toMatchObject([
      { path: `${TENANTS} ${path}`, value, remedy },
    ]);
  });

  test("keys of Pulumi and of providers are left alone", () => {
    const text = 'encryptionsalt: "v1:x"\nconfig:\n  gcp:project: acme\n  bulkhead:tenants: {}\n';
    expect(mistakesOf(sampleFiles({}, { [LAYER_FILES["4-tenants"]]: text }))).toEqual([]);
  });
});

test("the mistakes of all layers come at once, and the message holds each", () => {
  const files = sampleFiles({
    "1-foundation": { "bulkhead:project": "X", "bulkhead:databaseRange": "10.0.0.0/20" },
    "2-database": {
      "bulkhead:cells": { eu1: { region: "europe-west9", default: true }, eu2: { region: "europe-west1", cpus: 2 } },
    },
    "3-services": { "bulkhead:tokens": {}, "bulkhead:client": { pool: 0 } },
    "4-tenants": { "bulkhead:tenants": { Acme: {}, globex: { tier: "gold", cell: "eu3" } }, "bulkhead:teirs": {} },
  });
  const mistakes = mistakesOf(files);
  expect(
    mistakes.map(({ path }) => path.replace(/^stacks\/(.)-\w+\/Pulumi.test.yaml bulkhead:/, "$1 ")).sort(),
  ).toEqual([
    "1 project",
    "1 regions.europe-west1.nodes",
    "2 cells.eu2.cpus",
    "3 client.pool",
    "3 tokens",
    "4 teirs",
    "4 tenants.Acme",
    "4 tenants.globex.cell",
    "4 tenants.globex.tier",
  ]);
  const { message } = new ConfigError(mistakes, "the environment test");
  expect(message).toMatch(/^9 mistakes in the environment test; nothing was touched:\n/);
  expect(message.split("\n")).toHaveLength(10);
});

test("a layer that cannot be read does not hide the mistakes of the others", () => {
  const files = sampleFiles(
    { "1-foundation": { "bulkhead:project": "X" }, "3-services": { "bulkhead:tokens": {} } },
    { [LAYER_FILES["2-database"]]: "config: [\n" },
  );
  const layers = mistakesOf(files).map(({ path }) => path.split("/")[1]);
  expect([...new Set(layers)].sort()).toEqual(["1-foundation", "2-database", "3-services"]);
});

describe("a folder of tenant files", () => {
  const from = (files: Record<string, unknown>, inline: Record<string, unknown> = {}) =>
    sampleFiles(
      { "4-tenants": { "bulkhead:tenants": inline, "bulkhead:tenantsFrom": "tenants/" } },
      Object.fromEntries(Object.entries(files).map(([name, content]) => [`4-tenants/tenants/${name}`, content])),
    );

  test("is read beside the inline tenants, with its defaults", () => {
    const { tenants } = read(
      from(
        {
          "defaults.yaml": { tier: "pro" },
          "acme.yaml": "",
          "globex.yaml": { tier: "free", parent: "acme" },
          "README.md": "not a tenant",
        },
        { initech: { parent: "globex" } },
      ),
    ).tenants;
    expect(tenants.map(({ id, tier, parent }) => [id, tier, parent])).toEqual([
      ["acme", "pro", undefined],
      ["globex", "free", "acme"],
      ["initech", "free", "globex"],
    ]);
  });

  test.each<[string, Record<string, unknown>, object[]]>([
    [
      "a mistake in a file",
      { "acme.yaml": { teir: "pro" }, "acme-two.yaml": {} },
      [{ path: `${TENANTS} tenants/acme.yaml teir`, value: "pro", remedy: 'did you mean "tier"?' }],
    ],
    [
      "a file whose name is no id",
      { "Acme Corp.yaml": {} },
      [{ path: `${TENANTS} tenants/Acme Corp.yaml`, value: "Acme Corp", remedy: 'use "acme-corp"' }],
    ],
    [
      "a file named after the prototype",
      { "__proto__.yaml": {} },
      [{ path: `${TENANTS} tenants/__proto__.yaml`, value: "__proto__", remedy: 'use "proto"' }],
    ],
    [
      "a list in a file",
      { "acme.yaml": ["pooled"] },
      [{ path: `${TENANTS} tenants/acme.yaml`, value: ["pooled"], remedy: "give a map" }],
    ],
    [
      "a mistake in the defaults, once",
      { "defaults.yaml": { tier: "gold" }, "acme.yaml": {}, "globex.yaml": {} },
      [{ path: `${TENANTS} tenants/defaults.yaml tier`, value: "gold", remedy: "use one of free, pro, enterprise" }],
    ],
    [
      "a file that would be passed over",
      { "acme.yml": {} },
      [{ path: `${TENANTS} tenants/acme.yml`, value: "acme.yml", remedy: "rename it to acme.yaml" }],
    ],
    [
      "the same key twice in a file",
      { "acme.yaml": "tier: pro\ntier: free\n" },
      [{ path: `${TENANTS} tenants/acme.yaml:2`, value: "tier", remedy: "keep one of the two" }],
    ],
  ])("%s", (_name, files, expected) => {
    expect(mistakesOf(from(files))).toMatchObject(expected);
    expect(mistakesOf(from(files))).toHaveLength(expected.length);
  });

  test("a tenant that stands in both", () => {
    expect(mistakesOf(from({ "acme.yaml": {} }, { acme: {} }))).toMatchObject([
      { path: `${TENANTS} bulkhead:tenants.acme`, value: "acme", remedy: "keep one of the two" },
    ]);
  });

  test("an account id given in a file and inline", () => {
    const accountId = "6f0e1c1e-8a52-4a0b-9c37-0d4f2f9a7b11";
    expect(mistakesOf(from({ "acme.yaml": { accountId } }, { globex: { accountId } }))).toMatchObject([
      { path: `${TENANTS} tenants/acme.yaml accountId`, value: accountId, problem: "is the account id of globex too" },
    ]);
  });

  test.each([
    ["that does not exist", {}],
    ["that is a file", { "4-tenants/nowhere": "text" }],
  ])("%s", (_name, more) => {
    const files = sampleFiles({ "4-tenants": { "bulkhead:tenantsFrom": "nowhere" } }, more);
    expect(mistakesOf(files)).toMatchObject([
      { path: `${TENANTS} bulkhead:tenantsFrom`, value: "nowhere", problem: "is not a folder" },
    ]);
  });
});

test("what Pulumi hands a program is read as the stack file wrote it", () => {
  const raw = rawFromPulumi({
    "bulkhead:project": "acme-platform",
    "bulkhead:shards": "3",
    "bulkhead:deletionProtection": "false",
    "bulkhead:tenants": '{"__proto__":{},"acme":{"labels":{"a":"1"}}}',
    "bulkhead:databaseRange": "10.0.0.0/20",
    "gcp:project": "other",
  });
  expect(Object.keys(raw)).toEqual(["project", "shards", "deletionProtection", "tenants", "databaseRange"]);
  expect(raw).toMatchObject({ project: "acme-platform", shards: 3, deletionProtection: false });
  expect(Object.keys(raw.tenants as object)).toEqual(["__proto__", "acme"]);
});
