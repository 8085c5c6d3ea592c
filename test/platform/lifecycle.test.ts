/** A platform over its life: brought up, left alone, edited, edited badly, mended; the words before, and the effect after. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { accountIdOf } from "@bulkhead/config";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Api } from "../support/api.ts";
import { TestPlatform } from "../support/platform.ts";
import { type Seed, seed } from "../support/seed.ts";
import { type Session, Stage } from "../support/stage.ts";

type Tenants = Record<string, Record<string, unknown>>;

const platform = TestPlatform.create();
/** The stage as it was opened before the last edit: its tenants' tokens and sessions live on. */
let stage: Stage;
const seeds = new Map<string, Seed>();
const sessions = new Map<string, Session>();

const setTenants = (tenants: Tenants) =>
  platform.edit("4-tenants", (config) => {
    config["bulkhead:tenants"] = tenants;
  });
const reopen = async () => {
  const next = await Stage.open(platform.root);
  return next;
};

const ATFIRST: Tenants = {
  ash: {},
  birch: {},
  cedar: { isolation: "schema" },
  dogwood: { isolation: "schema" },
  elm: { isolation: "database" },
  fir: { isolation: "database" },
};
const EDITED: Tenants = {
  ash: { tier: "pro" },
  birch: { status: "suspended" },
  dogwood: { isolation: "schema", status: "suspended" },
  fir: { isolation: "database", status: "suspended" },
  gum: {},
  hazel: { isolation: "schema" },
  iroko: { isolation: "database" },
};

beforeAll(async () => {
  setTenants(ATFIRST);
  const { stdout } = await platform.up();
  expect(stdout).toMatch(/The platform is up/);
  expect(stdout).toMatch(/isolation proven: \d+ attacks between 6 tenants \(.*\), .* no leak/);
  stage = await Stage.open(platform.root);
  for (const id of Object.keys(ATFIRST)) {
    seeds.set(id, await seed(await stage.as(id)));
    // Pooled tenants have no login of their own.
    if (stage.tenant(id).isolation !== "pooled") sessions.set(id, await stage.login(id));
  }
});
afterAll(async () => {
  await stage?.close();
  await platform.destroy();
});

const servers = async () => (await platform.status()).servers.map(({ name, pid, address }) => ({ name, pid, address }));

test("up again changes nothing, and says so", async () => {
  const before = await servers();
  const { stdout, stderr } = await platform.up();
  expect(stdout).toMatch(/Nothing changed: the platform was up already/);
  expect(stderr).toContain("all servers run");
  expect(stderr).toContain("no tenant changes");
  expect(stderr.match(/nothing to change/g)).toHaveLength(4);
  expect(await servers()).toEqual(before);
});

