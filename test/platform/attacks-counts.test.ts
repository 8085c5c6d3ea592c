/** Numbers: what a tenant may learn of how many rows there are is about its own. */
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { rawRequest } from "../support/raw-http.ts";
import { Stage } from "../support/stage.ts";

const VICTIMS_ROWS = 700;
let stage: Stage;
let clear: () => Promise<void>;
beforeAll(async () => {
  stage = await Stage.open(inject("platformRoot"));
  const globex = await stage.as("globex");
  clear = async () => {
    await globex.delete("/bases?name=like.counted*");
  };
  await globex.request("POST", "/bases", {
    body: Array.from({ length: VICTIMS_ROWS }, (_, row) => ({ name: `counted ${row}` })),
  });
  // The planner estimates from statistics, which autovacuum would gather in its own time.
  await (await stage.owner()).query("analyze app.bases");
});
afterAll(async () => {
  await clear?.();
  await stage?.close();
});

const counted = async (id: string, path: string, count: string) =>
  (await stage.as(id)).request("HEAD", path, { headers: { prefer: `count=${count}` } });
const total = (range: string | null) => Number(range?.split("/")[1]);

test("count=exact counts own rows only, whatever is asked for", async () => {
  const victim = stage.account("globex");
  expect(total((await counted("globex", "/bases", "exact")).headers.get("content-range"))).toBeGreaterThanOrEqual(
    VICTIMS_ROWS,
  );
  const own = (await (await stage.as("acme")).rows("/bases?select=id")).length;
  expect(total((await counted("acme", "/bases", "exact")).headers.get("content-range"))).toBe(own);
  expect(total((await counted("acme", `/bases?account_id=eq.${victim}`, "exact")).headers.get("content-range"))).toBe(
    0,
  );
  expect(total((await counted("acme", "/bases?name=like.counted*", "exact")).headers.get("content-range"))).toBe(0);
});

describe("the planner's estimates, which know the shared table as a whole", () => {
  test.each([
    "/bases",
    "/bases?account_id=eq.VICTIM",
    "/bases?name=gte.counted&name=lt.d",
    "/tables?select=id,bases(id)",
  ])("count=planned of %s is refused", async (path) => {
    const asked = path.replace("VICTIM", stage.account("globex"));
    expect((await counted("acme", asked, "exact")).status).toBeLessThan(300);
    const refused = await counted("acme", asked, "planned");
    expect(refused.status).toBe(403);
    expect(refused.headers.get("content-range")).toBeNull();
  });

  test.each([
    ["planned, then something else", ["Prefer", "count=planned", "Prefer", "return=minimal"]],
    ["something else, then planned", ["Prefer", "return=minimal", "Prefer", "count=planned"]],
    ["in one header, with spaces", ["Prefer", "return=minimal ,  count=planned"]],
  ])("hidden among headers: %s", async (_title, headers) => {
    const token = await stage.sign(stage.claims("acme"));
    const path = `${stage.url("client")}/bases?account_id=eq.${stage.account("globex")}`;
    const answer = await rawRequest(path, "GET", ["Authorization", `Bearer ${token}`, ...headers]);
    expect(answer.status, answer.text).toBe(403);
    expect(answer.text).not.toMatch(/content-range/i);
  });

  test("count=estimated counts exactly while it can, and is refused where it would estimate", async () => {
    const path = `/bases?account_id=eq.${stage.account("globex")}`;
    expect(total((await counted("acme", path, "estimated")).headers.get("content-range"))).toBe(0);
    const acme = await stage.as("acme");
    await acme.request("POST", "/bases", { body: Array.from({ length: 1001 }, () => ({ name: "many of acme's" })) });
    try {
      expect((await counted("acme", "/bases", "estimated")).status).toBe(403);
      expect(total((await counted("acme", "/bases", "exact")).headers.get("content-range"))).toBeGreaterThan(1000);
    } finally {
      await acme.delete("/bases?name=eq.many of acme's");
    }
  });

  test("are given where the table is the tenant's own, and to administrators", async () => {
    expect((await counted("initech", "/bases", "planned")).status).toBeLessThan(300);
    expect((await counted("umbrella", "/bases", "planned")).status).toBeLessThan(300);
    const administrator = await stage.administrator();
    const answer = await administrator.request("HEAD", "/bases", { headers: { prefer: "count=planned" } });
    expect(total(answer.headers.get("content-range"))).toBeGreaterThanOrEqual(VICTIMS_ROWS / 2);
  });

  test.each([
    "application/vnd.pgrst.plan",
    "application/vnd.pgrst.plan+json",
    "application/vnd.pgrst.plan+text; options=analyze|verbose",
  ])("a plan by Accept: %s", async (accept) => {
    const answer = await (await stage.as("acme")).get(`/bases?account_id=eq.${stage.account("globex")}`, { accept });
    expect([403, 406, 415], answer.text).toContain(answer.status);
    expect(answer.text).not.toMatch(/Plan Rows|rows=/);
  });
});
