/** Reading another tenant's rows over HTTP: each path gives its owner the rows, and the attacker none. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type Seed, seed, tells } from "../support/seed.ts";
import { Stage } from "../support/stage.ts";

let stage: Stage;
let own: Seed;
let victim: Seed;
beforeAll(async () => {
  stage = await Stage.open(inject("platformRoot"));
  own = await seed(await stage.as("acme"));
  victim = await seed(await stage.as("globex"));
});
afterAll(async () => {
  await own?.remove();
  await victim?.remove();
  await stage?.close();
});

/** A path that shows the rows of `seed` to whoever may see them, and the headers to ask it with. */
type Path = (seed: Seed) => string;
type Reading = readonly [title: string, path: Path, headers?: Record<string, string>];

const FILTERS: readonly Reading[] = [
  ["no filter", () => "/bases"],
  ["account_id eq", (v) => `/bases?account_id=eq.${v.account}`],
  ["account_id in", (v) => `/bases?account_id=in.(${v.account},${randomUUID()})`],
  ["account_id not.neq", (v) => `/bases?account_id=not.neq.${v.account}`],
  ["account_id not.is.null", () => "/bases?account_id=not.is.null"],
  ["account_id gte the lowest", () => "/bases?account_id=gte.00000000-0000-0000-0000-000000000000"],
  ["account_id eq(any)", (v) => `/bases?account_id=eq(any).{${v.account}}`],
  ["id eq", (v) => `/bases?id=eq.${v.rows.bases.id}`],
  ["id in", (v) => `/records?id=in.(${v.rows.records.id})`],
  ["or", (v) => `/bases?or=(account_id.eq.${v.account},id.eq.${v.rows.bases.id})`],
  ["or always true", () => "/bases?or=(id.is.null,id.not.is.null)"],
  ["and within or", (v) => `/bases?or=(and(account_id.eq.${v.account},id.not.is.null),name.is.null)`],
  ["not.and", () => "/bases?not.and=(id.is.null,name.is.null)"],
  ["not.or", () => "/tables?not.or=(id.is.null,name.is.null)"],
  ["like", (v) => `/bases?name=like.*${v.word}*`],
  ["ilike", (v) => `/bases?name=ilike.*${v.word.toUpperCase()}*`],
  ["match", (v) => `/bases?name=match.${v.word}`],
  ["full text", (v) => `/bases?name=fts(simple).${v.word}`],
  ["jsonb path", (v) => `/records?values->>word=eq.${v.word}`],
  ["jsonb contains", (v) => `/records?values=cs.${encodeURIComponent(JSON.stringify({ word: v.word }))}`],
  ["a jsonb path selected", () => "/records?select=id,word:values->>word"],
  ["a cast", () => "/bases?select=id::text,account_id::text,name::text"],
  ["order, limit, offset", () => "/bases?order=account_id.desc,created_at.desc&limit=1000&offset=0"],
  ["order by account and reverse", () => "/bases?order=account_id.asc,created_at.desc&limit=1000"],
  [
    "two hundred alternatives",
    (v) => `/bases?id=in.(${Array.from({ length: 200 }, () => randomUUID()).join()},${v.rows.bases.id})`,
  ],
];

const EMBEDDING: readonly Reading[] = [
  ["children", (v) => `/bases?select=*,tables(*)&id=eq.${v.rows.bases.id}`],
  ["parent", (v) => `/tables?select=*,bases(*)&id=eq.${v.rows.tables.id}`],
  ["children of children", () => "/bases?select=id,tables(id,records(*),fields(*),views(*))"],
  ["inner", (v) => `/bases?select=id,tables!inner(id,name)&tables.name=like.*${v.word}*`],
  ["hint by constraint", () => "/tables?select=id,bases!tables_account_id_base_id_fkey(*)"],
  ["hint by target, aliased", () => "/tables?select=id,home:bases!tables_account_id_base_id_fkey!inner(id,name)"],
  ["spread", () => "/tables?select=id,...bases(base_name:name)"],
  ["spread of a spread", () => "/records?select=id,...tables(table_name:name,...bases(base_name:name))"],
  ["filter on the embedded account", (v) => `/tables?select=id,bases!inner(*)&bases.account_id=eq.${v.account}`],
  [
    "or on the embedded",
    (v) => `/tables?select=id,bases!inner(name)&bases.or=(account_id.eq.${v.account},id.not.is.null)`,
  ],
  ["embedded is not null", () => "/bases?select=id,name,tables(id)&tables=not.is.null"],
  ["order by the embedded", () => "/tables?select=id,name,bases(name)&order=bases(name).desc"],
];

