/** The schemas that editors use say the same as the ones that programs use, as far as a JSON Schema can. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { sampleConfig } from "../test/sample.ts";
import {
  jsonSchemas,
  LAYERS,
  type Layer,
  parseDatabase,
  parseFoundation,
  parseServices,
  parseTenants,
} from "./index.ts";

const FOLDER = join(import.meta.dirname, "../schemas");

test("the committed schemas are current", () => {
  const committed = Object.fromEntries(
    readdirSync(FOLDER).map((name) => [name, readFileSync(join(FOLDER, name), "utf8")]),
  );
  expect(committed, "run npm run generate and commit the result").toEqual(jsonSchemas());
});

const context = { cells: { eu1: { region: "europe-west1" } }, defaultCell: "eu1" };
const PARSERS: Record<Layer, (raw: Record<string, unknown>) => { mistakes: readonly unknown[] }> = {
  "1-foundation": (raw) => parseFoundation(raw),
  "2-database": (raw) => parseDatabase(raw),
  "3-services": (raw) => parseServices(raw, "."),
  "4-tenants": (raw) => parseTenants(raw, context, "."),
};

// Formats are left to the patterns that stand beside them.
const ajv = new Ajv2020({ strict: true, allErrors: true, validateFormats: false });
const validators = new Map(
  LAYERS.map((layer) => [layer, ajv.compile(JSON.parse(jsonSchemas()[`${layer.slice(2)}.json`]!))]),
);

const editorTakes = (layer: Layer, config: Record<string, unknown>) => validators.get(layer)!({ config });
const programTakes = (layer: Layer, config: Record<string, unknown>) => {
  const own = Object.entries(config).filter(([key]) => key.startsWith("bulkhead:"));
  const raw = Object.fromEntries(own.map(([key, value]) => [key.slice("bulkhead:".length), value]));
  return PARSERS[layer](raw).mistakes.length === 0;
};

const tenant = (entry: unknown, id = "acme") => ({ "bulkhead:tenants": { [id]: entry } });
const cell = (entry: object) => ({ "bulkhead:cells": { eu1: { region: "europe-west1", ...entry } } });

/** Changes to the sample's config of a layer, and whether both take it. */
const samples: [Layer, string, Record<string, unknown>, boolean][] = [
  ...LAYERS.map((layer): [Layer, string, Record<string, unknown>, boolean] => [layer, "the sample", {}, true]),
  ["1-foundation", "another namespace", { "gcp:project": "x" }, true],
  ["1-foundation", "an unknown key", { "bulkhead:projekt": "x" }, false],
  ["1-foundation", "a bad project", { "bulkhead:project": "X" }, false],
  ["1-foundation", "no regions", { "bulkhead:regions": undefined }, false],
  ["1-foundation", "a bad region", { "bulkhead:regions": { mars: {} } }, false],
  ["1-foundation", "a bad channel", { "bulkhead:releaseChannel": "FAST" }, false],
  ["2-database", "a version", cell({ postgresVersion: 16 }), true],
  ["2-database", "a bad version", cell({ postgresVersion: 12 }), false],
  ["2-database", "a version in quotes", cell({ postgresVersion: "16" }), false],
  ["2-database", "a numeric flag", cell({ flags: { work_mem: 64 } }), false],
  ["2-database", "an unknown key", cell({ cpus: 2 }), false],
  ["2-database", "a bad cell name", { "bulkhead:cells": { "eu-1": { region: "europe-west1" } } }, false],
  ["3-services", "replicas", { "bulkhead:client": { replicas: { min: 1, max: 3 }, pool: 5 } }, true],
  ["3-services", "half a shard", { "bulkhead:shards": 1.5 }, false],
  ["3-services", "no runtime image", { "bulkhead:images": {} }, false],
  ["3-services", "an image without tag", { "bulkhead:images": { runtime: "runtime" } }, false],
  ["3-services", "an empty key set", { "bulkhead:tokens": { jwks: { keys: [] } } }, false],
  ["4-tenants", "no tenants", { "bulkhead:tenants": {} }, true],
  ["4-tenants", "an empty entry", tenant(null), true],
  [
    "4-tenants",
    "a whole entry",
    tenant({ isolation: "database", tier: "pro", residency: "eu", labels: { a: "1" } }),
    true,
  ],
  ["4-tenants", "an account id", tenant({ accountId: "6F0E1C1E-8A52-4A0B-9C37-0D4F2F9A7B11" }), true],
  ["4-tenants", "a bad account id", tenant({ accountId: "42" }), false],
  ["4-tenants", "an unknown isolation", tenant({ isolation: "shared" }), false],
  ["4-tenants", "a misspelt key", tenant({ teir: "pro" }), false],
  ["4-tenants", "a numeric label", tenant({ labels: { "cost-centre": 42 } }), false],
  ["4-tenants", "a label's bad key", tenant({ labels: { Team: "red" } }), false],
  ["4-tenants", "a list", { "bulkhead:tenants": ["acme"] }, false],
  ["4-tenants", "a bad tier limit", { "bulkhead:tiers": { pro: { statementTimeout: "5 seconds" } } }, false],
  ...["acme-corp", "a1", "a".repeat(40)].map((id): [Layer, string, Record<string, unknown>, boolean] => [
    "4-tenants",
    `the id ${id}`,
    tenant({}, id),
    true,
  ]),
  ...["Acme", "a", "1a", "a_b", "a--b", "ab-", "a b", "", "a".repeat(41), "аcme", 'x"; drop'].map(
    (id): [Layer, string, Record<string, unknown>, boolean] => ["4-tenants", `the id "${id}"`, tenant({}, id), false],
  ),
];

describe("editors and programs take and refuse the same", () => {
  test.each(samples)("%s: %s", (layer, _name, change, taken) => {
    const config = { ...sampleConfig()[layer], ...change };
    for (const key of Object.keys(config)) if (config[key] === undefined) delete config[key];
    expect({ editor: editorTakes(layer, config), program: programTakes(layer, config) }).toEqual({
      editor: taken,
      program: taken,
    });
  });
});
