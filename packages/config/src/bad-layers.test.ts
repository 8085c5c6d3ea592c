/** Stack config of layers 2 and 3 that is refused: each with the place, the value and what to write instead. */
import { describe, expect, test } from "vitest";
import { type BadLayer, type Told, testRefused } from "../test/refused-layer.ts";
import { mistakesOf, PUBLIC_KEY, sampleFiles } from "../test/sample.ts";
import { renderMistake } from "./index.ts";

const IMAGE = "example/runtime:1";

const cells = (value: unknown, rest: Told): BadLayer => ({
  layer: "2-database",
  config: { "bulkhead:cells": value },
  ...rest,
});
const services = (config: Record<string, unknown>, rest: Told): BadLayer => ({
  layer: "3-services",
  config,
  ...rest,
});

const bad: Record<string, BadLayer> = {
  "no cell": cells({}, { path: "bulkhead:cells", value: {}, remedy: "add one, such as eu1" }),
  "cells as a list": cells(["eu1"], { path: "bulkhead:cells", value: ["eu1"], remedy: "give a map" }),
  "a cell's name with a hyphen": cells(
    { "eu-1": { region: "europe-west1" } },
    { path: "bulkhead:cells.eu-1", value: "eu-1", remedy: /1 to 15 of a-z and 0-9/ },
  ),
  "a cell in a region that the foundation has not": cells(
    { eu1: { region: "europe-west4" } },
    { path: "bulkhead:cells.eu1.region", value: "europe-west4", remedy: /use one of europe-west1, or add it/ },
  ),
  "a cell in a zone": cells(
    { eu1: { region: "europe-west1-b" } },
    { path: "bulkhead:cells.eu1.region", value: "europe-west1-b", remedy: /such as europe-west1/ },
  ),
  "two default cells": cells(
    { eu1: { region: "europe-west1", default: true }, eu2: { region: "europe-west1", default: true } },
    { path: "bulkhead:cells", value: ["eu1", "eu2"], remedy: /exactly one/, problem: /2 default cells/ },
  ),
  "a PostgreSQL version that AlloyDB has not": cells(
    { eu1: { region: "europe-west1", postgresVersion: 12 } },
    { path: "bulkhead:cells.eu1.postgresVersion", value: 12, remedy: "use 15, 16 or 17" },
  ),
  "a machine size that AlloyDB has not": cells(
    { eu1: { region: "europe-west1", cpuCount: 3 } },
    { path: "bulkhead:cells.eu1.cpuCount", value: 3, remedy: /use 2, 4, 8/ },
  ),
  "a flag of the platform": cells(
    { eu1: { region: "europe-west1", flags: { Row_Security: "off" } } },
    { path: "bulkhead:cells.eu1.flags.Row_Security", value: "off", remedy: "remove it", problem: /isolation rests/ },
  ),
  "a flag that is a number": cells(
    { eu1: { region: "europe-west1", flags: { work_mem: 64 } } },
    { path: "bulkhead:cells.eu1.flags.work_mem", value: 64, remedy: 'give a string, in quotes: "64"' },
  ),
  "max_connections as a flag": cells(
    { eu1: { region: "europe-west1", flags: { max_connections: "200" } } },
    { path: "bulkhead:cells.eu1.flags.max_connections", value: "200", remedy: "remove it", problem: /maxConnections/ },
  ),
  "more than 20 read nodes": cells(
    { eu1: { region: "europe-west1", readPools: { a: { nodes: 12 }, b: { nodes: 9 } } } },
    { path: "bulkhead:cells.eu1.readPools", value: 21, remedy: /AlloyDB takes 20/, problem: /over 20 nodes in all/ },
  ),
  "a machine type of other vCPUs": cells(
    { eu1: { region: "europe-west1", cpuCount: 8, machineType: "c4a-highmem-16-lssd" } },
    { path: "bulkhead:cells.eu1.machineType", value: "c4a-highmem-16-lssd", remedy: "make the two agree" },
  ),
  "a size of another series without its name": cells(
    { eu1: { region: "europe-west1", cpuCount: 48 } },
    { path: "bulkhead:cells.eu1.cpuCount", value: 48, remedy: /or name the machineType/ },
  ),
  "a secondary in the cell's own region": cells(
    { eu1: { region: "europe-west1", secondaries: { dr: { region: "europe-west1" } } } },
    { path: "bulkhead:cells.eu1.secondaries.dr.region", value: "europe-west1", remedy: "use another region" },
  ),
  "a secondary in a region that the foundation has not": cells(
    { eu1: { region: "europe-west1", secondaries: { dr: { region: "us-east4" } } } },
    { path: "bulkhead:cells.eu1.secondaries.dr.region", value: "us-east4", remedy: /use one of europe-west1, or add/ },
  ),
  "a writer that is no site": cells(
    { eu1: { region: "europe-west1", writer: "dr" } },
    { path: "bulkhead:cells.eu1.writer", value: "dr", remedy: "use one of home", problem: /not a site/ },
  ),
  "a fenced site that is none": cells(
    { eu1: { region: "europe-west1", fenced: ["dr"] } },
    { path: "bulkhead:cells.eu1.fenced", value: "dr", remedy: "use one of home" },
  ),
  "a writer that is fenced": cells(
    { eu1: { region: "europe-west1", fenced: ["home"] } },
    { path: "bulkhead:cells.eu1.fenced", value: "home", remedy: /let another site write/ },
  ),
  "an unreachable site that takes writes": cells(
    { eu1: { region: "europe-west1", unreachable: ["home"] } },
    { path: "bulkhead:cells.eu1.unreachable", value: "home", remedy: /fence it as well/ },
  ),
  "a recovery window beyond AlloyDB's": cells(
    { eu1: { region: "europe-west1", backups: { recoveryWindowDays: 40 } } },
    { path: "bulkhead:cells.eu1.backups.recoveryWindowDays", value: 40, remedy: /35/ },
  ),
  "Vertex AI in a cell and not in the foundation": cells(
    { eu1: { region: "europe-west1", vertexAi: true } },
    { path: "bulkhead:cells.eu1.vertexAi", value: true, remedy: /vertexAi: true in stacks\/1-foundation/ },
  ),
  "pooling on the writer, its price not acknowledged": cells(
    { eu1: { region: "europe-west1", pooling: {} } },
    { path: "bulkhead:cells.eu1.pooling.acknowledged", value: undefined, remedy: /true/ },
  ),
  "a misspelt key of a cell": cells(
    { eu1: { region: "europe-west1", cpuCuont: 4 } },
    { path: "bulkhead:cells.eu1.cpuCuont", value: 4, remedy: 'did you mean "cpuCount"?' },
  ),
  "an image :latest": services(
    { "bulkhead:images": { runtime: "example/runtime:latest" } },
    { path: "bulkhead:images.runtime", value: "example/runtime:latest", remedy: /pin a version/ },
  ),
  "an image without a tag": services(
    { "bulkhead:images": { runtime: "localhost:5000/runtime" } },
    { path: "bulkhead:images.runtime", value: "localhost:5000/runtime", remedy: /a tag or a digest/ },
  ),
  "a misspelt image": services(
    { "bulkhead:images": { runtime: IMAGE, postgREST: IMAGE } },
    { path: "bulkhead:images.postgREST", value: IMAGE, remedy: 'did you mean "postgrest"?' },
  ),
  "both ways to give keys": services(
    { "bulkhead:tokens": { jwks: { keys: [PUBLIC_KEY] }, jwksFile: "keys.json" } },
    { path: "bulkhead:tokens", value: ["jwksFile", "jwks"], remedy: "give one of the two", problem: /both/ },
  ),
  "no keys": services(
    { "bulkhead:tokens": { audience: "acme" } },
    { path: "bulkhead:tokens", value: [], remedy: "give one of the two", problem: /neither/ },
  ),
  "an empty key set": services(
    { "bulkhead:tokens": { jwks: { keys: [] } } },
    { path: "bulkhead:tokens.jwks.keys", value: [], remedy: "use 1 entries or more" },
  ),
  "an empty audience": services(
    { "bulkhead:tokens": { audience: "", jwks: { keys: [PUBLIC_KEY] } } },
    { path: "bulkhead:tokens.audience", value: "", remedy: "use 1 characters or more" },
  ),
  "a private key": services(
    { "bulkhead:tokens": { jwks: { keys: [PUBLIC_KEY, { ...PUBLIC_KEY, d: "jpsQnnGQmL-YBIffH1136cspYG6" }] } } },
    { path: "bulkhead:tokens.jwks.keys[1]", value: { kty: "EC", kid: "one" }, remedy: /public key only/ },
  ),
  "a symmetric key": services(
    { "bulkhead:tokens": { jwks: { keys: [{ kty: "oct", k: "AyM1SysPpbyDfgZld3umj1qzKObwVMko" }] } } },
    { path: "bulkhead:tokens.jwks.keys[0]", value: { kty: "oct" }, remedy: /public key only/ },
  ),
  "a symmetric key that says it is another": services(
    { "bulkhead:tokens": { jwks: { keys: [{ kty: "RSA", k: "AyM1SysPpbyDfgZld3umj1qzKObwVMko" }] } } },
    { path: "bulkhead:tokens.jwks.keys[0]", value: { kty: "RSA" }, remedy: /public key only/ },
  ),
  "a public key of a type that is none": services(
    { "bulkhead:tokens": { jwks: { keys: [{ ...PUBLIC_KEY, kty: "eC" }] } } },
    { path: "bulkhead:tokens.jwks.keys[0]", value: { kty: "eC", kid: "one" }, remedy: /whole public key/ },
  ),
  "half a public key": services(
    { "bulkhead:tokens": { jwks: { keys: [{ kty: "EC", crv: "P-256", x: "eA" }] } } },
    { path: "bulkhead:tokens.jwks.keys[0]", value: { kty: "EC" }, remedy: /whole public key/, problem: /lacks y/ },
  ),
  "a key file that is not there": services(
    { "bulkhead:tokens": { jwksFile: "missing.json" } },
    {
      path: "bulkhead:tokens.jwksFile",
      value: "missing.json",
      remedy: /path of a JWKS file/,
      problem: /^cannot be read \(ENOENT: no such file or directory\)$/,
    },
  ),
  "min over max": services(
    { "bulkhead:client": { replicas: { min: 5, max: 2 } } },
    { path: "bulkhead:client.replicas", value: { min: 5, max: 2 }, remedy: "raise max or lower min" },
  ),
  "no replicas": services(
    { "bulkhead:admin": { replicas: { min: 0, max: 2 } } },
    { path: "bulkhead:admin.replicas.min", value: 0, remedy: "use 1 or more" },
  ),
  "half a replica": services(
    { "bulkhead:shards": 1.5 },
    { path: "bulkhead:shards", value: 1.5, remedy: "give a whole number" },
  ),
  "pools over max_connections": services(
    { "bulkhead:client": { replicas: { min: 2, max: 100 }, pool: 20 } },
    {
      path: "bulkhead:maxConnections",
      value: 1000,
      remedy: /lower replicas.max or pool/,
      problem: /at its peak, 2242/,
    },
  ),
};

