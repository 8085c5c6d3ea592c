/** Tokens well signed that claim what does not fit: another role, another account, another tier. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type Claims, Stage } from "../support/stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open(inject("platformRoot"));
});
afterAll(() => stage?.close());

const TENANT_AT: Readonly<Record<string, string>> = {
  client: "acme",
  "shard-0": "initech",
  "tenant-umbrella": "umbrella",
};

/** Reads with a tenant's claims, changed, at that tenant's service. */
async function read(service: string, change: object) {
  const id = TENANT_AT[service]!;
  const token = await stage.sign({ ...stage.claims(id), ...change });
  return stage.with(token, service, stage.schema(id)).get("/bases?select=account_id,name");
}

const ACCOUNTS: readonly (readonly [string, (own: string) => unknown])[] = [
  ["missing", () => undefined],
  ["null", () => null],
  ["a number", () => 7],
  ["true", () => true],
  ["an array with the own account", (own) => [own]],
  ["an object", (own) => ({ account_id: own })],
  ["empty", () => ""],
  ["a word", () => "acme"],
  ["SQL behind the own account", (own) => `${own}' or true --`],
  ["two accounts", (own) => `${own},${stage.account("globex")}`],
  ["the own account in braces", (own) => `{${own}}`],
  ["the own account with a line end", (own) => `${own}\n`],
  ["the own account without hyphens", (own) => own.replaceAll("-", "")],
  ["a wildcard", () => "%"],
  ["the nil UUID", () => "00000000-0000-0000-0000-000000000000"],
  ["an account that does not exist", () => randomUUID()],
  ["that of a suspended tenant", () => stage.account("sleepy")],
];

describe.each(Object.keys(TENANT_AT))("account_id at %s", (service) => {
  test.each(ACCOUNTS)("%s", async (_title, forge) => {
    const own = stage.account(TENANT_AT[service]!);
    expect((await read(service, {})).status).toBe(200);
    const refused = await read(service, { account_id: forge(own) });
    expect(refused.status, refused.text).toBe(403);
    expect(refused.text).not.toContain("Hello");
  });

  test("in upper case it is the same account, and no other", async () => {
    const own = stage.account(TENANT_AT[service]!);
    const { status, body } = await read(service, { account_id: own.toUpperCase() });
    expect(status).toBe(200);
    expect([...new Set((body as { account_id: string }[]).map((row) => row.account_id))]).toEqual([own]);
  });

  test("the account of a tenant of another role, and one that does not exist, are refused alike", async () => {
    const victims = ["acme", "initech", "hooli", "umbrella", "stark"].filter(
      (id) => stage.role(id) !== stage.role(TENANT_AT[service]!),
    );
    const unknown = await read(service, { account_id: randomUUID() });
    for (const id of victims) {
      const refused = await read(service, { account_id: stage.account(id) });
      expect(refused.status).toBe(403);
      expect(refused.body).toEqual(unknown.body);
    }
  });
});

const ROLES = [
  ...["admin_user", "bulkhead_owner", "migrator", "postgres", "alloydbadmin", "alloydbsuperuser", "auditor"],
  ...["client_authenticator", "admin_authenticator", "shard_0_authenticator", "authenticator_stark"],
  ...["bulkhead_authenticator", "bulkhead_request", "direct_login", "tenant_hooli", "tenant_stark"],
  ...["pg_read_all_data", "pg_monitor", "public", "none", "", "API_USER", "nobody"],
  ...['api_user"; select 1; --', "api_user'; reset role; --", "api_user, admin_user", "api_user\u0000"],
];

describe.each(Object.keys(TENANT_AT))("the role claim at %s", (service) => {
  test.each(ROLES)("%j", async (role) => {
    expect((await read(service, {})).status).toBe(200);
    const refused = await read(service, { role });
    expect(refused.status, refused.text).toBeGreaterThanOrEqual(400);
    expect(refused.text).not.toContain("Hello");
  });

  test.each([[7], [null], [true], [["api_user"]], [{ name: "api_user" }]])("%j, which is no name", async (role) => {
    const refused = await read(service, { role });
    expect(refused.status, refused.text).toBeGreaterThanOrEqual(400);
    expect(refused.text).not.toContain("Hello");
  });
});

test.each(ROLES.filter((role) => role !== "admin_user"))("the role claim %j at the admin tier", async (role) => {
  const at = async (claims: object) =>
    stage.with(await stage.sign({ ...stage.adminClaims(), ...claims }), "admin", "app").get("/bases");
  expect((await at({})).status).toBe(200);
  const refused = await at({ role });
  expect(refused.status, refused.text).toBeGreaterThanOrEqual(400);
  expect(refused.text).not.toContain("Hello");
});

test("an administrator without a name is refused, one with a name is served", async () => {
  const { sub: _sub, ...anonymous } = stage.adminClaims();
  const at = async (claims: Claims) => stage.with(await stage.sign(claims), "admin", "app").get("/bases");
  expect((await at(stage.adminClaims())).status).toBe(200);
  expect((await at(anonymous)).status).toBe(403);
  expect((await at({ ...anonymous, sub: "" })).status).toBe(403);
});

describe("a good token at each service: served where it belongs, refused elsewhere", () => {
  const callers = ["acme", "globex", "initech", "hooli", "umbrella", "stark", "administrator"];
  const services = ["client", "shard-0", "tenant-umbrella", "tenant-stark", "admin"];

  test.each(callers.flatMap((caller) => services.map((service) => [caller, service] as const)))(
    "%s at %s",
    async (caller, service) => {
      const isAdmin = caller === "administrator";
      const token = await stage.sign(isAdmin ? stage.adminClaims() : stage.claims(caller));
      const home = isAdmin ? "admin" : stage.service(caller);
      // At the shard, whoever has no schema there asks for one of those that it serves.
      const schema = service === "shard-0" ? (home === service ? stage.schema(caller) : "tenant_initech") : "app";
      const answer = await stage.with(token, service, schema).get("/bases?select=account_id,name");
      if (service === home) {
        expect(answer.status, answer.text).toBe(200);
        const accounts = new Set((answer.body as { account_id: string }[]).map((row) => row.account_id));
        if (isAdmin)
          expect([...accounts]).toEqual(expect.arrayContaining(["acme", "globex"].map((id) => stage.account(id))));
        else expect([...accounts]).toEqual([stage.account(caller)]);
      } else {
        expect([401, 403], answer.text).toContain(answer.status);
        expect(answer.text).not.toContain("Hello");
      }
    },
  );
});