describe("an edit: new tenants, suspended ones, removed lines, another tier", () => {
  test("is told in words before it is done", async () => {
    setTenants(EDITED);
    const { stderr, stdout } = await platform.up();
    const words = [
      "what will happen:",
      "ash: tier free → pro",
      "birch: suspended: its requests are refused and its sessions ended, its data stays",
      "cedar: no longer in the config: suspended, its data is kept in a schema of its own",
      "dogwood: suspended: ",
      "elm: no longer in the config: suspended, its data is kept in a database of its own",
      "fir: suspended: ",
      "gum: created in the shared tables, under row-level security",
      "hazel: created in a schema of its own",
      "iroko: created in a database of its own, with its own PostgREST",
    ];
    const places = [...words, "[5/6] stacks/4-tenants: the tenants"].map((each) => stderr.indexOf(each));
    expect(places, stderr).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
    expect(stdout).toMatch(/isolation proven: \d+ attacks between 4 tenants \(ash, gum, hazel, iroko\)/);
  });

  test.each(["gum", "hazel", "iroko"])("%s, which is new, is served", async (id) => {
    const now = await reopen();
    expect(await (await now.as(id)).rows("/bases?select=name")).toEqual([{ name: `Hello from ${id}` }]);
    await now.close();
  });

  test.each(["birch", "dogwood", "fir", "cedar"])("%s is refused, with the reason", async (id) => {
    const now = await reopen();
    const api: Api = stage.with(await stage.sign(stage.claims(id)), stage.service(id), stage.schema(id));
    const service = stage.service(id);
    // A rolled PostgREST may have another address.
    const answer = await now.with(await stage.sign(stage.claims(id)), service, stage.schema(id)).get("/bases");
    expect(answer.status, `${api.url} ${answer.text}`).toBe(403);
    expect(answer.body).toMatchObject({ message: "the account is not active" });
    await now.close();
  });

  test("elm, whose line is gone and whose PostgREST was its own, is served no more", async () => {
    await expect((await stage.as("elm")).get("/bases")).rejects.toThrow(/fetch failed/);
  });

  test.each(["dogwood", "fir", "cedar", "elm"])("%s's direct session is ended, and its login barred", async (id) => {
    const session = sessions.get(id)!;
    await expect(session.client.query("select 1")).rejects.toThrow();
    await expect(stage.connect(session.target, session.database)).rejects.toMatchObject({ code: "28000" });
    await expect(stage.login(id)).rejects.toThrow(/suspended|retained/);
  });

  test("ash, with another tier, has its rows", async () => {
    expect((await seeds.get("ash")!.now()) as unknown[][]).toHaveLength(5);
    const [row] = await stage.truth("platform", "select tier, statement_timeout from bulkhead.tenant where id = 'ash'");
    expect(row).toEqual({ tier: "pro", statement_timeout: "15s" });
  });

  test.each(["birch", "cedar", "dogwood", "elm", "fir"])("%s's rows are all still in the database", async (id) => {
    const schema = stage.schema(id);
    const rows = await stage.truth(
      stage.database(id),
      `select name from ${schema}.bases where account_id = $1 order by name`,
      [accountIdOf(id)],
    );
    expect(rows).toEqual([{ name: `Hello from ${id}` }, { name: seeds.get(id)!.rows.bases.name }]);
  });

  test("status tells it all", async () => {
    const { code, stdout } = await platform.run("status");
    expect(code, stdout).toBe(0);
    for (const line of [
      /birch +pooled +suspended/,
      /cedar +schema +(?:retained|suspended)/,
      /elm +database +(?:retained|suspended)/,
      /gum +pooled +active +ready/,
    ])
      expect(stdout).toMatch(line);
  });
});

describe("lines that return, tenants that are resumed, and new ones of which one fails to migrate", () => {
  const RESTORED: Tenants = { ...EDITED, ...ATFIRST, linden: { isolation: "schema" }, maple: { isolation: "schema" } };

  test("the failure is reported with the SQL error and its place, and the up says so", async () => {
    const owner = await stage.owner();
    await owner.query("create schema tenant_linden");
    await owner.query("create table tenant_linden.bases (id int)");
    setTenants(RESTORED);
    const { code, stderr, stdout } = await platform.run("up");
    expect(code).toBe(1);
    for (const words of [
      "cedar: back in the config: active, with the data it had",
      "elm: back in the config",
      "birch: resumed",
      "fir: resumed",
      "ash: tier pro → free",
      "linden: created",
    ])
      expect(stderr).toContain(words);
    expect(stderr).toMatch(
      /linden: 0001_core_entities\.sql:\d+:\d+: relation "bases" already exists \(SQLSTATE 42P07\)/,
    );
    expect(stderr).toContain("The rollout failed");
    expect(stdout).toMatch(/linden +schema +active +FAILED/);
    expect((await platform.run("status")).code).toBe(1);
    const { tenants } = await platform.status();
    expect(tenants.filter((tenant) => tenant.phase !== "ready").map((tenant) => tenant.id)).toEqual(["linden"]);
    await stage.close();
    stage = await Stage.open(platform.root);
    expect((await (await stage.as("linden")).get("/bases")).status).toBeGreaterThanOrEqual(400);
  });

  test.each(Object.keys(ATFIRST))("%s has its rows, and its login", async (id) => {
    const names = await (await stage.as(id)).rows("/bases?select=name&order=name");
    expect(names).toEqual([{ name: `Hello from ${id}` }, { name: seeds.get(id)!.rows.bases.name }]);
    const session = sessions.get(id);
    if (!session) return;
    const again = await stage.connect(session.target, session.database);
    expect((await again.query(`select from ${session.schema}.bases`)).rowCount).toBe(2);
  });

  test("maple, beside the one that failed, is served", async () => {
    expect((await (await stage.as("maple")).get("/bases")).status).toBe(200);
  });

  test("mended, the next up tries it again, and completes", async () => {
    await (await stage.owner()).query("drop table tenant_linden.bases");
    const { stderr } = await platform.up();
    expect(stderr).toContain("linden: tried again: its last rollout failed");
    expect((await (await stage.as("linden")).create("bases", { name: "at last" })).account_id).toBe(
      accountIdOf("linden"),
    );
  });
});

