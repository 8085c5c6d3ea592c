/** Stage migrate: schemas, tables and policies, by the migrator's credential. Pooled tenants in bulk, the others in bounded parallel. */
import { type Manifest, PLATFORM_DATABASE, tenantDatabase } from "@bulkhead/config";
import { bootstrapDatabase, nameArray } from "./bootstrap.ts";
import {
  type Client,
  codeOf,
  connect,
  id,
  isConnectionLost,
  literal,
  messageOf,
  type Target,
  transaction,
  withClient,
} from "./database.ts";
import { badInput, Failure } from "./failure.ts";
import { underLock } from "./lock.ts";
import { type Logger, silentLogger } from "./logger.ts";
import { checkLedger, MigrationError, type MigrationSet, migrateSchema } from "./migrations.ts";
import { eachBounded } from "./pool.ts";
import { type RegisteredTenant, readTenants, recordFailure } from "./registry.ts";
import { bootstrapFiles, hashOf } from "./sql-files.ts";

/** Tenants migrated at a time. The server does the work, so a few connections keep it busy. */
const PARALLEL_TENANTS = 4;

export interface MigrateResult {
  /** Tenants this run changed or brought up to date. */
  readonly done: readonly string[];
  /** Tenants whose migration failed, this run. */
  readonly failed: readonly string[];
}

/** Carries out the stage for every tenant of the registry that is behind. Failures are recorded; the other tenants go on. */
export async function migrate(
  target: Target,
  manifest: Manifest,
  set: MigrationSet,
  log: Logger,
): Promise<MigrateResult> {
  const work = () =>
    withClient(target, PLATFORM_DATABASE, "migrate", async (client) => {
      const tenants = await transaction(client, "bulkhead_owner", async () => {
        await checkLedger(client, set);
        return readTenants(client);
      });
      requireDesired(tenants, manifest);
      const done: string[] = [];
      const failed: string[] = [];
      const behind = await migratePooled(client, tenants, set, done, failed, log);
      await migrateOwn(client, target, behind, set, done, failed, log);
      await client.query("notify pgrst, 'reload config'");
      await client.query("notify pgrst, 'reload schema'");
      return { done: done.sort(), failed: failed.sort() };
    });
  return underLock(target, PLATFORM_DATABASE, log, work);
}

/** What a schema has to have taken to be up to date: bootstrap and migrations. */
function targetHash(set: MigrationSet): string {
  return hashOf(`${bootstrapFiles().hash} ${set.hash}`);
}

function isBehind(tenant: RegisteredTenant, hash: string): boolean {
  return tenant.phase !== "ready" || tenant.observedGeneration !== tenant.generation || tenant.schemaHash !== hash;
}

/** The create stage has to have run for this very manifest. */
function requireDesired(tenants: readonly RegisteredTenant[], manifest: Manifest): void {
  const known = new Set(tenants.map((tenant) => tenant.id));
  const missing = manifest.tenants.filter((tenant) => !known.has(tenant.id));
  if (missing.length > 0)
    throw badInput(
      `the registry does not know ${missing.length} tenants of the manifest (${missing[0]!.id} …); run the create stage first`,
    );
}

/** The pooled schema once, then every pooled tenant in one statement. Returns the tenants with a schema or database of their own that are behind. */
async function migratePooled(
  client: Client,
  tenants: readonly RegisteredTenant[],
  set: MigrationSet,
  done: string[],
  failed: string[],
  log: Logger,
): Promise<RegisteredTenant[]> {
  const hash = targetHash(set);
  const pooled = tenants
    .filter((tenant) => tenant.isolation === "pooled" && isBehind(tenant, hash))
    .map((tenant) => tenant.id);
  try {
    const applied = await migrateSchema(client, "app", set, undefined, async () => {
      await markReady(client, pooled, hash);
    });
    if (applied > 0) log.say(`pooled schema: ${applied} migrations applied`);
    if (pooled.length > 0) log.say(`pooled tenants: ${pooled.length} ready`);
    done.push(...pooled);
  } catch (error) {
    if (isConnectionLost(error)) throw lost(error);
    const failure = JSON.stringify(describeFailure(error));
    await transaction(client, "bulkhead_owner", () =>
      client.query("update bulkhead.tenant set phase = 'failed', last_error = $1 where id = any ($2)", [
        failure,
        pooled,
      ]),
    );
    failed.push(...pooled);
    if (pooled.length === 0) throw error;
  }
  return tenants.filter((tenant) => tenant.isolation !== "pooled" && isBehind(tenant, hash));
}

