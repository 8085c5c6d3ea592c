/** Rows of a tenant for a test to guard or to attack: one of each core entity, every one holding a word nobody else has. */
import { randomUUID } from "node:crypto";
import type { Api, Row } from "./api.ts";

export const ENTITIES = ["bases", "tables", "fields", "records", "views"] as const;
export type Entity = (typeof ENTITIES)[number];

export interface Seed {
  readonly api: Api;
  readonly account: string;
  /** In every row of the seed; where it turns up, a row was read. */
  readonly word: string;
  readonly rows: Readonly<Record<Entity, Row>>;
  /** The seed's rows as they are now, read by their tenant. */
  now(): Promise<unknown>;
  /** Deletes the seed. */
  remove(): Promise<void>;
}

export async function seed(api: Api): Promise<Seed> {
  const word = `secret${randomUUID().replaceAll("-", "")}`;
  const bases = await api.create("bases", { name: `${word} base` });
  const tables = await api.create("tables", { base_id: bases.id, name: `${word} table` });
  const inside = { table_id: tables.id, name: `${word} inside` };
  const fields = await api.create("fields", { ...inside, type: "text" });
  const records = await api.create("records", { table_id: tables.id, values: { word } });
  const views = await api.create("views", inside);
  const rows = { bases, tables, fields, records, views };
  return {
    api,
    account: bases.account_id,
    word,
    rows,
    now: () =>
      Promise.all(
        Object.entries(rows).map(([entity, row]) =>
          api.rows(`/${entity}?id=eq.${row.id}&account_id=eq.${row.account_id}`),
        ),
      ),
    remove: async () => {
      await api.delete(`/bases?id=eq.${bases.id}`);
    },
  };
}

/** Whether anything of the seed is in what came back. */
export function tells(text: string, { word, rows }: Seed): boolean {
  return text.includes(word) || Object.values(rows).some((row) => text.includes(row.id));
}
