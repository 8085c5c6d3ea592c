/**
 * The tier that reads from a replica, against a real hot standby: a copy of the primary's data that stays in recovery. PostgREST and libpq run
 * with the settings that the tier's manifest gives them.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { appendFileSync, chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PostgrestTier } from "@bulkhead/components";
import { one, record } from "@bulkhead/components/testing";
import { accountIdOf } from "@bulkhead/config";
import { findBinaries, findPostgrest, runAs } from "@bulkhead/local-cloud/testing";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Cell } from "../support/cell.ts";

const ACCOUNT = accountIdOf("acme");
const SCALE = {
  replicas: { min: 1, max: 1 },
  pool: 2,
  autoscaling: { cpuPercent: 70, memoryPercent: 85, waitingRequests: 1 },
};

let cell: Cell;
let standby: number;
let token: string;
/** The tier's settings, the two servers being its two listeners. */
let settings: Record<string, string>;
const folder = mkdtempSync(join(tmpdir(), "bulkhead-reads-"));
const children: ChildProcess[] = [];

beforeAll(async () => {
  cell = await Cell.start();
  const { code, stdout, stderr } = await cell.apply({ acme: {} });
  expect(code, stdout + stderr).toBe(0);
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const now = Math.floor(Date.now() / 1000);
  token = await new SignJWT({ role: "api_user", account_id: ACCOUNT, sub: "somebody" })
    .setProtectedHeader({ alg: "ES256" })
    .setAudience("bulkhead")
    .setExpirationTime(now + 600)
    .sign(privateKey);
  settings = await tierSettings({ keys: [{ ...(await exportJWK(publicKey)), alg: "ES256" }] });
  const seeded = await insert(await postgrest(PRIMARY_ONLY()), "of before");
  expect(seeded.status).toBe(201);
  children.pop()?.kill();
  standby = await startStandby();
  settings.PGPORT = `${standby},${cell.address.port}`;
});

afterAll(async () => {
  for (const child of children) child.kill("SIGINT");
  await Promise.all(children.map((child) => child.exitCode ?? new Promise((done) => child.once("exit", done))));
  await cell.end();
  rmSync(folder, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

function start(command: string, args: string[], env: Record<string, string>, user = {}): () => string {
  const child = spawn(command, args, { env, cwd: "/", stdio: ["ignore", "pipe", "pipe"], ...user });
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      printed += chunk;
    });
  children.push(child);
  return () => printed;
}

async function eventually<T>(what: string, look: () => Promise<T | undefined>, output: () => string): Promise<T> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(100)) {
    const found = await look().catch(() => undefined);
    if (found !== undefined) return found;
  }
  throw new Error(`${what} did not happen:\n${output()}`);
}

/** A copy of the stopped primary, told to stay in recovery: what is asked of a standby, without what feeds one. */
async function startStandby(): Promise<number> {
  const { bin } = await findBinaries();
  const data = join(folder, "standby");
  const source = await cell.dataFolder();
  await cell.stopServer();
  cpSync(source, data, { recursive: true });
  await cell.startServer();
  const port = await freePort();
  appendFileSync(join(data, "postgresql.conf"), `\nport = ${port}\nhot_standby = on\n`);
  writeFileSync(join(data, "standby.signal"), "");
  rmSync(join(data, "postmaster.pid"), { force: true });
  chmodSync(data, 0o700);
  const user = runAs();
  if (user) execFileSync("chown", ["-R", `${user.uid}:${user.gid}`, folder]);
  const output = start(join(bin, "postgres"), ["-D", data], { LC_ALL: "C", TZ: "UTC" }, user ?? {});
  const recovering = await eventually("the standby's start", () => inRecovery(port), output);
  expect(recovering).toBe(true);
  return port;
}

async function inRecovery(port: number): Promise<boolean> {
  const client = new pg.Client({ ...cell.operator, port });
  await client.connect();
  try {
    const { rows } = await client.query<{ yes: boolean }>("select pg_is_in_recovery() as yes");
    return rows[0]!.yes;
  } finally {
    await client.end();
  }
}