describe("what cannot be done is refused", () => {
  const stateOf = () =>
    ["1-foundation", "2-database", "3-services", "4-tenants"].map((layer) =>
      readFileSync(
        join(platform.root, ".bulkhead/state/.pulumi/stacks", `bulkhead-${layer.slice(2)}/local.json`),
        "utf8",
      ),
    );
  const registry = () => stage.truth("platform", "select * from bulkhead.tenant order by id");

  test("a bad config, with all its mistakes at once, before anything is touched", async () => {
    const [state, tenants, running] = [stateOf(), await registry(), await servers()];
    setTenants({
      ...ATFIRST,
      "Acme Corp": {},
      pine: { isolation: "scheme" },
      oak: { cell: "mars" },
      yew: { teir: "pro" },
    });
    const { code, stderr } = await platform.run("up");
    expect(code).toBe(2);
    for (const mistake of [/Acme Corp/, /pine.*scheme/s, /oak.*mars/s, /teir.*tier/s]) expect(stderr).toMatch(mistake);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stateOf()).toEqual(state);
    expect(await registry()).toEqual(tenants);
    setTenants({ ...EDITED, ...ATFIRST });
    expect(await servers()).toEqual(running);
  });

  test("a move, which an edit cannot make", async () => {
    const tenants = await registry();
    setTenants({ ...EDITED, ...ATFIRST, birch: { isolation: "schema" } });
    const { code, stderr } = await platform.run("up");
    expect(code).toBe(2);
    expect(stderr).toContain("birch: refused: isolation pooled → schema would be a move");
    expect(stderr).toContain("Nothing was done to any tenant.");
    expect(await registry()).toEqual(tenants);
  });
});

describe("token and psql", () => {
  test("a token is good where its tenant is served, and says who asked for it", async () => {
    const token = await platform.token("ash", "--subject", "tester", "--minutes", "1");
    expect((await stage.with(token, "client", "app").get("/bases")).status).toBe(200);
    const claims = JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString());
    expect(claims).toMatchObject({ role: "api_user", account_id: accountIdOf("ash"), sub: "tester", aud: "bulkhead" });
    expect(claims.exp - claims.iat).toBe(60);
    const administrator = await platform.token("--admin");
    expect((await stage.with(administrator, "admin", "app").get("/bases?limit=1")).status).toBe(200);
  });

  test("mistakes are told with a way out", async () => {
    expect(await platform.run("token", ["asj"])).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("did you mean ash?"),
    });
    expect(await platform.run("token", ["ash", "--minutes", "600"])).toMatchObject({ code: 2, stdout: "" });
    expect((await platform.run("token")).code).toBe(2);
  });

  test("psql shows the tenant's rows, or says how to get it", async () => {
    const everything = ["-At", "-c", "select distinct account_id from bases"];
    const installed = spawnSync("psql", ["--version"]).status === 0;
    for (const [id, ...separator] of [["ash", "--"], ["cedar"], ["elm"]]) {
      const { code, stdout, stderr } = await platform.run("psql", [id!, ...separator, ...everything]);
      if (installed) expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: `${accountIdOf(id!)}\n` });
      else expect(stderr).toContain("psql is not on this machine");
    }
  });
});
