/** Calling what is not for requests, and headers that would set what only the hook may. */
import { accountIdOf } from "@bulkhead/config";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { Api } from "../support/api.ts";
import { type Seed, seed, tells } from "../support/seed.ts";
import { Stage } from "../support/stage.ts";

let stage: Stage;
let acme: Api;
let victim: Seed;
beforeAll(async () => {
  stage = await Stage.open(inject("platformRoot"));
  acme = await stage.as("acme");
  victim = await seed(await stage.as("globex"));
});
afterAll(async () => {
  await victim?.remove();
  await stage?.close();
});

const FUNCTIONS: readonly (readonly [string, object])[] = [
  ["set_config", { setting_name: "app.account_id", new_value: "x", is_local: false }],
  ["current_setting", { setting_name: "request.jwt.claims" }],
  ["pre_request", {}],
  ["pre_config", {}],
  ["account_id", {}],
  ["login_account_id", {}],
  ["protect", { target: "bases" }],
  ["expose", { target: "app", tenant: null, roles: ["anon"] }],
  ["refuse", { reason: "x", remedy: "y" }],
  ["record_change", {}],
  ["touch_updated_at", {}],
  ["unexplained", {}],
  ["pg_sleep", { seconds: 5 }],
  ["pg_read_file", { filename: "postgresql.conf" }],
  ["pg_ls_dir", { dirname: "." }],
  ["pg_terminate_backend", { pid: 1 }],
  ["query_to_xml", { query: "select * from app.bases", nulls: true, tableforest: true, targetns: "" }],
  ["lo_import", { filename: "/etc/passwd" }],
  ["dblink", { sql: "select 1" }],
  ["version", {}],
];

describe("remote procedures", () => {
  describe.each(["client", "shard-0", "tenant-umbrella", "admin"])("at %s", (service) => {
    const tenant = { client: "acme", "shard-0": "initech", "tenant-umbrella": "umbrella" }[service];
    const caller = async () => (tenant ? stage.as(tenant) : stage.administrator());

    test.each(FUNCTIONS)("%s", async (name, args) => {
      const api = await caller();
      const query = new URLSearchParams(
        Object.entries(args).map(([key, value]): [string, string] => [key, String(value)]),
      );
      for (const profile of [undefined, "health", "bulkhead", "pg_catalog", "public"]) {
        const headers: Record<string, string> = profile
          ? { "accept-profile": profile, "content-profile": profile }
          : {};
        const answers = [
          await api.post(`/rpc/${name}`, args, headers),
          await api.get(`/rpc/${name}?${query}`, headers),
        ];
        for (const answer of answers) expect([404, 405, 406], `${profile}: ${answer.text}`).toContain(answer.status);
      }
    });

    test("the one that is for requests answers", async () => {
      const answer = await (await caller()).get("/rpc/health", { "accept-profile": "health" });
      expect(answer.body).toEqual({ status: "ok" });
    });
  });

  test("health answers without a token where there is an anonymous role, and not at the admin tier", async () => {
    for (const service of ["client", "shard-0", "tenant-umbrella"])
      expect((await stage.with(undefined, service, "health").get("/rpc/health")).status).toBe(200);
    expect((await stage.with(undefined, "admin", "health").get("/rpc/health")).status).toBe(401);
  });
});

