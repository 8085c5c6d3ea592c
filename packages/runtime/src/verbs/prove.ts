/** `bulkhead prove`: attacks the platform as each kind of client, and reports. */
import { PLATFORM_DATABASE } from "@bulkhead/config";
import { transaction, withClient } from "../database.ts";
import { EXIT } from "../failure.ts";
import { proofLines, prove } from "../prove/prove.ts";
import { failedTenants, readTenants } from "../registry.ts";
import { tenantFailureLines } from "../report.ts";
import type { Context } from "./context.ts";

/** `report`: also report the tenants whose rollout failed, and exit with 1 for them: the last step of a rollout. */
export async function proveVerb(context: Context, options: { report: boolean }): Promise<number> {
  const proof = await prove(context.target, context.log);
  const tenants = options.report
    ? await withClient(context.target, PLATFORM_DATABASE, "prove", (client) =>
        transaction(client, "bulkhead_owner", () => readTenants(client)),
      )
    : [];
  const failed = failedTenants(tenants);
  context.print(() => [...proofLines(proof), ...tenantFailureLines(failed)], {
    ...proof,
    failed: failed.map(({ id, error }) => ({ id, error })),
  });
  if (proof.leaks.length > 0) return EXIT.notProven;
  return failed.length > 0 ? EXIT.failed : EXIT.done;
}
