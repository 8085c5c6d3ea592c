/** One reconciler at a time in a cell: a session advisory lock, which the server drops when the holder dies. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "./database.ts";
import { Failure } from "./failure.ts";
import type { Logger } from "./logger.ts";

/** Key of the lock, in a database: "bulkhead" in ASCII, as PostgreSQL wants a bigint. */
const LOCK_KEY = "7094996408453128548";
/** Held, shared, by the further connections of a run. They outlive a killed run for as long as their statement takes. */
const WORKER_KEY = "7094996408453128549";

/**
 * Takes the lock for the life of the connection, waiting for another run to end.
 * @param waitSeconds - how long; then the run ends with exit code 1, nothing touched
 */
export async function lock(client: Client, log: Logger, waitSeconds = 600): Promise<void> {
  const deadline = Date.now() + waitSeconds * 1000;
  for (let attempt = 0; ; attempt++) {
    const { rows } = await client.query<{ locked: boolean }>(`select pg_try_advisory_lock(${LOCK_KEY}) as locked`);
    if (rows[0]!.locked) return waitForWorkers(client);
    if (Date.now() > deadline)
      throw new Failure(
        `another run has held the lock for ${waitSeconds} seconds; nothing was touched. ${await holder(client)}`,
        1,
      );
    if (attempt === 0) log.say(`another run is at work; waiting for it to end. ${await holder(client)}`);
    await sleep(200 + Math.random() * 300);
  }
}

/** Waits until what a killed run had under way has ended, done or rolled back. New workers start after this, under the lock. */
async function waitForWorkers(client: Client): Promise<void> {
  await client.query(`select pg_advisory_lock(${WORKER_KEY})`);
  await client.query(`select pg_advisory_unlock(${WORKER_KEY})`);
}

/** Marks a further connection of a run that holds the lock, to the same database. */
export async function joinLock(client: Client): Promise<void> {
  await client.query(`select pg_advisory_lock_shared(${WORKER_KEY})`);
}

async function holder(client: Client): Promise<string> {
  const { rows } = await client.query<{ pid: number; application_name: string; since: string }>(
    `select pid, application_name, to_char(backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS UTC') as since
     from pg_stat_activity join pg_locks using (pid)
     where locktype = 'advisory' and granted and ((classid::bigint << 32) | objid::bigint) = ${LOCK_KEY}
       and pg_locks.database = (select oid from pg_database where datname = current_database())`,
  );
  const held = rows[0];
  return held ? `(server process ${held.pid}, ${held.application_name || "unnamed"}, since ${held.since})` : "";
}
