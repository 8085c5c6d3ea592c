/** The core entities, as an application uses them over HTTP: the same in every isolation model. */
import { accountIdOf } from "@bulkhead/config";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { Api, Row } from "../support/api.ts";
import { ENTITIES, type Seed, seed } from "../support/seed.ts";
import { Stage } from "../support/stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open(inject("platformRoot"));
});
afterAll(() => stage?.close());

describe.each([
  ["acme", "pooled"],
  ["initech", "schema"],
  ["umbrella", "database"],
])("%s, a %s tenant", (id) => {
  let api: Api;
  let made: Seed;
  beforeAll(async () => {
    api = await stage.as(id);
    made = await seed(api);
  });
  afterAll(async () => {
    await api?.delete(`/bases?id=eq.${made.rows.bases.id}`);
  });

  test("rows get their account, key and times from the database", () => {
    for (const entity of ENTITIES) {
      const row = made.rows[entity];
      expect(row.account_id).toBe(accountIdOf(id));
      expect(row.id).toMatch(/^[0-9a-f-]{36}$/);
      expect(Date.parse(String(row.created_at))).toBeGreaterThan(Date.now() - 600_000);
    }
    expect(made.rows.fields).toMatchObject({ type: "text", options: {}, position: 0 });
    expect(made.rows.views).toMatchObject({ kind: "grid", definition: {} });
  });

  test("embeds from bases down to records, fields and views, and back up", async () => {
    const { bases, tables, fields, records, views } = made.rows;
    const [down] = await api.rows(
      `/bases?id=eq.${bases.id}&select=name,tables(name,fields(id,type),records(id,values),views(id,kind))`,
    );
    expect(down).toEqual({
      name: bases.name,
      tables: [
        {
          name: tables.name,
          fields: [{ id: fields.id, type: "text" }],
          records: [{ id: records.id, values: { word: made.word } }],
          views: [{ id: views.id, kind: "grid" }],
        },
      ],
    });
    const [up] = await api.rows(`/records?id=eq.${records.id}&select=id,tables(name,bases(name))`);
    expect(up).toEqual({ id: records.id, tables: { name: tables.name, bases: { name: bases.name } } });
  });

  test("records are found by their values, in order, page by page", async () => {
    const table = await api.create("tables", { base_id: made.rows.bases.id, name: "paged" });
    const rows = Array.from({ length: 25 }, (_, n) => ({ table_id: table.id, values: { n, even: n % 2 === 0 } }));
    expect((await api.post("/records", rows)).status).toBe(201);
    const found = await api.rows(
      `/records?table_id=eq.${table.id}&values->even=eq.true&order=values->n.desc&limit=3&offset=1&select=values->n`,
    );
    expect(found).toEqual([{ n: 22 }, { n: 20 }, { n: 18 }]);
    const counted = await api.get(`/records?table_id=eq.${table.id}&limit=10`, { prefer: "count=exact" });
    expect(counted.headers.get("content-range")).toBe("0-9/25");
  });

  test("updated_at is the database's word, whatever the client says", async () => {
    const { records } = made.rows;
    const answer = await api.patch(`/records?id=eq.${records.id}`, {
      values: { word: made.word, changed: true },
      updated_at: "2001-01-01T00:00:00Z",
    });
    const [changed] = answer.body as Row[];
    expect(changed!.values).toEqual({ word: made.word, changed: true });
    expect(Date.parse(String(changed!.updated_at))).toBeGreaterThan(Date.parse(String(records.updated_at)));
    expect(changed!.created_at).toBe(records.created_at);
  });

  test("upsert by key and by unique name", async () => {
    const { bases, fields, tables } = made.rows;
    const merge = { prefer: "resolution=merge-duplicates,return=representation" };
    const renamed = await api.post("/bases", { account_id: bases.account_id, id: bases.id, name: "renamed" }, merge);
    expect(renamed.body).toMatchObject([{ id: bases.id, name: "renamed" }]);
    const field = { account_id: bases.account_id, table_id: tables.id, name: fields.name, type: "number" };
    const retyped = await api.post("/fields?on_conflict=account_id,table_id,name", field, merge);
    expect(retyped.body).toMatchObject([{ id: fields.id, type: "number" }]);
  });

  test.each<[string, string, (seed: Seed) => object, number, string]>([
    ["a base without a name", "bases", () => ({}), 400, "23502"],
    ["a base with an empty name", "bases", () => ({ name: "" }), 400, "23514"],
    ["a base with a name of 201 letters", "bases", () => ({ name: "x".repeat(201) }), 400, "23514"],
    ["a base by a key that is taken", "bases", ({ rows }) => ({ id: rows.bases.id, name: "again" }), 409, "23505"],
    ["a key that is no UUID", "bases", () => ({ id: "seven", name: "x" }), 400, "22P02"],
    ["a column that there is not", "bases", () => ({ name: "x", colour: "red" }), 400, "PGRST204"],
    ["a table without a base", "tables", () => ({ name: "x" }), 400, "23502"],
    ["a table of no base", "tables", () => ({ base_id: crypto.randomUUID(), name: "x" }), 409, "23503"],
    [
      "a table's name twice in a base",
      "tables",
      ({ rows }) => ({ base_id: rows.bases.id, name: rows.tables.name }),
      409,
      "23505",
    ],
    [
      "a field of no known type",
      "fields",
      ({ rows }) => ({ table_id: rows.tables.id, name: "x", type: "blob" }),
      400,
      "23514",
    ],
    [
      "a view of no known kind",
      "views",
      ({ rows }) => ({ table_id: rows.tables.id, name: "x", kind: "map" }),
      400,
      "23514",
    ],
    ["values that are no object", "records", ({ rows }) => ({ table_id: rows.tables.id, values: [1] }), 400, "23514"],
  ])("%s is refused", async (_title, entity, values, status, code) => {
    const refused = await api.post(`/${entity}`, values(made));
    expect(refused.status, refused.text).toBe(status);
    expect(refused.body).toMatchObject({ code });
  });

  test("deleting a base takes all that is in it along, and nothing else", async () => {
    const other = await seed(api);
    const doomed = await seed(api);
    expect((await api.delete(`/bases?id=eq.${doomed.rows.bases.id}`)).status).toBe(200);
    expect(await doomed.now()).toEqual([[], [], [], [], []]);
    expect(((await other.now()) as Row[][]).map((rows) => rows.length)).toEqual([1, 1, 1, 1, 1]);
    await other.remove();
  });

  test("every change is on record, without its content, and no request can read it", async () => {
    const traced = await seed(api);
    await api.patch(`/bases?id=eq.${traced.rows.bases.id}`, { name: "traced" });
    await traced.remove();
    const trail = await stage.truth(
      stage.database(id),
      "select operation, acting_role, user_id, account_id, to_jsonb(c)::text as whole from bulkhead.row_change c where row_id = $1 order by id",
      [traced.rows.bases.id],
    );
    const by = { acting_role: stage.role(id), user_id: "tester", account_id: accountIdOf(id) };
    expect(trail).toMatchObject(["INSERT", "UPDATE", "DELETE"].map((operation) => ({ operation, ...by })));
    expect(JSON.stringify(trail)).not.toContain(traced.word);
    expect((await api.get("/row_change")).status).toBe(404);
  });
});
