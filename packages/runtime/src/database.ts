/** Connections: where to, as whom, and what an error of the server means. */
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import pgpass from "pgpass";

export type Client = pg.Client;

/** Where to connect; what is left out comes from libpq's environment (PGHOST, PGPORT, PGUSER, PGPASSFILE …). */
export interface Target {
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  /** Where logins with a password connect, if not here: the Auth Proxy's other listener, where this one logs in by identity. */
  readonly passwordAddress?: { readonly host: string; readonly port: number };
}

/** The target for a login with a password. */
export function withPassword(target: Target, user: string, password: string): Target {
  const { passwordAddress, ...address } = target;
  return { ...address, ...passwordAddress, user, password };
}

/** The server is not there yet (a sidecar or a server that starts), as opposed to one that says no. */
const NOT_YET = new Set(["ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "57P03", "53300"]);
/** Worth the same transaction once more: serialization, deadlock, lock not available, catalogue rows that raced. */
const TRANSIENT = new Set(["40001", "40P01", "55P03", "55006"]);

/** From the file that PGPASSFILE names, asked for when the server wants it; undefined leaves it to PGPASSWORD. */
function passwordFrom(target: Target, database: string): (() => Promise<string>) | undefined {
  if (!process.env.PGPASSFILE || process.env.PGPASSWORD) return undefined;
  const connection = {
    host: target.host ?? process.env.PGHOST ?? "localhost",
    port: target.port ?? Number(process.env.PGPORT ?? 5432),
    user: target.user ?? process.env.PGUSER ?? "",
    database,
  };
  return () => new Promise((resolve) => pgpass(connection, (password) => resolve(password ?? "")));
}

/** Connects, waiting up to half a minute for a server that is starting. */
export async function connect(target: Target, database: string, purpose: string): Promise<Client> {
  for (let attempt = 1; ; attempt++) {
    const client = new pg.Client({
      host: target.host,
      port: target.port,
      user: target.user,
      password: target.password ?? passwordFrom(target, database),
      database,
      application_name: `bulkhead ${purpose}`,
      connectionTimeoutMillis: 10_000,
      keepAlive: true,
    });
    // A connection that breaks while idle would otherwise end the process; the next query reports it.
    client.on("error", () => {});
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => {});
      if (attempt >= 8 || !NOT_YET.has(codeOf(error))) throw error;
      await sleep(250 * 2 ** Math.min(attempt, 5) * (0.5 + Math.random()));
    }
  }
}

/** Runs `work` with a connection of its own, which is closed whatever happens. */
export async function withClient<T>(
  target: Target,
  database: string,
  purpose: string,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await connect(target, database, purpose);
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

/** The last transaction of each connection: parallel workers share some, and a connection holds one transaction at a time. */
const queues = new WeakMap<Client, Promise<unknown>>();

/**
 * Runs `work` in a transaction, as `role` for its length, after any other on the same connection. Transient failures are tried
 * again, three times in all.
 */
export function transaction<T>(client: Client, role: string | undefined, work: () => Promise<T>): Promise<T> {
  const turn = (queues.get(client) ?? Promise.resolve()).then(() => attempts(client, role, work));
  queues.set(
    client,
    turn.catch(() => {}),
  );
  return turn;
}

async function attempts<T>(client: Client, role: string | undefined, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    await client.query("begin");
    try {
      if (role !== undefined) await client.query(`set local role ${pg.escapeIdentifier(role)}`);
      const result = await work();
      await client.query("commit");
      return result;
    } catch (error) {
      await client.query("rollback").catch(() => {});
      if (attempt >= 3 || !isTransient(error)) throw error;
      await sleep(100 * 2 ** attempt * (0.5 + Math.random()));
    }
  }
}

export function isTransient(error: unknown): boolean {
  const code = codeOf(error);
  // Two sessions that write the same catalogue row: one waits, and finds it changed under its feet.
  const catalogueRace = code === "XX000" && /concurrently updated/.test(messageOf(error));
  const catalogueTwin = code === "23505" && (error as { schema?: string }).schema === "pg_catalog";
  return TRANSIENT.has(code) || catalogueRace || catalogueTwin;
}

/** The connection is gone, rather than a statement refused. */
export function isConnectionLost(error: unknown): boolean {
  const code = codeOf(error);
  return (
    /^(?:08|57P)/.test(code) ||
    NOT_YET.has(code) ||
    code === "EPIPE" ||
    /Connection terminated|not queryable|Client was closed/.test(messageOf(error))
  );
}

export function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | undefined)?.code ?? "");
}

export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

/** Quotes an identifier, by the library. */
export const id: (name: string) => string = pg.escapeIdentifier;
/** Quotes a literal, by the library. */
export const literal: (text: string) => string = pg.escapeLiteral;
