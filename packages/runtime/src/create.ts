/** Stage create: roles, databases and logins of tenants, by the administrator's credential. No table is touched. */
import {
  type Manifest,
  PLATFORM_DATABASE,
  shardAuthenticator,
  tenantAuthenticator,
  tenantDatabase,
} from "@bulkhead/config";
import { auditDatabase } from "./audit-extension.ts";
import { becomeAdministrator, bindLogins, createDatabase, createRole } from "./bootstrap.ts";
import { type Client, id, messageOf, type Target, transaction, withClient } from "./database.ts";
import { badInput } from "./failure.ts";
import { underLock } from "./lock.ts";
import type { Logger } from "./logger.ts";
import { sealLogins } from "./logins.ts";
import { eachBounded } from "./pool.ts";
import {
  assignShards,
  planChanges,
  type RegisteredTenant,
  readTenants,
  recordFailure,
  refuseImpossible,
  writeDesired,
} from "./registry.ts";

/** Databases created at a time: CREATE DATABASE copies files and checkpoints, so more do not go faster. */
const PARALLEL_DATABASES = 2;

/** Carries out the stage. The failure of one tenant is recorded in the registry; the others go on. */
export async function create(target: Target, manifest: Manifest, log: Logger): Promise<void> {
  await withClient(target, PLATFORM_DATABASE, "create", async (client) => {
    const administrator = await becomeAdministrator(client);
    await requireBootstrap(client);
    await underLock(target, PLATFORM_DATABASE, log, () => createTenants(client, target, administrator, manifest, log));
  });
}

async function createTenants(
  client: Client,
  target: Target,
  administrator: string,
  manifest: Manifest,
  log: Logger,
): Promise<void> {
  const tenants = await transaction(client, "bulkhead_owner", async () => {
    const known = await readTenants(client);
    refuseImpossible(known, manifest, planChanges(known, manifest));
    await writeDesired(client, manifest);
    await assignShards(client, manifest);
    return readTenants(client);
  });
  // First of all: whatever fails below, those that are to be sealed are.
  const sealed = await sealLogins(client, target, tenants, log);
  if (sealed > 0) log.say(`barred ${sealed} logins of tenants that are not active`);
  const separate = tenants.filter((tenant) => tenant.isolation !== "pooled");
  await createTenantRoles(client, separate);
  await createTenantDatabases(client, target, administrator, separate, log);
  await bindLogins(client, manifest.logins);
}

async function requireBootstrap(client: Client): Promise<void> {
  const { rowCount } = await client.query("select from pg_namespace where nspname = 'bulkhead'");
  if (rowCount === 0)
    throw badInput("this cell is not bootstrapped; apply stacks/3-services first (bulkhead bootstrap)");
}

/** Fifty tenants a transaction: one for all would fill the lock table, one for each would be slow. */
async function createTenantRoles(client: Client, tenants: readonly RegisteredTenant[]): Promise<void> {
  const { rows } = await client.query<{ rolname: string }>("select rolname from pg_roles");
  const known = new Set(rows.map((row) => row.rolname));
  const missing = tenants.filter(
    (tenant) =>
      !known.has(tenant.roleName!) || (tenant.isolation !== "schema" && !known.has(tenantAuthenticator(tenant.id))),
  );
  for (let from = 0; from < missing.length; from += 50) {
    await transaction(client, undefined, async () => {
      for (const tenant of missing.slice(from, from + 50)) await createTenantRole(client, tenant);
    });
  }
}

async function createTenantRole(client: Client, tenant: RegisteredTenant): Promise<void> {
  const role = id(tenant.roleName!);
  const grants = [`grant bulkhead_request to ${role} with inherit true, set false`];
  if (tenant.isolation === "schema")
    grants.push(`grant ${role} to ${id(shardAuthenticator(tenant.shard!))} with inherit false, set true`);
  await createRole(client, tenant.roleName!, grants);
  if (tenant.isolation === "schema") return;
  const authenticator = id(tenantAuthenticator(tenant.id));
  await createRole(client, tenantAuthenticator(tenant.id), [
    `grant bulkhead_authenticator to ${authenticator} with inherit true, set false`,
    `grant anon, ${role} to ${authenticator} with inherit false, set true`,
  ]);
}

async function createTenantDatabases(
  client: Client,
  target: Target,
  administrator: string,
  tenants: readonly RegisteredTenant[],
  log: Logger,
): Promise<void> {
  const { rows } = await client.query<{ datname: string }>("select datname from pg_database");
  const known = new Set(rows.map((row) => row.datname));
  const missing = tenants.filter(
    (tenant) => tenant.isolation !== "schema" && (!known.has(tenantDatabase(tenant.id)) || tenant.phase !== "ready"),
  );
  let done = 0;
  await eachBounded(missing, PARALLEL_DATABASES, async (tenant) => {
    try {
      // A connection each: CREATE DATABASE blocks the one it runs on.
      await withClient(target, PLATFORM_DATABASE, "create", async (own) => {
        await becomeAdministrator(own);
        await createDatabase(own, tenantDatabase(tenant.id), administrator, [
          tenantAuthenticator(tenant.id),
          tenant.roleName!,
        ]);
      });
      await withClient(target, tenantDatabase(tenant.id), "create", async (inside) => {
        await becomeAdministrator(inside);
        await auditDatabase(inside, tenantDatabase(tenant.id), log);
      });
    } catch (error) {
      await transaction(client, "bulkhead_owner", () =>
        recordFailure(client, tenant.id, { message: `its database could not be created: ${messageOf(error)}` }),
      );
    }
    log.progress("databases created", ++done, missing.length);
  });
}
