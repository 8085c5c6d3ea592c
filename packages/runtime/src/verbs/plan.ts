/** `bulkhead plan`: says in words what an apply would do to which tenant, and touches nothing. */
import { PLATFORM_DATABASE, type TenantChange } from "@bulkhead/config";
import { MAINTENANCE_DATABASE } from "../bootstrap.ts";
import { type Target, transaction, withClient } from "../database.ts";
import { checkLedger, type MigrationSet, readMigrations } from "../migrations.ts";
import { planChanges, type RegisteredTenant, readTenants, refuseImpossible } from "../registry.ts";
import type { Context } from "./context.ts";

export async function plan(context: Context, options: { print: boolean }): Promise<readonly TenantChange[]> {
  const manifest = context.manifest();
  const set = readMigrations(context.migrations);
  const known = await readKnownTenants(context.target, set);
  const changes = planChanges(known, manifest);
  refuseImpossible(known, manifest, changes);
  if (options.print) {
    context.print(
      () =>
        changes.length === 0
          ? ["no tenant changes"]
          : [
              `${changes.length} of ${manifest.tenants.length} tenants change:`,
              ...changes.map((change) => `  ${change.words}`),
            ],
      { changes },
    );
  }
  return changes;
}

/** The registry's tenants; none where the cell was never bootstrapped. */
export async function readKnownTenants(target: Target, set?: MigrationSet): Promise<RegisteredTenant[]> {
  const there = await withClient(target, MAINTENANCE_DATABASE, "plan", async (client) => {
    const { rowCount } = await client.query("select from pg_database where datname = $1", [PLATFORM_DATABASE]);
    return rowCount === 1;
  });
  if (!there) return [];
  return withClient(target, PLATFORM_DATABASE, "plan", async (client) => {
    const { rowCount } = await client.query("select from pg_namespace where nspname = 'bulkhead'");
    if (rowCount === 0) return [];
    return transaction(client, "bulkhead_owner", async () => {
      if (set) await checkLedger(client, set);
      return readTenants(client);
    });
  });
}
