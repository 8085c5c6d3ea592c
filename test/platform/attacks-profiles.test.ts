/** Schemas asked for by Accept-Profile and Content-Profile that are not the caller's. */
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { Answer, Api } from "../support/api.ts";
import { rawRequest } from "../support/raw-http.ts";
import { type Seed, seed, tells } from "../support/seed.ts";
import { Stage } from "../support/stage.ts";

let stage: Stage;
let victim: Seed;
let attacker: Api;
let token: string;
beforeAll(async () => {
  stage = await Stage.open(inject("platformRoot"));
  victim = await seed(await stage.as("hooli"));
  token = await stage.sign(stage.claims("initech"));
  attacker = stage.with(token, "shard-0", "tenant_initech");
});
afterAll(async () => {
  await victim?.remove();
  await stage?.close();
});

const asking = (profile: string) => ({ "accept-profile": profile, "content-profile": profile });

const ATTEMPTS: readonly (readonly [string, (api: Api, headers: Record<string, string>) => Promise<Answer>])[] = [
  ["GET", (api, headers) => api.get("/bases", headers)],
  ["HEAD", (api, headers) => api.request("HEAD", "/bases", { headers })],
  ["GET by id", (api, headers) => api.get(`/bases?id=eq.${victim.rows.bases.id}`, headers)],
  ["POST", (api, headers) => api.post("/bases", { name: "planted" }, headers)],
  [
    "POST as the victim",
    (api, headers) => api.post("/bases", { name: "planted", account_id: victim.account }, headers),
  ],
  [
    "upsert",
    (api, headers) =>
      api.post(
        "/bases",
        { ...victim.rows.bases, name: "taken" },
        { ...headers, prefer: "resolution=merge-duplicates" },
      ),
  ],
  ["PATCH", (api, headers) => api.patch(`/bases?id=eq.${victim.rows.bases.id}`, { name: "taken" }, headers)],
  ["DELETE", (api, headers) => api.request("DELETE", `/bases?id=eq.${victim.rows.bases.id}`, { headers })],
];

describe("the schema of another tenant of the shard", () => {
  test.each(ATTEMPTS)("%s", async (title, attempt) => {
    const own = await attempt(attacker, asking("tenant_initech"));
    expect(own.status === 403 || tells(own.text, victim), own.text).toBe(
      title === "POST as the victim" || title === "upsert",
    );
    const before = await victim.now();
    const refused = await attempt(attacker, asking("tenant_hooli"));
    expect(refused.status, refused.text).toBe(403);
    expect(tells(refused.text, victim)).toBe(false);
    expect(await victim.now()).toEqual(before);
  });

  test("its own tenant is served there", async () => {
    expect(tells((await victim.api.get("/bases")).text, victim)).toBe(true);
  });

  test.each([
    ["own, then the other's", ["tenant_initech", "tenant_hooli"]],
    ["the other's, then own", ["tenant_hooli", "tenant_initech"]],
  ])("the header twice: %s", async (_title, profiles) => {
    const headers = profiles.flatMap((profile) => ["Accept-Profile", profile]);
    const answer = await rawRequest(`${attacker.url}/bases`, "GET", ["Authorization", `Bearer ${token}`, ...headers]);
    expect(tells(answer.text, victim)).toBe(false);
  });

  test("two tokens in one request", async () => {
    const other = await stage.sign(stage.claims("hooli"));
    const headers = ["Accept-Profile", "tenant_hooli", "Authorization", `Bearer ${token}`];
    const answer = await rawRequest(`${attacker.url}/bases`, "GET", [
      ...headers,
      "Authorization",
      "Bearer of.bad.news",
    ]);
    expect(tells(answer.text, victim)).toBe(false);
    const control = await rawRequest(`${attacker.url}/bases`, "GET", [
      "Accept-Profile",
      "tenant_hooli",
      "Authorization",
      `Bearer ${other}`,
    ]);
    expect(tells(control.text, victim)).toBe(true);
  });
});

const UNSERVED = [
  ...["bulkhead", "app", "public", "pg_catalog", "information_schema", "pg_toast", "pg_temp", "tenant_stark"],
  ...["TENANT_HOOLI", "Tenant_Hooli", '"tenant_hooli"', "tenant_hooli,tenant_initech", "tenant_initech,tenant_hooli"],
  ...["tenant_hooli;", "tenant_initech.bases", "*", "tenant%5Fhooli", "tenant_initech', 'tenant_hooli"],
];

describe("schemas that the shard does not serve", () => {
  test.each(UNSERVED)("%s", async (profile) => {
    for (const [table, method] of [
      ["bases", "GET"],
      ["tenant", "GET"],
      ["pg_authid", "GET"],
      ["bases", "POST"],
      ["bases", "PATCH"],
      ["bases", "DELETE"],
    ] as const) {
      const answer = await attacker.request(method, `/${table}?limit=5`, {
        headers: asking(profile),
        ...(method === "POST" || method === "PATCH" ? { body: { name: "planted" } } : {}),
      });
      expect(answer.status, `${method} ${table}: ${answer.text}`).toBe(406);
      expect(tells(answer.text, victim)).toBe(false);
    }
    expect((await attacker.get("/bases", asking("tenant_initech"))).status).toBe(200);
  });
});

describe("schemas that the client tier does not serve", () => {
  test.each([
    "bulkhead",
    "tenant_hooli",
    "tenant_initech",
    "public",
    "pg_catalog",
    "information_schema",
    "APP",
    "app, health",
  ])("%s", async (profile) => {
    const acme = await stage.as("acme");
    expect((await acme.get("/bases", asking("app"))).status).toBe(200);
    const answer = await acme.get("/bases", asking(profile));
    expect(answer.status, answer.text).toBe(406);
    expect(answer.text.replaceAll(profile, "")).not.toMatch(/tenant_/);
  });

  test("the health schema holds no table of anybody", async () => {
    const acme = await stage.as("acme");
    expect((await acme.get("/rpc/health", asking("health"))).status).toBe(200);
    expect((await acme.get("/bases", asking("health"))).status).toBe(404);
    expect((await acme.post("/bases", { name: "planted" }, asking("health"))).status).toBe(404);
  });
});

describe("what the API says of itself", () => {
  test.each(["client", "shard-0", "tenant-umbrella"])("to a stranger, at %s", async (service) => {
    const stranger = stage.with(undefined, service, service === "shard-0" ? "tenant_initech" : "app");
    for (const method of ["GET", "HEAD", "OPTIONS"])
      expect(JSON.stringify((await stranger.request(method, "/")).body)).not.toMatch(/tenant_|bases|account_id/);
    expect((await stranger.get("/bases")).status).toBe(401);
  });

  test("to a tenant: its own tables, no other schema, nobody else's name", async () => {
    const own = await attacker.get("/");
    expect(own.text).toContain("/bases");
    expect(own.text).not.toMatch(/hooli|umbrella|stark|globex/);
    const others = await attacker.get("/", asking("tenant_hooli"));
    expect(others.text).not.toContain("/bases");
  });

  test("OPTIONS on another's table", async () => {
    const answer = await attacker.request("OPTIONS", "/bases", { headers: asking("tenant_hooli") });
    expect(tells(answer.text, victim)).toBe(false);
    expect(answer.body).toBe("");
  });
});
