/** Writing to another tenant's rows over HTTP: what its owner may do, the attacker may not, and the rows stay as they were. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import type { Answer, Api, Row } from "../support/api.ts";
import { type Seed, seed } from "../support/seed.ts";
import { Stage } from "../support/stage.ts";

let stage: Stage;
let acme: Api;
let globex: Api;
/** The attacker's rows, and the victim's: new ones for each attempt. */
let own: Seed;
let victim: Seed;
beforeAll(async () => {
  stage = await Stage.open(inject("platformRoot"));
  acme = await stage.as("acme");
  globex = await stage.as("globex");
});
beforeEach(async () => {
  own = await seed(acme);
  victim = await seed(globex);
  return async () => {
    await own.remove();
    await victim.remove();
  };
});
afterAll(() => stage?.close());

const MERGE = { prefer: "resolution=merge-duplicates,return=representation" };
const IGNORE = { prefer: "resolution=ignore-duplicates,return=representation" };

/** A writing to the rows of `target`, by `api`. */
interface Attempt {
  readonly title: string;
  readonly write: (api: Api, target: Seed) => Promise<Answer>;
}

const row = (target: Seed, more: object = {}) => ({
  account_id: target.account,
  name: `planted ${randomUUID()}`,
  ...more,
});
const whole = ({ rows: { bases } }: Seed) => ({ ...bases, name: "taken" });

/** Row-level security refuses the statement. */
const REFUSED: readonly Attempt[] = [
  { title: "insert with its account", write: (api, target) => api.post("/bases", row(target)) },
  {
    title: "insert with its account, with no answer asked for",
    write: (api, target) => api.request("POST", "/bases", { body: row(target), headers: { prefer: "return=minimal" } }),
  },
  { title: "insert by columns=", write: (api, target) => api.post("/bases?columns=account_id,name", row(target)) },
  {
    title: "insert as CSV",
    write: (api, target) =>
      api.request("POST", "/bases", {
        body: `account_id,name\n${target.account},planted\n`,
        headers: { "content-type": "text/csv", prefer: "return=representation" },
      }),
  },
  {
    title: "insert as a form",
    write: (api, target) =>
      api.request("POST", "/bases", {
        body: `account_id=${target.account}&name=planted`,
        headers: { "content-type": "application/x-www-form-urlencoded", prefer: "return=representation" },
      }),
  },
  { title: "insert of many", write: (api, target) => api.post("/bases", [row(target), row(target)]) },
  {
    title: "insert of a child",
    write: (api, target) => api.post("/tables", row(target, { base_id: target.rows.bases.id })),
  },
  {
    title: "insert of a record",
    write: (api, target) => api.post("/records", { account_id: target.account, table_id: target.rows.tables.id }),
  },
  { title: "upsert over its key, merging", write: (api, target) => api.post("/bases", whole(target), MERGE) },
  {
    title: "upsert over its key, merging on_conflict",
    write: (api, target) => api.post("/bases?on_conflict=account_id,id", whole(target), MERGE),
  },
  { title: "upsert over its key, ignoring", write: (api, target) => api.post("/bases", whole(target), IGNORE) },
  {
    title: "upsert over its unique name",
    write: (api, target) =>
      api.post(
        "/tables?on_conflict=account_id,base_id,name",
        row(target, { base_id: target.rows.bases.id, name: target.rows.tables.name }),
        MERGE,
      ),
  },
  {
    title: "upsert by PUT",
    write: (api, target) =>
      api.request("PUT", `/bases?account_id=eq.${target.account}&id=eq.${target.rows.bases.id}`, {
        body: whole(target),
        headers: { prefer: "return=representation" },
      }),
  },
];

/** The statement finds no row to touch. */
const UNSEEN: readonly Attempt[] = [
  {
    title: "update by id",
    write: (api, target) => api.patch(`/bases?id=eq.${target.rows.bases.id}`, { name: "taken" }),
  },
  {
    title: "update by account",
    write: (api, target) => api.patch(`/records?account_id=eq.${target.account}`, { values: {} }),
  },
  {
    title: "update by or",
    write: (api, target) =>
      api.patch(`/views?or=(id.eq.${target.rows.views.id},account_id.eq.${target.account})`, { kind: "form" }),
  },
  { title: "update by name", write: (api, target) => api.patch(`/fields?name=like.*${target.word}*`, { position: 9 }) },
  {
    title: "update with limit and order",
    write: (api, target) => api.patch(`/bases?account_id=eq.${target.account}&order=id&limit=1`, { name: "taken" }),
  },
  {
    title: "update that takes the row over",
    write: (api, target) =>
      api.patch(`/views?id=eq.${target.rows.views.id}&name=like.*${target.word}*`, { id: randomUUID() }),
  },
  { title: "delete by id", write: (api, target) => api.delete(`/records?id=eq.${target.rows.records.id}`) },
  { title: "delete by account", write: (api, target) => api.delete(`/records?account_id=eq.${target.account}`) },
  { title: "delete by not", write: (api, target) => api.delete(`/views?id=not.neq.${target.rows.views.id}`) },
  {
    title: "delete of the base, which would cascade",
    write: (api, target) => api.delete(`/bases?id=eq.${target.rows.bases.id}`),
  },
];

async function untouched(work: () => Promise<void>): Promise<void> {
  const before = await victim.now();
  await work();
  expect(await victim.now()).toEqual(before);
}

describe("refused by row-level security", () => {
  test.each(REFUSED)("$title", async ({ write }) => {
    await untouched(async () => {
      const refused = await write(acme, victim);
      expect(refused.status, refused.text).toBe(403);
      expect(refused.body).toMatchObject({ code: "42501" });
    });
    const control = await write(globex, victim);
    expect([200, 201], control.text).toContain(control.status);
    await globex.delete("/bases?name=like.planted*");
  });
});

