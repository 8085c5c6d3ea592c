/** What an attack of the proof is, and what it may come back with: a refusal, or nothing. */
import { type Client, codeOf, id, messageOf } from "../database.ts";
import type { RegisteredTenant } from "../registry.ts";
import { type Actor, schemaOf } from "./actors.ts";

/** A pair of tenants: one attacks, the other must not notice. `canary` is a row of the victim's `bases`, committed. */
export interface Scene {
  readonly attacker: RegisteredTenant;
  readonly victim: RegisteredTenant;
  readonly canary: string;
}

/** Thrown by an attack that got through. */
export class Leak extends Error {}

export interface Attack {
  readonly title: string;
  readonly run: (actor: Actor, scene: Scene) => Promise<void>;
}

/** What PostgreSQL or the hook says when it refuses: privilege, row-level security, the hook, a key that does not exist there, no such object. */
const REFUSED = new Set(["42501", "PT403", "23503", "42P01", "3F000", "0A000", "25006", "22023", "28000"]);

export async function refused(what: string, attempt: Promise<unknown>): Promise<void> {
  try {
    await attempt;
  } catch (error) {
    if (REFUSED.has(codeOf(error))) return;
    throw new Leak(`${what}: expected a refusal, got ${codeOf(error)} ${messageOf(error)}`);
  }
  throw new Leak(`${what}: was not refused`);
}

export async function noRows(what: string, attempt: Promise<{ rowCount: number | null }>): Promise<void> {
  const { rowCount } = await attempt;
  if (rowCount !== 0) throw new Leak(`${what}: ${rowCount} rows`);
}

/** Nothing at all: refused, or no rows. */
export async function nothing(what: string, client: Client, sql: string, values: unknown[] = []): Promise<void> {
  await client.query("savepoint attack");
  try {
    const { rowCount } = await client.query(sql, values);
    if (rowCount !== 0) throw new Leak(`${what}: ${rowCount} rows`);
  } catch (error) {
    if (error instanceof Leak || !REFUSED.has(codeOf(error)))
      throw error instanceof Leak ? error : new Leak(`${what}: ${codeOf(error)} ${messageOf(error)}`);
  }
  await client.query("rollback to attack");
}

export const basesOf = (tenant: RegisteredTenant) => `${id(schemaOf(tenant))}.bases`;