describe("headers and parameters that look like settings", () => {
  const account = () => accountIdOf("globex");
  const forged: Record<string, Record<string, string>> = {
    "app.account_id": { "app.account_id": account(), app_account_id: account() },
    "request.jwt.claims": { "request.jwt.claims": JSON.stringify({ account_id: account(), role: "admin_user" }) },
    "request.jwt.claim.account_id": { "request.jwt.claim.account_id": account() },
    "role and session authorization": {
      role: "admin_user",
      "session-authorization": "postgres",
      "x-role": "admin_user",
    },
    "forwarded identities": {
      "x-forwarded-user": "root",
      "x-account-id": account(),
      "x-tenant": "globex",
      "x-hasura-role": "admin",
    },
    "a cookie": { cookie: `app.account_id=${account()}; role=admin_user; request.jwt.claims=x` },
    "options of the connection": { pgoptions: `-c app.account_id=${account()}`, options: "-c role=admin_user" },
    "a time zone that carries SQL": { prefer: `timezone=UTC'; set app.account_id='${account()}` },
    "SQL in the user agent": { "user-agent": `'; set local app.account_id = '${account()}'; --` },
    "a range that carries SQL": { range: "0-1; reset role" },
    "a method override": { "x-http-method-override": "DELETE", "x-original-method": "DELETE" },
    "an overridden path": { "x-original-url": "/tables", "x-rewrite-url": "/rpc/health" },
  };

  test.each(Object.keys(forged))("%s", async (title) => {
    const path = `/bases?name=like.*${victim.word}*`;
    const headers = forged[title]!;
    expect(tells((await victim.api.get(path)).text, victim)).toBe(true);
    const answer = await acme.get(path, headers);
    expect(tells(answer.text, victim), answer.text).toBe(false);
    const own = await acme.get("/bases?select=account_id", headers);
    expect(own.text).not.toContain(account());
    expect(tells((await victim.api.get(path)).text, victim)).toBe(true);
  });

  test.each(["app.account_id", "request.jwt.claims", "role", "search_path", "account_id"])(
    "a parameter %s with the other account",
    async (name) => {
      const answer = await acme.get(`/bases?${name}=${encodeURIComponent(account())}`);
      expect(tells(answer.text, victim)).toBe(false);
      expect(answer.status, answer.text).toBeGreaterThanOrEqual(400);
    },
  );

  test.each([
    ["in a filter", "/bases?name=eq.x'%20or%20true--"],
    ["in a column", "/bases?select=name%22%20from%20app.bases--"],
    ["in an order", "/bases?order=name;select%201"],
    ["in a table", "/bases%22;select%201--"],
    ["in a limit", "/bases?limit=1;select%201"],
    ["in a cast", "/bases?select=name::text%20from%20app.bases"],
    ["in an alias", "/bases?select=%22a,%20(select%20name%20from%20app.bases)%22:name"],
    ["in a jsonb path", "/records?select=values-%3E%3E'x'%20from%20app.records--"],
    ["in an embedding", "/bases?select=*,tables!inner(*);select"],
    ["in on_conflict", "/bases?on_conflict=id)%20do%20nothing;--"],
  ])("SQL %s", async (_title, path) => {
    const answer = await acme.get(path);
    expect(tells(answer.text, victim)).toBe(false);
    expect(answer.text).not.toContain(account());
    expect((await acme.get("/bases")).status).toBe(200);
  });
});

describe("transactions are not the client's to end", () => {
  test("tx=rollback is no preference here", async () => {
    const answer = await acme.post("/bases", { name: "stays" }, { prefer: "tx=rollback,return=representation" });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("preference-applied") ?? "").not.toContain("tx=");
    expect(((await acme.delete("/bases?name=eq.stays")).body as unknown[]).length).toBe(1);
  });
});

describe("oversize", () => {
  test("a filter nested two hundred deep", async () => {
    const nested = `(${"and(or(".repeat(200)}id.not.is.null${"))".repeat(200)})`;
    const answer = await acme.get(`/bases?and=${nested}`);
    expect(tells(answer.text, victim)).toBe(false);
    expect((await acme.get("/bases")).status).toBe(200);
  });

  test("headers of a hundred kilobytes", async () => {
    const answer = await acme.get("/bases", { "x-padding": "x".repeat(100_000) });
    expect([200, 400, 431], answer.text).toContain(answer.status);
    expect(tells(answer.text, victim)).toBe(false);
  });

  test("a body of eight megabytes, refused by the length of a name", async () => {
    const answer = await acme.post("/bases", { name: "x".repeat(8_000_000) });
    expect(answer.status).toBe(400);
    expect((await acme.get("/bases")).status).toBe(200);
  });
});
