import pg from "pg";
import type { Paths } from "../cloud/paths.ts";
import { readPassword, type ServerRecord } from "./record.ts";
import { scramVerifier } from "./scram.ts";

/** Runs `work` as the server's own superuser, which on AlloyDB is Google's and here is nobody's but this package's. */
export async function asAdmin<T>(
  paths: Paths,
  record: ServerRecord,
  database: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const password = await readPassword(paths, record.instance, "alloydbadmin");
  const client = new pg.Client({
    ...{ host: "127.0.0.1", port: record.port, user: "alloydbadmin", password, database },
    ...{ application_name: "local-cloud", connectionTimeoutMillis: 10_000, ssl: false },
  });
  // A server that goes away between two statements is reported by the statement.
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The roles AlloyDB starts with. `postgres` is no superuser there, and a program that needs one must fail here too. */
export async function bootstrapRoles(client: pg.Client, password: string): Promise<void> {
  await client.query("create role alloydbsuperuser createrole createdb");
  await client.query("create role alloydbiamuser");
  await client.query(
    `create role postgres login createrole createdb password ${client.escapeLiteral(scramVerifier(password))}`,
  );
  await client.query("grant alloydbsuperuser to postgres with inherit true, set true");
  await client.query("alter database postgres owner to alloydbsuperuser");
}

export type Login = { name: string; password: string | undefined; roles: string[] };

/** Creates the login, or gives an existing one this password and exactly the roles that changed. */
export async function applyLogin(client: pg.Client, login: Login, previousRoles: string[]): Promise<void> {
  const name = client.escapeIdentifier(login.name);
  const found = await client.query("select 1 from pg_roles where rolname = $1", [login.name]);
  const verifier = login.password === undefined ? undefined : client.escapeLiteral(scramVerifier(login.password));
  const withPassword = verifier === undefined ? "" : ` password ${verifier}`;
  const unknown = await client.query(
    "select r from unnest($1::text[]) r where not exists (select from pg_roles where rolname = r)",
    [login.roles],
  );
  if (unknown.rowCount)
    throw new Error(
      `databaseRoles: there is no role ${unknown.rows.map((row: { r: string }) => `"${row.r}"`).join(", ")}`,
    );
  await client.query("begin");
  if (!found.rowCount) await client.query(`create role ${name} login${withPassword}`);
  else if (withPassword) await client.query(`alter role ${name} login${withPassword}`);
  for (const role of previousRoles.filter((r) => !login.roles.includes(r)))
    await client.query(`revoke ${client.escapeIdentifier(role)} from ${name}`);
  for (const role of login.roles) await client.query(`grant ${client.escapeIdentifier(role)} to ${name}`);
  await client.query("commit");
}

/** Ends the login's sessions first: a dropped role's session would go on reading. */
export async function dropLogin(client: pg.Client, name: string): Promise<void> {
  await client.query(`alter role ${client.escapeIdentifier(name)} nologin`).catch(ignore("42704"));
  await client.query("select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = $1", [name]);
  try {
    await client.query(`drop role if exists ${client.escapeIdentifier(name)}`);
  } catch (error) {
    const { code, detail } = error as { code?: string; detail?: string };
    if (code !== "2BP01") throw error;
    throw new Error(`the database user "${name}" cannot be dropped while objects depend on it: ${detail ?? ""}`, {
      cause: error,
    });
  }
}

function ignore(code: string): (error: unknown) => undefined {
  return (error) => {
    if ((error as { code?: string }).code !== code) throw error;
    return undefined;
  };
}
