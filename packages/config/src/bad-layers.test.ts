/** Stack config of the first three layers that is refused: each with the place, the value and what to write instead. */
import { describe, expect, test } from "vitest";
import { mistakesOf, PUBLIC_KEY, sampleFiles } from "../test/sample.ts";
import { type Layer, renderMistake } from "./index.ts";

interface Bad {
  layer: Layer;
  /** Keys that replace the sample's. */
  config: Record<string, unknown>;
  /** Below the layer's file. */
  path: string;
  value: unknown;
  remedy: string | RegExp;
  problem?: RegExp;
}

const REGION = { nodes: "10.0.0.0/20", pods: "10.4.0.0/14", services: "10.8.0.0/20", controlPlane: "172.16.0.0/28" };
const OTHER_REGION = {
  nodes: "10.128.0.0/20",
  pods: "10.132.0.0/14",
  services: "10.136.0.0/20",
  controlPlane: "172.16.1.0/28",
};
const IMAGE = "example/runtime:1";

const foundation = (config: Record<string, unknown>, rest: Omit<Bad, "layer" | "config">): Bad => ({
  layer: "1-foundation",
  config,
  ...rest,
});
const region = (change: Record<string, unknown>, rest: Omit<Bad, "layer" | "config">): Bad =>
  foundation({ "bulkhead:regions": { "europe-west1": { ...REGION, ...change } } }, rest);
const cells = (value: unknown, rest: Omit<Bad, "layer" | "config">): Bad => ({
  layer: "2-database",
  config: { "bulkhead:cells": value },
  ...rest,
});
const services = (config: Record<string, unknown>, rest: Omit<Bad, "layer" | "config">): Bad => ({
  layer: "3-services",
  config,
  ...rest,
});