/** Schema and database tenants, a parent before its children; the children of one that failed wait for the next run. */
async function migrateOwn(
  client: Client,
  target: Target,
  behind: readonly RegisteredTenant[],
  set: MigrationSet,
  done: string[],
  failed: string[],
  log: Logger,
): Promise<void> {
  const hash = targetHash(set);
  const connections = new Map<number, Promise<Client>>();
  let finished = 0;
  const record = async (tenant: RegisteredTenant, failure: unknown) => {
    await transaction(client, "bulkhead_owner", () => recordFailure(client, tenant.id, failure));
    failed.push(tenant.id);
  };
  try {
    for (const generation of parentsFirst(behind)) {
      await eachBounded(generation, PARALLEL_TENANTS, async (tenant, worker) => {
        if (tenant.parent !== undefined && failed.includes(tenant.parent)) {
          await record(tenant, { message: `waits for its parent ${tenant.parent}, which failed` });
        } else {
          try {
            if (tenant.isolation === "schema") {
              const own = await (connections.get(worker) ?? open(connections, worker, target));
              await migrateSchemaTenant(own, tenant, set, hash);
            } else {
              await migrateDatabaseTenant(client, target, tenant, set, hash);
            }
            done.push(tenant.id);
          } catch (error) {
            if (isConnectionLost(error)) throw lost(error);
            await record(tenant, describeFailure(error));
          }
        }
        log.progress("tenants migrated", ++finished, behind.length);
      });
    }
  } finally {
    for (const connection of connections.values()) await (await connection).end().catch(() => {});
  }
}

function open(connections: Map<number, Promise<Client>>, worker: number, target: Target): Promise<Client> {
  const opened = connect(target, PLATFORM_DATABASE, "migrate");
  connections.set(worker, opened);
  return opened;
}

async function migrateSchemaTenant(
  client: Client,
  tenant: RegisteredTenant,
  set: MigrationSet,
  hash: string,
): Promise<void> {
  const schema = tenant.roleName!;
  await migrateSchema(
    client,
    schema,
    set,
    async () => {
      await client.query(`create schema if not exists ${id(schema)}`);
      await client.query(`select bulkhead.expose(${literal(schema)}, ${literal(tenant.id)}, ${nameArray([schema])})`);
    },
    () => markReady(client, [tenant.id], hash),
  );
}

async function migrateDatabaseTenant(
  client: Client,
  target: Target,
  tenant: RegisteredTenant,
  set: MigrationSet,
  hash: string,
): Promise<void> {
  const database = tenantDatabase(tenant.id);
  const work = () =>
    withClient(target, database, "migrate", async (own) => {
      await bootstrapDatabase(own);
      await migrateSchema(own, "app", set, async () => {
        await mirrorTenant(client, own, tenant.id);
        await own.query(`select bulkhead.expose('app', ${literal(tenant.id)}, ${nameArray([tenant.roleName!])})`);
      });
      await own.query("notify pgrst, 'reload config'");
      await own.query("notify pgrst, 'reload schema'");
    });
  await underLock(target, database, silentLogger, work);
  await transaction(client, "bulkhead_owner", () => markReady(client, [tenant.id], hash));
}

/** Copies the tenant's row into its own database, where its requests are checked: the platform's word on whether it is active. */
async function mirrorTenant(platform: Client, own: Client, tenantId: string): Promise<void> {
  const columns =
    "id, account_id, isolation, cell, tier, status, channel, residency, parent, labels, retained, role_name, statement_timeout, desired_hash, generation";
  const { rows } = await transaction(platform, "bulkhead_owner", () =>
    platform.query(`select to_jsonb(row) as row from (select ${columns} from bulkhead.tenant where id = $1) as row`, [
      tenantId,
    ]),
  );
  const updated = columns
    .split(", ")
    .slice(1)
    .map((column) => `${column} = excluded.${column}`)
    .join(", ");
  await own.query(
    `insert into bulkhead.tenant (${columns}) select ${columns} from jsonb_populate_record(null::bulkhead.tenant, $1::jsonb)
     on conflict (id) do update set ${updated}`,
    [JSON.stringify(rows[0].row)],
  );
}

async function markReady(client: Client, ids: readonly string[], hash: string): Promise<void> {
  if (ids.length === 0) return;
  await client.query(
    `update bulkhead.tenant set phase = 'ready', observed_generation = generation, schema_hash = $2, last_error = null, ready_at = now()
     where id = any ($1)`,
    [ids, hash],
  );
}

/** Groups tenants so that each comes after its parent. */
function parentsFirst(tenants: readonly RegisteredTenant[]): RegisteredTenant[][] {
  const byId = new Map(tenants.map((tenant) => [tenant.id, tenant]));
  const depth = (tenant: RegisteredTenant): number => {
    const parent = tenant.parent === undefined ? undefined : byId.get(tenant.parent);
    return parent ? depth(parent) + 1 : 0;
  };
  const groups: RegisteredTenant[][] = [];
  for (const tenant of tenants) {
    const level = depth(tenant);
    groups[level] ??= [];
    groups[level].push(tenant);
  }
  return groups.filter((group) => group !== undefined);
}

function describeFailure(error: unknown): object {
  if (error instanceof MigrationError) return error.failure;
  const code = codeOf(error);
  return { message: messageOf(error), ...(code ? { code } : {}) };
}

function lost(error: unknown): Failure {
  return new Failure(
    `the connection to the database was lost (${messageOf(error)}); what was done is kept, run this again to go on`,
    1,
  );
}