describe("finds nothing", () => {
  test.each(UNSEEN)("$title", async ({ write }) => {
    await untouched(async () => {
      const answer = await write(acme, victim);
      expect(answer.status, answer.text).toBe(200);
      expect(answer.body).toEqual([]);
    });
    const control = await write(globex, victim);
    expect((control.body as Row[]).length, control.text).toBeGreaterThan(0);
  });
});

describe("moving rows", () => {
  test.each(["bases", "tables", "fields", "records", "views"] as const)(
    "an own row of %s to the other account",
    async (entity) => {
      await untouched(async () => {
        const refused = await acme.patch(`/${entity}?id=eq.${own.rows[entity].id}`, { account_id: victim.account });
        expect(refused.status, refused.text).toBe(403);
      });
      const control = await acme.patch(`/${entity}?id=eq.${own.rows[entity].id}`, { account_id: own.account });
      expect((control.body as Row[]).length).toBe(1);
    },
  );

  test("an own row onto the other's key is a row of one's own still", async () => {
    await untouched(async () => {
      const mine = await acme.create("bases", { name: "moving" });
      const moved = await acme.patch(`/bases?id=eq.${mine.id}`, { id: victim.rows.bases.id });
      expect(moved.body).toMatchObject([{ id: victim.rows.bases.id, account_id: own.account }]);
      expect((await acme.delete(`/bases?id=eq.${victim.rows.bases.id}`)).body).toMatchObject([
        { account_id: own.account },
      ]);
    });
  });
});

describe("foreign keys", () => {
  const references = [
    ["tables", "base_id", "bases"],
    ["fields", "table_id", "tables"],
    ["records", "table_id", "tables"],
    ["views", "table_id", "tables"],
  ] as const;
  const values = (entity: string) =>
    entity === "records" ? {} : { name: `reach ${randomUUID()}`, ...(entity === "fields" ? { type: "text" } : {}) };

  test.each(references)("%s.%s into another tenant's %s, by insert and by update", async (entity, column, parent) => {
    await untouched(async () => {
      const inserted = await acme.post(`/${entity}`, { ...values(entity), [column]: victim.rows[parent].id });
      expect(inserted.status, inserted.text).toBe(409);
      expect(inserted.body).toMatchObject({ code: "23503" });
      const updated = await acme.patch(`/${entity}?id=eq.${own.rows[entity].id}`, { [column]: victim.rows[parent].id });
      expect(updated.status, updated.text).toBe(409);
    });
    const control = await acme.post(`/${entity}`, { ...values(entity), [column]: own.rows[parent].id });
    expect(control.status, control.text).toBe(201);
  });
});

describe("without a filter", () => {
  test("an update touches own rows only", async () => {
    await untouched(async () => {
      const { body } = await acme.patch("/bases", { name: "all of mine" });
      expect((body as Row[]).length).toBeGreaterThan(0);
      expect(new Set((body as Row[]).map((each) => each.account_id))).toEqual(new Set([own.account]));
    });
  });

  test("a delete touches own rows only", async () => {
    await untouched(async () => {
      const { body } = await acme.delete("/views");
      expect((body as Row[]).map((each) => each.account_id)).toContain(own.account);
      expect(new Set((body as Row[]).map((each) => each.account_id)).size).toBe(1);
    });
  });
});

describe("batches", () => {
  const SIZE = 1000;
  const batch = () => Array.from({ length: SIZE }, (_, index) => ({ id: randomUUID(), name: `batch ${index}` }));
  const count = async () =>
    (await acme.request("HEAD", "/bases?name=like.batch*", { headers: { prefer: "count=exact" } })).headers
      .get("content-range")
      ?.split("/")[1];

  test("a thousand rows are created, and updated, in one request; a foreign one among them refuses all", async () => {
    const rows = batch();
    const poisoned = (name: string) => [
      ...rows.map((each) => ({ ...each, account_id: own.account, name: `${name} ${each.id}` })),
      { account_id: victim.account, id: victim.rows.bases.id, name: "taken" },
    ];
    await untouched(async () => {
      expect((await acme.post("/bases", poisoned("batch"))).status).toBe(403);
      expect(await count()).toBe("0");
    });
    expect(((await acme.post("/bases", rows)).body as Row[]).length).toBe(SIZE);
    expect(await count()).toBe(String(SIZE));

    await untouched(async () => {
      expect((await acme.post("/bases", poisoned("batch changed"), MERGE)).status).toBe(403);
      expect(await acme.rows("/bases?name=like.batch changed*")).toEqual([]);
    });
    const changed = await acme.post("/bases", poisoned("batch changed").slice(0, SIZE), MERGE);
    expect((changed.body as Row[]).length, changed.text.slice(0, 500)).toBe(SIZE);
    expect(((await acme.patch("/bases?name=like.batch*", { name: "batch again" })).body as Row[]).length).toBe(SIZE);
    expect(((await acme.delete("/bases?name=like.batch*")).body as Row[]).length).toBe(SIZE);
  });

  test.each(["first", "in the middle", "last"])("a batch with a foreign row %s makes none", async (place) => {
    const mine = Array.from({ length: 20 }, () => ({ account_id: own.account, name: "batch of twenty" }));
    const at = place === "first" ? 0 : place === "last" ? 20 : 10;
    await untouched(async () => {
      expect(
        (await acme.post("/bases", mine.toSpliced(at, 0, { account_id: victim.account, name: "batch planted" })))
          .status,
      ).toBe(403);
      expect(await count()).toBe("0");
    });
    expect((await acme.post("/bases", mine)).status).toBe(201);
    await acme.delete("/bases?name=like.batch*");
  });
});