async function tierSettings(jwks: object): Promise<Record<string, string>> {
  const instance = "projects/p/locations/europe-west1/clusters/c/instances";
  const { resources } = await record(
    () =>
      new PostgrestTier("eu1-client-reads", {
        namespace: "bulkhead-eu1",
        tier: "client-reads",
        images: { postgrest: "registry/postgrest:v16.1", authProxy: "registry/proxy:1" },
        identity: { serviceAccountName: "client", databaseUser: "client@test.iam" },
        authenticator: "client_authenticator",
        instance: `${instance}/primary`,
        replica: `${instance}/api`,
        anonymousRole: "anon",
        scale: SCALE,
        tokens: { audience: "bulkhead", jwks },
      }),
  );
  const data = one(resources, "ConfigMap", "eu1-client-reads-settings").inputs.data as Record<string, string>;
  // The replica's listener first, then the primary's.
  expect(data.PGPORT).toBe("5434,5432");
  return {
    ...data,
    PGPASSWORD: "of-the-tests",
    PGRST_JWT_SECRET: JSON.stringify(jwks),
    PGRST_SERVER_HOST: "127.0.0.1",
  };
}

/** Starts PostgREST with these settings. */
async function launch(change: Record<string, string> = {}): Promise<{ url: string; output: () => string }> {
  const port = await freePort();
  const admin = await freePort();
  const env = { ...settings, ...change, PGRST_SERVER_PORT: String(port), PGRST_ADMIN_SERVER_PORT: String(admin) };
  return { output: start(findPostgrest().path, [], env), url: `http://127.0.0.1:${port}` };
}

/** PostgREST with these settings, when it serves. */
async function postgrest(change: Record<string, string> = {}): Promise<string> {
  const { url, output } = await launch(change);
  const healthy = async () => (await fetch(`${url}/rpc/health`, { headers: { "accept-profile": "health" } })).ok;
  await eventually("the first answer", async () => ((await healthy()) ? true : undefined), output);
  return url;
}

const headers = () => ({
  authorization: `Bearer ${token}`,
  "content-type": "application/json",
  prefer: "return=representation",
});
const insert = (url: string, name = "of now") =>
  fetch(`${url}/bases`, { method: "POST", headers: headers(), body: JSON.stringify({ name }) });
const PRIMARY_ONLY = () => ({ PGHOST: "127.0.0.1", PGPORT: String(cell.address.port), PGTARGETSESSIONATTRS: "any" });

/** Sessions of the tier on a server, by what they last ran. */
async function sessions(port: number): Promise<string[]> {
  const client = new pg.Client({ ...cell.operator, port });
  await client.connect();
  try {
    const { rows } = await client.query<{ user: string }>(
      "select usename as user from pg_stat_activity where application_name = 'postgrest client-reads'",
    );
    return rows.map((row) => row.user);
  } finally {
    await client.end();
  }
}

test("requests are served from the replica, as the account of their token, and write nothing", async () => {
  const url = await postgrest();
  const read = await fetch(`${url}/bases?select=name`, { headers: headers() });
  expect([read.status, await read.json()]).toEqual([200, [{ name: "of before" }]]);
  expect((await fetch(`${url}/bases`)).status).toBe(401);
  expect((await sessions(standby)).length).toBeGreaterThan(0);
  const refused = await insert(url);
  expect(refused.status).toBeGreaterThanOrEqual(400);
  expect(JSON.stringify(await refused.json())).toMatch(/read-only transaction|during recovery/);
});

test("what PostgREST adds to the URI for its LISTEN goes before the variable: that connection is the primary's", async () => {
  const before = (await sessions(cell.address.port)).length;
  const url = await postgrest({ PGRST_DB_URI: `${settings.PGRST_DB_URI}?target_session_attrs=read-write` });
  const written = await insert(url);
  expect([written.status, await written.json()]).toMatchObject([201, [{ name: "of now", account_id: ACCOUNT }]]);
  expect((await sessions(cell.address.port)).length).toBeGreaterThan(before);
});

test("while the replica is away nothing is served, and nothing written, from the primary", async () => {
  const { url } = await launch({ PGPORT: `${await freePort()},${cell.address.port}` });
  const heard = new Set<number>();
  // Ten times as long as the others took to serve; until it has a database it may also not answer at all.
  for (const deadline = Date.now() + 8_000; Date.now() < deadline; await sleep(200)) {
    const asked = fetch(`${url}/bases`, { headers: headers(), signal: AbortSignal.timeout(500) });
    heard.add(await asked.then(({ status }) => status).catch(() => 0));
  }
  expect([...heard].filter((status) => status !== 0 && status !== 503)).toEqual([]);
});
