/** pgAudit in a database: the server's flag loads it, and each database has to ask for it once (AlloyDB: pgaudit/enable-audit). */
import { type Client, messageOf } from "./database.ts";
import type { Logger } from "./logger.ts";

/**
 * Creates the extension where the server has it loaded. To be called as the administrator, in the database.
 * A server without it (a laptop) is left as it is; one that refuses is said, as its statements then go unrecorded.
 */
export async function auditDatabase(client: Pick<Client, "query">, database: string, log: Logger): Promise<void> {
  const { rows } = await client.query<{ loaded: boolean; there: boolean }>(
    `select exists (select from pg_available_extensions where name = 'pgaudit')
              and current_setting('pgaudit.log', true) is not null as loaded,
            exists (select from pg_extension where extname = 'pgaudit') as there`,
  );
  const { loaded, there } = rows[0]!;
  if (!loaded || there) return;
  try {
    await client.query("create extension if not exists pgaudit");
    log.say(`${database}: pgAudit records statements`);
  } catch (error) {
    log.say(`${database}: WARNING: pgAudit could not be created, its statements go unrecorded: ${messageOf(error)}`);
  }
}
