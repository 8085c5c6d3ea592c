/** One reconciler at a time in a database: a lock on a table that only the owner may lock, gone when its holder is. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, codeOf, connect, type Target } from "./database.ts";
import { Failure } from "./failure.ts";
import type { Logger } from "./logger.ts";

/** Key of the bootstrap's advisory lock, in the maintenance database: "bulkhead" in ASCII, as PostgreSQL wants a bigint. */
const BOOTSTRAP_KEY = "7094996408453128548";
/** Seconds that a run waits for another one; then it ends with exit code 1, nothing touched. */
const PATIENCE = 600;

/**
 * Runs `work` while no other run is at work in the database. The lock is held by a connection of its own, in a transaction that does
 * nothing else; it also waits for what a killed run still has under way. A database that is not bootstrapped has nothing to lock yet.
 */
export async function underLock<T>(target: Target, database: string, log: Logger, work: () => Promise<T>): Promise<T> {
  const holder = await connect(target, database, "lock");
  try {
    await holder.query("begin");
    // A setting of the server's for idle transactions must not end this one.
    await holder.query("set local idle_in_transaction_session_timeout = 0");
    await holder.query("set local role bulkhead_owner");
    for (const table of ["run_lock", "worker_lock"]) await lockTable(holder, table, log);
    // Workers of this run take theirs from here on.
    await holder.query("rollback to workers_may_start");
    return await work();
  } finally {
    await holder.end().catch(() => {});
  }
}

async function lockTable(holder: Client, table: string, log: Logger): Promise<void> {
  const deadline = Date.now() + PATIENCE * 1000;
  for (let attempt = 0; ; attempt++) {
    await holder.query(`savepoint ${table === "run_lock" ? "attempt" : "workers_may_start"}`);
    try {
      await holder.query(`lock table bulkhead.${table} in exclusive mode nowait`);
      return;
    } catch (error) {
      await holder.query(`rollback to ${table === "run_lock" ? "attempt" : "workers_may_start"}`);
      // Not bootstrapped: no such table, or no such schema.
      if (["42P01", "3F000"].includes(codeOf(error))) return;
      if (codeOf(error) !== "55P03") throw error;
    }
    if (Date.now() > deadline) {
      throw new Failure(
        `another run has been at work for ${PATIENCE} seconds; nothing was touched. ${await whoHolds(holder)}`,
        1,
      );
    }
    if (attempt === 0 && table === "run_lock")
      log.say(`another run is at work; waiting for it to end. ${await whoHolds(holder)}`);
    await sleep(200 + Math.random() * 300);
  }
}

/** First statement of each transaction of a worker: the next run waits for its end, should this one be killed. */
export const JOIN_LOCK = "lock table bulkhead.worker_lock in row share mode";

/** Takes the bootstrap's lock for the life of the connection, which is to the maintenance database, where no tenant may connect. */
export async function lockBootstrap(client: Client, log: Logger): Promise<void> {
  const { rows } = await client.query<{ locked: boolean }>(`select pg_try_advisory_lock(${BOOTSTRAP_KEY}) as locked`);
  if (rows[0]!.locked) return;
  log.say("another bootstrap is at work; waiting for it to end");
  await client.query(`set lock_timeout = '${PATIENCE}s'`);
  await client.query(`select pg_advisory_lock(${BOOTSTRAP_KEY})`);
  await client.query("reset lock_timeout");
}

async function whoHolds(client: Client): Promise<string> {
  const { rows } = await client.query<{ pid: number; application_name: string; since: string }>(
    `select pid, application_name, to_char(backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS UTC') as since
     from pg_stat_activity join pg_locks using (pid)
     where relation = 'bulkhead.run_lock'::regclass and mode = 'ExclusiveLock' and granted and pid <> pg_backend_pid()`,
  );
  const held = rows[0];
  return held ? `(server process ${held.pid}, ${held.application_name || "unnamed"}, since ${held.since})` : "";
}
