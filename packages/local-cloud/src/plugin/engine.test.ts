import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCloud } from "../index.ts";
import { Engine } from "../testing/engine.ts";

const root = mkdtempSync(join(tmpdir(), "bulkhead-engine-"));
const engine = new Engine(join(root, "program"), { mode: "record" });
const real = new Engine(join(root, "real"), { mode: "realise", dir: join(root, "cloud") });
beforeAll(async () => {
  await engine.init();
  await real.init();
}, 60_000);
afterAll(async () => {
  await openCloud(join(root, "cloud")).destroy();
  await rm(root, { recursive: true, force: true });
});

const database = (cluster: string, instance = "") => `
import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
const cluster = new gcp.alloydb.Cluster("c", {
  clusterId: "eu1", location: "europe-west1", databaseVersion: "POSTGRES_17", deletionProtection: false,
  networkConfig: { network: "projects/p/global/networks/n" }, initialUser: { password: pulumi.secret("hunter2!") }, ${cluster}
});
const primary = new gcp.alloydb.Instance("i", { cluster: cluster.name, instanceId: "primary", instanceType: "PRIMARY", ${instance} });
export const address = primary.ipAddress;
export const number = gcp.organizations.getProjectOutput({}).number;
`;

const platform = (cluster: string, instance = "") => `${database(cluster, instance)}
import * as k8s from "@pulumi/kubernetes";
import * as vault from "@pulumi/vault";
const secret = new k8s.core.v1.Secret("s", { stringData: { token: "hunter3!" } });
new k8s.apiextensions.CustomResource("x", { apiVersion: "example.com/v1", kind: "Thing", spec: { a: 1 } });
const mount = new vault.Mount("db", { path: "database", type: "database" });
new vault.database.SecretBackendRole("r", { backend: mount.path, name: "r", dbName: "d", creationStatements: ["x"] });
export const token = secret.stringData;
export const accessor = mount.accessor;
`;

test("the engine plans, applies, repeats and replaces as with the real providers, and keeps secrets", async () => {
  await engine.program(platform(""));
  const preview = await engine.pulumi("preview");
  expect(preview.output).toMatch(/\+ 7 to create/);
  expect(preview.output).toMatch(/address\s*: \[unknown\]/);
  expect(preview.output).not.toMatch(/version|downgrad/i);
  const up = await engine.up();
  expect(up.output).toMatch(/\+ 7 created/);
  expect(up.output).toMatch(/address\s*: "10\.[\d.]+"/);
  expect(up.output).toMatch(/accessor\s*: "mount_[0-9a-f]+"/);
  expect(up.output).toMatch(/token\s*: \[secret\]/);
  expect(up.output + (await engine.state())).not.toMatch(/hunter|aHVudGVy/);
  expect((await engine.up("--expect-no-changes")).code).toBe(0);
  await engine.program(platform(`encryptionConfig: { kmsKeyName: "k" }`, `displayName: "p"`));
  const plan = await engine.pulumi("preview", "--diff");
  expect(plan.output).toMatch(/gcp:alloydb\/cluster:Cluster: \(replace\)/);
  expect(plan.output).toMatch(/\+ encryptionConfig: {/);
  expect(plan.output).toMatch(/\+ displayName *: "p"/);
}, 120_000);

test("what is wrong with a resource is said in one go, with its path", async () => {
  const source = `
    import * as gcp from "@pulumi/gcp";
    new gcp.alloydb.Cluster("bad", { clusterId: "x", location: "l", restoreBackupSource: {} as never });
  `;
  await engine.program(source);
  const { code, output } = await engine.pulumi("preview");
  expect(code).not.toBe(0);
  expect(output).toContain("Missing required property 'restoreBackupSource.backupName'");
  expect(output).toContain("exactly one of networkConfig.network and pscConfig.pscEnabled");
}, 60_000);

test("realised, a database is a database until it is destroyed", async () => {
  await real.program(database(""));
  expect((await real.up()).output).toMatch(/PostgreSQL 17[\d.a-z-]* on 127.0.0.1:\d+/);
  const cloud = openCloud(join(root, "cloud"));
  expect((await cloud.status()).map((s) => [s.kind, s.running])).toEqual([["postgres", true]]);
  expect((await cloud.adminLogin("primary")).password).toBe("hunter2!");
  expect((await real.pulumi("destroy", "--yes", "--skip-preview")).code).toBe(0);
  expect(await cloud.status()).toEqual([]);
}, 90_000);

test("without a mode the providers refuse to run, and say how", async () => {
  const confused = new Engine(join(root, "program"), { mode: "pretend" });
  const { code, output } = await confused.pulumi("preview");
  expect(code).not.toBe(0);
  expect(output).toContain('set it to "record" (rehearse) or "realise" (run locally)');
}, 60_000);