describe("stack config of layers 2 and 3 that is refused", () => testRefused(bad));

describe("key files", () => {
  const tokens = { "3-services": { "bulkhead:tokens": { jwksFile: "keys.json" } } };
  const PATH = "stacks/3-services/Pulumi.test.yaml bulkhead:tokens.jwksFile";

  test("public keys are read", () => {
    expect(mistakesOf(sampleFiles(tokens, { "3-services/keys.json": JSON.stringify({ keys: [PUBLIC_KEY] }) }))).toEqual(
      [],
    );
  });

  test.each([
    ["a private key", { keys: [{ ...PUBLIC_KEY, d: "jpsQnnGQmL-YBIffH1136cspYG6" }] }, ".keys[0]"],
    ["no keys", {}, ".keys"],
    ["null", null, ""],
    ["keys that are none", { keys: ["s3cr3t-s3cr3t-s3cr3t"] }, ".keys[0]"],
  ])("%s is refused, and not shown", (_name, content, below) => {
    const mistakes = mistakesOf(sampleFiles(tokens, { "3-services/keys.json": JSON.stringify(content) }));
    expect(mistakes.map(({ path }) => path)).toEqual([`${PATH}${below}`]);
    expect(mistakes.map(renderMistake).join()).not.toMatch(/jpsQ|s3cr3t/);
  });

  test("what is not JSON is refused, and not shown", () => {
    const [mistake] = mistakesOf(sampleFiles(tokens, { "3-services/keys.json": "s3cr3t" }));
    expect(mistake).toMatchObject({ path: PATH, value: "keys.json", remedy: expect.stringContaining("JWKS") });
    expect(renderMistake(mistake!)).not.toContain("s3cr3t");
  });
});
