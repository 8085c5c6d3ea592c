/** `bulkhead status`: every tenant, what it should be and what it is. */
import { PLATFORM_DATABASE } from "@bulkhead/config";
import { transaction, withClient } from "../database.ts";
import { EXIT } from "../failure.ts";
import { failedTenants, readTenants } from "../registry.ts";
import { formatTable, tenantFailureLines, tenantTable } from "../report.ts";
import type { Context } from "./context.ts";

export async function status(context: Context): Promise<number> {
  const tenants = await withClient(context.target, PLATFORM_DATABASE, "status", (client) =>
    transaction(client, "bulkhead_owner", () => readTenants(client)),
  );
  const table = tenantTable(tenants);
  const failed = failedTenants(tenants);
  context.print(() => (table.length === 0 ? ["no tenants"] : [...formatTable(table), ...tenantFailureLines(failed)]), {
    tenants: table,
  });
  return failed.length > 0 ? EXIT.failed : EXIT.done;
}
