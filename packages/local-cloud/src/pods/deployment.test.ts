import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { recordOf, waitForExit } from "../cloud/process.ts";
import type { Props } from "../plugin/values.ts";
import {
  type Driver,
  gcpDriver,
  kubernetesDriver,
  type Made,
  makeDatabase,
  makeIdentity,
  temporaryCloud,
} from "../testing/harness.ts";
import { configMap, keyOf, namespace, postgrest, service, serviceAccount } from "../testing/manifests.ts";

const { dir, cloud, end } = temporaryCloud();
const KEYS = { "jwks.json": JSON.stringify({ keys: [{ kty: "oct", alg: "HS256", k: "c2VjcmV0".repeat(8) }] }) };
let gcp: Driver;
let kubernetes: Driver;
let database: Awaited<ReturnType<typeof makeDatabase>>;
let identity: Awaited<ReturnType<typeof makeIdentity>>;
let deployment: Made;

const make = (object: Props) => kubernetes.create(keyOf(object), String((object.metadata as Props).name), object);
const manifest = (env: Props = {}, spec: Props = {}) => postgrest(database.instanceName, identity.userId, env, spec);
const url = () => cloud.serviceUrl({ namespace: "api", service: "client-api" });
const pod = async () => (await cloud.status()).find((s) => s.kind === "deployment");
const rows = async (relation: string) => fetch(`${await url()}/${relation}`);

async function sql(text: string): Promise<void> {
  const client = new pg.Client(await cloud.adminLogin("primary"));
  await client.connect();
  await client.query(text).finally(() => client.end());
}

beforeAll(async () => {
  gcp = await gcpDriver({ mode: "realise", dir });
  kubernetes = await kubernetesDriver({ mode: "realise", dir });
  database = await makeDatabase(gcp, "eu1");
  identity = await makeIdentity(gcp, database.clusterName, "api/client");
  await sql("create table public.things as select 1 as id; grant select on public.things to alloydbiamuser");
  for (const object of [namespace, serviceAccount(identity.email), configMap("keys", KEYS), service])
    await make(object);
  deployment = await make(manifest());
}, 120_000);
afterAll(end, 60_000);

test("PostgREST serves what its manifest says, logged in as the pod's identity without a password in sight", async () => {
  expect(await (await rows("things")).json()).toEqual([{ id: 1 }]);
  const status = await pod();
  expect(status).toMatchObject({ running: true, wanted: true, namespace: "api", name: "client-api" });
  const environment = await readFile(`/proc/${status?.pid}/environ`, "utf8");
  expect(environment).not.toMatch(/PGPASSWORD|PULUMI|BULKHEAD|NODE/);
  const passwords = await readFile(environment.match(/PGPASSFILE=([^\0]+)/)?.[1] ?? "", "utf8");
  const password = passwords.trim().split(":").at(-1) ?? "";
  expect(environment + (await readFile(`/proc/${status?.pid}/cmdline`, "utf8"))).not.toContain(password);
  expect(environment).toMatch(/PGRST_JWT_SECRET=@\/.*\/volumes\/keys\/jwks.json/);
});

test("an unchanged template leaves it running; a changed one restarts it at the same address", async () => {
  const before = await pod();
  await kubernetes.update(deployment, manifest({}, { replicas: 5 }));
  expect((await pod())?.pid).toBe(before?.pid);
  deployment = await kubernetes.update(deployment, manifest({ PGRST_DB_MAX_ROWS: "5" }));
  expect((await pod())?.pid).not.toBe(before?.pid);
  expect((await pod())?.address).toBe(before?.address);
});

test("a template that does not get ready is refused with its log, and the old one goes on", async () => {
  const broken = kubernetes.update(deployment, manifest({ PGRST_LOG_LEVEL: "nonsense" }));
  await expect(broken).rejects.toThrow(
    /client-api is not ready: the process exited with 1; its log ends:\n.*logging level/s,
  );
  expect((await rows("things")).status).toBe(200);
});

test("mounted files follow their ConfigMap without a restart", async () => {
  const before = await pod();
  const old = await make(configMap("extra", { a: "1" }));
  const mounted = manifest();
  const spec = ((mounted.spec as Props).template as Props).spec as Props;
  (spec.volumes as Props[]).push({ name: "extra", configMap: { name: "extra" } });
  deployment = await kubernetes.update(deployment, mounted);
  const running = await pod();
  expect(running?.pid).not.toBe(before?.pid);
  await kubernetes.update(old, configMap("extra", { b: "2" }));
  const folder = join(running?.log ?? "", "..", "volumes", "extra");
  expect(await readFile(join(folder, "b"), "utf8")).toBe("2");
  await expect(readFile(join(folder, "a"), "utf8")).rejects.toThrow("ENOENT");
  expect((await pod())?.pid).toBe(running?.pid);
});

test("killed with its database, and the database's port taken, both come back and find each other", async () => {
  const all = (await cloud.status()).filter((s) => s.pid !== undefined);
  const address = await url();
  for (const { pid = 0 } of all) {
    const record = recordOf(pid);
    process.kill(pid, "SIGKILL");
    if (record) await waitForExit(record, 5_000);
  }
  const { port } = await cloud.instanceAddress("primary");
  const squatter = createServer().listen(port, "127.0.0.1");
  await new Promise((resolve) => squatter.once("listening", resolve));
  expect((await cloud.ensure()).map((s) => s.kind)).toEqual(["postgres", "deployment"]);
  await new Promise((resolve) => squatter.close(resolve));
  expect(await url()).toBe(address);
  expect((await rows("things")).status).toBe(200);
  expect(await cloud.ensure()).toEqual([]);
}, 60_000);

test("what refers to something missing says so, as kubelet would", async () => {
  const missing = { PGRST_DB_ANON_ROLE: { secretKeyRef: { name: "nowhere", key: "k" } } };
  const other = manifest(missing);
  (other.metadata as Props).name = "other";
  await expect(make(other)).rejects.toThrow('CreateContainerConfigError: secret "api/nowhere" not found');
  expect((await cloud.status()).map((s) => s.name)).not.toContain("other");
  const elsewhere = configMap("m", {});
  (elsewhere.metadata as Props).namespace = "nowhere";
  await expect(make(elsewhere)).rejects.toThrow('namespaces "nowhere" not found');
}, 30_000);

test("no replicas, no process; another image is kept and not run", async () => {
  deployment = await kubernetes.update(deployment, manifest({}, { replicas: 0 }));
  expect(await pod()).toMatchObject({ running: false, wanted: false, note: "replicas: 0" });
  const other = manifest();
  (other.metadata as Props).name = "other";
  const spec = ((other.spec as Props).template as Props).spec as Props;
  (spec.containers as Props[])[0] = { name: "web", image: "docker.io/library/nginx:1" };
  const made = await make(other);
  const status = (await cloud.status()).find((s) => s.name === "other");
  expect(status).toMatchObject({ running: false, wanted: false, note: "not realised: docker.io/library/nginx:1" });
  await kubernetes.delete(made);
  await kubernetes.delete(deployment);
  expect((await cloud.status()).map((s) => s.kind)).toEqual(["postgres"]);
});