const FORMS: readonly Reading[] = [
  ["CSV", () => "/bases", { accept: "text/csv" }],
  ["a single object", (v) => `/bases?id=eq.${v.rows.bases.id}`, { accept: "application/vnd.pgrst.object+json" }],
  ["nulls stripped", () => "/bases", { accept: "application/vnd.pgrst.array+json;nulls=stripped" }],
  ["a range from the start", () => "/bases", { range: "0-99999", "range-unit": "items" }],
  ["an open range", () => "/bases", { range: "0-" }],
  ["a range and a limit", () => "/bases?limit=1000000&offset=0", { range: "0-1000000" }],
  ["count=exact", () => "/bases", { prefer: "count=exact" }],
  ["lenient handling", () => "/bases", { prefer: "handling=lenient, max-affected=0" }],
];

describe.each([
  ["filters", FILTERS],
  ["embedding", EMBEDDING],
  ["forms and ranges", FORMS],
])("%s", (_theme, readings) => {
  test.each(readings.map(([title, path, headers]) => ({ title, path, headers })))(
    "$title",
    async ({ path, headers = {} }) => {
      const control = await victim.api.get(path(victim), headers);
      expect(tells(control.text, victim), `its owner reads it: ${control.text}`).toBe(true);
      const answer = await own.api.get(path(victim), headers);
      expect(tells(answer.text, victim), answer.text).toBe(false);
      expect(answer.text).not.toContain(victim.account);
      expect(answer.status).toBeLessThan(500);
    },
  );
});

describe("an id of another's and one that nobody has are answered alike", () => {
  const same: readonly (readonly [
    string,
    (id: string) => Promise<{ status: number; text: string; headers: Headers }>,
  ])[] = [
    ["GET", (id) => own.api.get(`/bases?id=eq.${id}`)],
    ["GET of one object", (id) => own.api.get(`/bases?id=eq.${id}`, { accept: "application/vnd.pgrst.object+json" })],
    ["GET with a count", (id) => own.api.get(`/bases?id=eq.${id}`, { prefer: "count=exact" })],
    ["PATCH", (id) => own.api.patch(`/bases?id=eq.${id}`, { name: "taken" })],
    ["DELETE", (id) => own.api.delete(`/bases?id=eq.${id}`)],
    ["a child by foreign key", (id) => own.api.post("/tables", { base_id: id, name: "reach" })],
    ["a child moved", (id) => own.api.patch(`/tables?id=eq.${own.rows.tables.id}`, { base_id: id })],
    [
      "a row for its account and key",
      (id) => own.api.post("/bases", { account_id: victim.account, id, name: "taken" }),
    ],
    [
      "a row with its key, ignoring duplicates",
      (id) =>
        own.api.post(
          "/bases",
          { account_id: victim.account, id, name: "taken" },
          { prefer: "resolution=ignore-duplicates" },
        ),
    ],
  ];
  test.each(same)("%s", async (_title, attempt) => {
    const unknown = randomUUID();
    const answer = await attempt(victim.rows.bases.id);
    const nothing = await attempt(unknown);
    const comparable = ({ status, text }: { status: number; text: string }) => ({
      status,
      text: text
        .replaceAll(victim.rows.bases.id, "ID")
        .replaceAll(unknown, "ID")
        .replace(/^date,.*$/m, ""),
    });
    expect(comparable(answer)).toEqual(comparable(nothing));
  });

  test("a key that another tenant uses is free for an own row", async () => {
    const made = await own.api.create("bases", { id: victim.rows.bases.id, name: "the same key" });
    expect(made.account_id).toBe(own.account);
    const before = await victim.now();
    expect(((await own.api.delete(`/bases?id=eq.${made.id}`)).body as unknown[]).length).toBe(1);
    expect(await victim.now()).toEqual(before);
  });
});
