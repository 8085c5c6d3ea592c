/** Connections that tenants share: nothing of one's request is left for the next, and no tenant takes more than its tier's time. */
import { accountIdOf } from "@bulkhead/config";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { Answer, Row } from "../support/api.ts";
import { seed } from "../support/seed.ts";
import { Stage } from "../support/stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open(inject("platformRoot"));
});
afterAll(() => stage?.close());

/** Runs `jobs` with so many at a time: more than the pool has connections, so that each is used by everybody. */
async function interleaved<T>(atOnce: number, jobs: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  const queue = jobs.entries();
  const worker = async () => {
    for (const [index, job] of queue) results[index] = await job();
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

describe("one pool, many callers", () => {
  const accounts = (answer: Answer) => new Set((answer.body as Row[]).map((row) => row.account_id));

  test("six hundred requests of two tenants, a suspended one and strangers: each gets its own", async () => {
    const acme = await stage.as("acme");
    const globex = await stage.as("globex");
    const sleepy = await stage.as("sleepy");
    const stranger = stage.with(undefined, "client", "app");
    const forged = stage.with(await stage.sign({ ...stage.claims("acme"), account_id: "" }), "client", "app");
    const callers = [
      ...[acme, globex].map((api) => async () => {
        const answer = await api.get("/bases?select=account_id,tables(account_id)");
        const account = accountIdOf(api === acme ? "acme" : "globex");
        expect(answer.status, answer.text).toBe(200);
        expect([...accounts(answer)]).toEqual([account]);
        expect(answer.text).not.toContain(accountIdOf(api === acme ? "globex" : "acme"));
      }),
      ...[acme, globex].map((api) => async () => {
        const row = await api.create("bases", { name: "interleaved" });
        expect(row.account_id).toBe(accountIdOf(api === acme ? "acme" : "globex"));
        expect(((await api.delete(`/bases?id=eq.${row.id}`)).body as Row[]).length).toBe(1);
      }),
      async () => expect((await sleepy.get("/bases")).status).toBe(403),
      async () => expect((await stranger.get("/bases")).status).toBe(401),
      async () => expect((await forged.get("/bases")).status).toBe(403),
      async () =>
        expect((await acme.post("/bases", { account_id: accountIdOf("globex"), name: "planted" })).status).toBe(403),
    ];
    await interleaved(
      40,
      Array.from({ length: 600 }, (_, index) => callers[(index * 7 + (index >> 3)) % callers.length]!),
    );
    expect(await globex.rows("/bases?name=eq.planted")).toEqual([]);
  });

  test("two schema tenants over one shard", async () => {
    const callers = await Promise.all(["initech", "hooli"].map(async (id) => ({ id, api: await stage.as(id) })));
    const jobs = Array.from({ length: 200 }, (_, index) => async () => {
      const { id, api } = callers[index % 2]!;
      const answer = await api.get("/bases");
      expect(answer.status, answer.text).toBe(200);
      expect([...accounts(answer)]).toEqual([accountIdOf(id)]);
    });
    await interleaved(30, jobs);
  });

  test("nothing is left in a session after a request", async () => {
    await (await stage.as("acme")).get("/bases");
    const sessions = await stage.truth(
      "platform",
      "select count(*)::int as open from pg_stat_activity where application_name = 'postgrest client' and state like 'idle in transaction%'",
    );
    expect(sessions).toEqual([{ open: 0 }]);
  });
});

describe("a tier's time", () => {
  test("a free tenant's statement is cancelled after 5 s, where a pro tenant's goes on and is served", async () => {
    const [acme, globex] = [await stage.as("acme"), await stage.as("globex")];
    const owner = await stage.owner();
    await owner.query("begin");
    try {
      // Whoever asks now waits: nothing else can be slow over HTTP.
      await owner.query("lock table app.bases in access exclusive mode");
      const start = Date.now();
      const timed = async (answer: Promise<Answer>) => ({ answer: await answer, seconds: (Date.now() - start) / 1000 });
      const free = timed(acme.get("/bases"));
      const pro = timed(globex.get("/bases"));
      const cancelled = await free;
      expect(cancelled.answer.body).toMatchObject({ code: "57014" });
      expect(cancelled.seconds).toBeGreaterThan(4.5);
      expect(cancelled.seconds).toBeLessThan(8);
      await owner.query("rollback");
      const served = await pro;
      expect(served.answer.status, served.answer.text).toBe(200);
      expect(served.seconds).toBeGreaterThan(4.5);
    } finally {
      await owner.query("rollback");
    }
    expect((await acme.get("/bases")).status).toBe(200);
  });
});

describe("a suspended tenant", () => {
  const REQUESTS: readonly (readonly [string, string, object | undefined])[] = [
    ["GET", "/bases", undefined],
    ["HEAD", "/bases", undefined],
    ["GET", "/bases?select=*,tables(*)", undefined],
    ["POST", "/bases", { name: "planted" }],
    ["PATCH", "/bases", { name: "taken" }],
    ["DELETE", "/bases?id=not.is.null", undefined],
    ["GET", "/", undefined],
  ];
  test.each(REQUESTS)("%s %s is refused, with the reason; an active tenant's is served", async (method, path, body) => {
    const acme = await stage.as("acme");
    const mine = await seed(acme);
    const answer = await (await stage.as("sleepy")).request(method, path, { body });
    expect(answer.status, answer.text).toBe(403);
    if (method !== "HEAD")
      expect(answer.body).toMatchObject({
        message: "the account is not active",
        hint: expect.stringContaining("operator"),
      });
    expect((await acme.request(method, path, { body })).status).toBeLessThan(300);
    await mine.remove();
    // What the control deleted or renamed was acme's own; the greeting is put back for the tests that look for it.
    await acme.delete("/bases");
    await acme.create("bases", { name: "Hello from acme" });
  });

  test("gets no direct login, where an active one does", async () => {
    await expect(stage.login("sleepy")).rejects.toThrow(/sleepy is suspended/);
    expect((await stage.login("initech")).schema).toBe("tenant_initech");
    await expect(stage.login("acme")).rejects.toThrow(/acme is pooled/);
  });
});
