/** Numbered migrations of the application's tables, applied alike to the pooled schema, each tenant schema and each tenant database. */
import { type Client, id, messageOf, transaction } from "./database.ts";
import { badInput } from "./failure.ts";
import { JOIN_LOCK } from "./lock.ts";
import {
  bootstrapFiles,
  hashOf,
  migrationsFolder,
  readSqlFolder,
  type Statement,
  splitStatements,
} from "./sql-files.ts";

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly hash: string;
  readonly statements: readonly Statement[];
}

/** What a schema takes, and one hash of it all. */
export interface MigrationSet {
  readonly migrations: readonly Migration[];
  readonly hash: string;
}

/** Why a migration failed, and where. */
export interface MigrationFailure {
  readonly message: string;
  readonly code?: string;
  /** `0002_updated_at.sql:12:8`, where it is known. */
  readonly place?: string;
  /** The line of SQL, and a caret under the place. */
  readonly excerpt?: string;
  readonly hint?: string;
}

/**
 * Reads the migrations of a folder: files named `0001_some_words.sql`, numbered without a gap from 1.
 * @throws Failure (bad input) that lists every file that is not.
 */
export function readMigrations(folder: string = migrationsFolder): MigrationSet {
  const mistakes: string[] = [];
  const migrations = readSqlFolder(folder).map((file, index): Migration => {
    const match = /^(\d{4})_[a-z0-9_]+\.sql$/.exec(file.name);
    if (!match) mistakes.push(`${file.name}: is not named like 0001_some_words.sql`);
    else if (Number(match[1]) !== index + 1)
      mistakes.push(`${file.name}: is number ${index + 1} in order; numbers run from 0001 without a gap`);
    return { version: index + 1, name: file.name, hash: file.hash, statements: splitStatements(file.text) };
  });
  if (mistakes.length > 0) throw badInput(`migrations in ${folder}:\n  ${mistakes.join("\n  ")}`);
  return { migrations, hash: hashOf(migrations.map((migration) => migration.hash).join()) };
}

/**
 * Refuses a released migration that was edited, or a database that is ahead of these files, before anything is touched.
 * @param client - connected to the platform database, as a role that may read the ledger
 */
export async function checkLedger(client: Client, set: MigrationSet): Promise<void> {
  const { rows } = await client.query<{ version: number; name: string; hash: string; schemas: string }>(
    "select version, name, hash, count(*) as schemas from bulkhead.migration group by version, name, hash order by version",
  );
  const mistakes = rows.flatMap((row) => {
    const migration = set.migrations[row.version - 1];
    if (!migration)
      return [
        `${row.name}: ${row.schemas} schemas have taken it, and it is not in these files; run a runtime that has it`,
      ];
    if (migration.hash !== row.hash)
      return [
        `${migration.name}: was changed after its release to ${row.schemas} schemas; restore it and add a new one`,
      ];
    return [];
  });
  if (mistakes.length > 0)
    throw badInput(`migrations do not fit the database; nothing was touched:\n  ${mistakes.join("\n  ")}`);
}

/** Carries the statement's place to whoever reports the failure. */
export class MigrationError extends Error {
  readonly failure: MigrationFailure;
  constructor(failure: MigrationFailure, cause: unknown) {
    super(failure.message, { cause });
    this.failure = failure;
  }
}

/**
 * Applies what a schema has not taken yet, all in one transaction with whatever `before` and `after` do: it is migrated wholly or not at all.
 * @returns how many migrations were applied
 * @throws MigrationError with the file, line and column of the statement that failed
 */
export async function migrateSchema(
  client: Client,
  schema: string,
  set: MigrationSet,
  before: () => Promise<void> = async () => {},
  after: () => Promise<void> = async () => {},
): Promise<number> {
  return transaction(client, "bulkhead_owner", async () => {
    await client.query(JOIN_LOCK);
    // A table that somebody holds is tried again, a few times: waiting for it, this would keep everybody else waiting behind it.
    await client.query("set local lock_timeout = '3s'");
    await before();
    const { rows } = await client.query<{ version: number }>(
      "select version from bulkhead.migration where schema_name = $1",
      [schema],
    );
    const taken = new Set(rows.map((row) => row.version));
    const pending = set.migrations.filter((migration) => !taken.has(migration.version));
    await protectAnew(client, schema);
    await client.query(`set local search_path to ${id(schema)}`);
    for (const migration of pending) {
      for (const statement of migration.statements) {
        await client.query(statement.text).catch((error) => {
          throw locate(error, migration, statement);
        });
      }
      await client.query("insert into bulkhead.migration (schema_name, version, name, hash) values ($1, $2, $3, $4)", [
        schema,
        migration.version,
        migration.name,
        migration.hash,
      ]);
    }
    await after();
    return pending.length;
  });
}

/** Tables protected by an older version of the contract are protected by this one; a table made later protects itself. */
async function protectAnew(client: Client, schema: string): Promise<void> {
  const { rowCount } = await client.query(
    "update bulkhead.exposed_schema set contract_hash = $2 where schema_name = $1 and contract_hash is distinct from $2",
    [schema, bootstrapFiles().hash],
  );
  if (rowCount === 0) return;
  await client.query(
    `select bulkhead.protect(oid) from pg_class
     where relnamespace = to_regnamespace(quote_ident($1))
       and oid in (select polrelid from pg_policy where polname in ('tenant_boundary', 'tenant_access'))
     order by oid`,
    [schema],
  );
}

function locate(error: unknown, migration: Migration, statement: Statement): unknown {
  const server = error as { code?: string; position?: string; hint?: string; severity?: string };
  // Only what the server said about the SQL has a place; a lost connection has none, and a transient error is tried again as it is.
  if (!server.severity || !/^(?:2|4[24]|P|0A|3[FD]|55|53|54)/.test(server.code ?? "") || server.code === "55P03")
    return error;
  const position = server.position === undefined ? 0 : Number(server.position) - 1;
  const head = statement.text.slice(0, position);
  const line = statement.line + head.split("\n").length - 1;
  const column = position - (head.lastIndexOf("\n") + 1) + 1;
  const source = statement.text.split("\n")[line - statement.line] ?? "";
  const failure: MigrationFailure = {
    message: messageOf(error),
    ...(server.code ? { code: server.code } : {}),
    place: `${migration.name}:${line}:${column}`,
    excerpt: `${source}\n${" ".repeat(Math.max(0, column - 1))}^`,
    ...(server.hint ? { hint: server.hint } : {}),
  };
  return new MigrationError(failure, error);
}
