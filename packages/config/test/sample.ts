/** A sound environment of four stack files in a folder of its own, for tests to spoil. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { ConfigError, type Environment, type Layer, type Mistake, readEnvironment } from "../src/index.ts";

type Config = Record<string, unknown>;

/** Files of an environment, by path below `stacks/`; a string is written as it stands, anything else as YAML. */
export type Files = Record<string, unknown>;

export const LAYER_FILES: Readonly<Record<Layer, string>> = {
  "1-foundation": "1-foundation/Pulumi.test.yaml",
  "2-database": "2-database/Pulumi.test.yaml",
  "3-services": "3-services/Pulumi.test.yaml",
  "4-tenants": "4-tenants/Pulumi.test.yaml",
};

export const PUBLIC_KEY = {
  kty: "EC",
  crv: "P-256",
  kid: "one",
  x: "f83OJ3D2xF1Bg8vub9tLe1",
  y: "x_FEzRu9m36HLN_tue659L",
};

/** The config of each layer of the sample, as plain maps that the caller may change. */
export function sampleConfig(): Record<Layer, Config> {
  return {
    "1-foundation": {
      "bulkhead:project": "acme-platform",
      "bulkhead:databaseRange": "10.64.0.0/20",
      "bulkhead:regions": {
        "europe-west1": {
          nodes: "10.0.0.0/20",
          pods: "10.4.0.0/14",
          services: "10.8.0.0/20",
          controlPlane: "172.16.0.0/28",
        },
      },
    },
    "2-database": { "bulkhead:cells": { eu1: { region: "europe-west1" } } },
    "3-services": {
      "bulkhead:images": { runtime: "europe-west1-docker.pkg.dev/acme-platform/bulkhead/runtime:0.1.0" },
      "bulkhead:tokens": { jwks: { keys: [PUBLIC_KEY] } },
    },
    "4-tenants": { "bulkhead:tenants": { acme: {}, globex: { isolation: "schema" } } },
  };
}

/** Changes some keys of the sample's layers; `undefined` removes one. */
export function sampleFiles(changes: Partial<Record<Layer, Config>> = {}, more: Files = {}): Files {
  const layers = sampleConfig();
  const files: Files = {};
  for (const layer of Object.keys(layers) as Layer[]) {
    files[LAYER_FILES[layer]] = { config: { ...layers[layer], ...changes[layer] } };
  }
  return { ...files, ...more };
}

/** Writes the files to a folder, reads the environment `test` from it, and removes the folder. */
export function read(files: Files): Environment {
  const folder = mkdtempSync(join(tmpdir(), "bulkhead-config-"));
  try {
    for (const [path, content] of Object.entries(files)) {
      if (content === undefined) continue;
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), typeof content === "string" ? content : stringify(content));
    }
    return readEnvironment(folder, "test");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The mistakes of an environment, or none. */
export function mistakesOf(files: Files): readonly Mistake[] {
  try {
    read(files);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
}