const bad: Record<string, Bad> = {
  "no project": foundation(
    { "bulkhead:project": undefined },
    { path: "bulkhead:project", value: undefined, remedy: "give a string", problem: /is missing/ },
  ),
  "a project that is a number": foundation(
    { "bulkhead:project": 123456 },
    { path: "bulkhead:project", value: 123456, remedy: 'give a string, in quotes: "123456"' },
  ),
  "a project id in upper case": foundation(
    { "bulkhead:project": "Acme" },
    { path: "bulkhead:project", value: "Acme", remedy: /6 to 30 of a-z/ },
  ),
  "host bits in a range": region(
    { nodes: "10.0.0.1/20" },
    { path: "bulkhead:regions.europe-west1.nodes", value: "10.0.0.1/20", remedy: /host bits are zero/ },
  ),
  "leading zeros in a range": region(
    { nodes: "010.0.0.0/20" },
    { path: "bulkhead:regions.europe-west1.nodes", value: "010.0.0.0/20", remedy: /such as 10.0.0.0/ },
  ),
  "a control plane that is no /28": region(
    { controlPlane: "172.16.0.0/24" },
    { path: "bulkhead:regions.europe-west1.controlPlane", value: "172.16.0.0/24", remedy: /use a \/28/ },
  ),
  "overlapping ranges": region(
    { pods: "10.0.0.0/14" },
    {
      path: "bulkhead:regions.europe-west1.pods",
      value: "10.0.0.0/14",
      remedy: "use a range of its own",
      problem: /overlaps bulkhead:regions.europe-west1.nodes, 10.0.0.0\/20/,
    },
  ),
  "a range inside the database's": foundation(
    { "bulkhead:databaseRange": "10.0.8.0/21" },
    {
      path: "bulkhead:regions.europe-west1.nodes",
      value: "10.0.0.0/20",
      remedy: "use a range of its own",
      problem: /overlaps bulkhead:databaseRange, 10.0.8.0/,
    },
  ),
  "a public range": region(
    { pods: "34.0.0.0/14" },
    {
      path: "bulkhead:regions.europe-west1.pods",
      value: "34.0.0.0/14",
      remedy: /10.0.0.0\/8/,
      problem: /not a private range/,
    },
  ),
  "Docker's range": region(
    { services: "172.17.16.0/20" },
    { path: "bulkhead:regions.europe-west1.services", value: "172.17.16.0/20", remedy: "use another range" },
  ),
  "proxies without room": region(
    { proxies: "10.9.0.0/27" },
    { path: "bulkhead:regions.europe-west1.proxies", value: "10.9.0.0/27", remedy: /use a \/26 or larger/ },
  ),
  "proxies in the pods' range": region(
    { proxies: "10.5.0.0/23" },
    {
      path: "bulkhead:regions.europe-west1.proxies",
      value: "10.5.0.0/23",
      remedy: "use a range of its own",
      problem: /overlaps bulkhead:regions.europe-west1.pods/,
    },
  ),
  "a database range without room": foundation(
    { "bulkhead:databaseRange": "10.64.0.0/25" },
    { path: "bulkhead:databaseRange", value: "10.64.0.0/25", remedy: /use a \/24 or larger/ },
  ),
  "endpoints where AlloyDB is peered": region(
    { endpoints: "10.64.0.0/24" },
    { path: "bulkhead:regions.europe-west1.endpoints", value: "10.64.0.0/24", remedy: "remove it" },
  ),
  "no endpoints by Private Service Connect": foundation(
    { "bulkhead:databaseAccess": "psc" },
    {
      path: "bulkhead:regions.europe-west1.endpoints",
      value: undefined,
      remedy: "give a part of bulkhead:databaseRange, 10.64.0.0/20",
    },
  ),
  "endpoints outside the database range": foundation(
    {
      "bulkhead:databaseAccess": "psc",
      "bulkhead:regions": { "europe-west1": { ...REGION, endpoints: "10.80.0.0/24" } },
    },
    { path: "bulkhead:regions.europe-west1.endpoints", value: "10.80.0.0/24", remedy: "use a part of it" },
  ),
  "two regions and no word on the gateway": foundation(
    { "bulkhead:regions": { "europe-west1": REGION, "us-east4": OTHER_REGION } },
    {
      path: "bulkhead:gatewayRegion",
      value: undefined,
      remedy: "name the one that is to hold the gateway: europe-west1, us-east4",
    },
  ),
  "a gateway in a region that is not there": foundation(
    { "bulkhead:gatewayRegion": "europe-west2" },
    { path: "bulkhead:gatewayRegion", value: "europe-west2", remedy: /did you mean "europe-west1"/ },
  ),
  "the whole internet": foundation(
    { "bulkhead:egress": { all: { range: "0.0.0.0/0" } } },
    { path: "bulkhead:egress.all.range", value: "0.0.0.0/0", remedy: /name the ranges/ },
  ),
  "a way out whose name is no name": foundation(
    { "bulkhead:egress": { "Token Issuer": { range: "203.0.113.0/24" } } },
    { path: 'bulkhead:egress."Token Issuer"', value: "Token Issuer", remedy: /1 to 20 of a-z/ },
  ),
  "keys that never rotate": foundation(
    { "bulkhead:encryption": { rotationDays: 0 } },
    { path: "bulkhead:encryption.rotationDays", value: 0, remedy: "use 2 or more" },
  ),
  "a mirror by http": foundation(
    { "bulkhead:mirrors": { hub: "http://registry-1.docker.io" } },
    { path: "bulkhead:mirrors.hub", value: "http://registry-1.docker.io", remedy: /begins with https/ },
  ),
  "a misspelt key of a region": region(
    { node: "10.16.0.0/20" },
    { path: "bulkhead:regions.europe-west1.node", value: "10.16.0.0/20", remedy: 'did you mean "nodes"?' },
  ),
  "a misspelt key of the layer": foundation(
    { "bulkhead:projekt": "acme-platform" },
    { path: "bulkhead:projekt", value: "acme-platform", remedy: 'did you mean "project"?' },
  ),
  "an unknown release channel": foundation(
    { "bulkhead:releaseChannel": "regular" },
    { path: "bulkhead:releaseChannel", value: "regular", remedy: /did you mean "REGULAR"/ },
  ),
  "node pools in Autopilot": foundation(
    { "bulkhead:gke": { nodePools: { general: {} } } },
    { path: "bulkhead:gke.nodePools", value: ["general"], remedy: /leave them out/, problem: /Autopilot runs its own/ },
  ),
  "a Standard cluster without nodes": foundation(
    { "bulkhead:gke": { mode: "standard" } },
    { path: "bulkhead:gke.nodePools", value: undefined, remedy: /add one/, problem: /no node/ },
  ),
  "a pool whose least is more than its largest": foundation(
    { "bulkhead:gke": { mode: "standard", nodePools: { general: { minNodes: 4, maxNodes: 3 } } } },
    { path: "bulkhead:gke.nodePools.general.minNodes", value: 4, remedy: /maxNodes the larger/ },
  ),
  "less maintenance than GKE demands": foundation(
    { "bulkhead:gke": { maintenance: { days: ["SU"], hours: 8 } } },
    { path: "bulkhead:gke.maintenance.hours", value: 8, remedy: /48 or more/, problem: /leaves 32 hours in 32 days/ },
  ),
  "a freeze of all upgrades without an end": foundation(
    { "bulkhead:gke": { maintenance: { exclusions: { freeze: { start: "2026-12-20T00:00:00Z" } } } } },
    { path: "bulkhead:gke.maintenance.exclusions.freeze.end", value: undefined, remedy: /within 30 days/ },
  ),
  "a freeze in local time": foundation(
    { "bulkhead:gke": { maintenance: { exclusions: { freeze: { start: "2026-12-20T00:00:00+01:00" } } } } },
    {
      path: "bulkhead:gke.maintenance.exclusions.freeze.start",
      value: "2026-12-20T00:00:00+01:00",
      remedy: /time in UTC/,
    },
  ),
  "every image of a registry's host": foundation(
    { "bulkhead:gke": { binaryAuthorization: { allow: { all: "**" } } } },
    { path: "bulkhead:gke.binaryAuthorization.allow.all", value: "**", remedy: /a host and a path/ },
  ),
  "several regions without a fleet": foundation(
    {
      "bulkhead:regions": { "europe-west1": REGION, "us-east4": OTHER_REGION },
      "bulkhead:gatewayRegion": "europe-west1",
      "bulkhead:gke": { fleet: false },
    },
    { path: "bulkhead:gke.fleet", value: false, remedy: /needs the fleet/ },
  ),
  "an archive that ends before its log": foundation(
    { "bulkhead:audit": { archive: { retentionDays: 30 } } },
    { path: "bulkhead:audit.archive.retentionDays", value: 30, remedy: /keep the archive longer/ },
  ),
  "a channel without an address": foundation(
    { "bulkhead:notifications": { team: { type: "email" } } },
    { path: "bulkhead:notifications.team.address", value: undefined, remedy: "give an e-mail address" },
  ),
  "a key where an address belongs": foundation(
    { "bulkhead:notifications": { oncall: { type: "pagerduty", address: "0123456789abcdef" } } },
    { path: "bulkhead:notifications.oncall.address", value: undefined, remedy: /pulumi config set --secret/ },
  ),
  "a protection in words": foundation(
    { "bulkhead:deletionProtection": "yes" },
    { path: "bulkhead:deletionProtection", value: "yes", remedy: "give a boolean" },
  ),
  "an authorized network that is a list": foundation(
    { "bulkhead:authorizedNetworks": ["10.0.0.0/8"] },
    { path: "bulkhead:authorizedNetworks", value: ["10.0.0.0/8"], remedy: "give a map" },
  ),
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

describe("stack config that is refused", () => {
  test.each(Object.entries(bad))("%s", (_name, { layer, config, path, value, remedy, problem }) => {
    const mistakes = mistakesOf(sampleFiles({ [layer]: config }));
    // A cell that is refused also leaves the tenants without one: only this layer's mistakes are counted here.
    const own = mistakes.filter((mistake) => mistake.path.includes(layer));
    expect(own).toHaveLength(1);
    expect(own[0]!.path).toBe(`stacks/${layer}/Pulumi.test.yaml ${path}`);
    expect(own[0]!.value).toEqual(value);
    if (typeof remedy === "string") expect(own[0]!.remedy).toBe(remedy);
    else expect(own[0]!.remedy).toMatch(remedy);
    if (problem) expect(own[0]!.problem).toMatch(problem);
  });
});

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
