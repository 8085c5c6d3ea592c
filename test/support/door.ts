/** The login door in tests: statements of a tenant's own session, always rolled back, and what a superuser says to the same ones. */
import type { Client } from "@bulkhead/runtime";
import type { Session, Stage } from "./stage.ts";

export interface Outcome {
  /** SQLSTATE of the first statement that failed. */
  readonly code?: string;
  readonly message?: string;
  /** Rows of the last statement, if all went through. */
  readonly rows: readonly Record<string, unknown>[];
}

/** Runs statements one after the other in a transaction that is rolled back; then `look`, before it is. */
export async function attempt<T = undefined>(
  client: Client,
  statements: readonly string[],
  look?: () => Promise<T>,
): Promise<Outcome & { readonly seen: T }> {
  await client.query("begin");
  try {
    let outcome: Outcome = { rows: [] };
    for (const statement of statements) {
      await client.query("savepoint before");
      try {
        outcome = { ...outcome, rows: (await client.query(statement)).rows ?? [] };
      } catch (error) {
        const { code, message } = error as { code: string; message: string };
        await client.query("rollback to before");
        outcome = { code, message, rows: [] };
        break;
      }
    }
    return { ...outcome, seen: (await look?.()) as T };
  } finally {
    await client.query("rollback");
  }
}

/** Whose rows of `bases` the session sees now: accounts. */
export async function accountsSeen({ client, schema }: Pick<Session, "client" | "schema">): Promise<string[]> {
  const { rows } = await client.query<{ account_id: string }>(
    `select distinct account_id from ${schema}.bases order by account_id`,
  );
  return rows.map((row) => row.account_id);
}

/** The same statements by a superuser: that they go through shows that it was the right that was missing, not the statement that was wrong. */
export async function asSuperuser(stage: Stage, database: string, statements: readonly string[]): Promise<void> {
  await stage.truth(database, ["begin", ...statements, "rollback"].join(";\n"));
}
