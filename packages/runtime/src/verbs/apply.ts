/** `bulkhead apply`: makes the database what the manifest says. */

import { PLATFORM_DATABASE } from "@bulkhead/config";
import { bootstrap } from "../bootstrap.ts";
import { create } from "../create.ts";
import { transaction, withClient } from "../database.ts";
import { EXIT } from "../failure.ts";
import { type MigrateResult, migrate } from "../migrate.ts";
import { readMigrations } from "../migrations.ts";
import { proofLines, prove } from "../prove/prove.ts";
import { failedTenants, type RegisteredTenant, readTenants } from "../registry.ts";
import { tenantFailureLines, tenantTable } from "../report.ts";
import type { Context } from "./context.ts";
import { plan } from "./plan.ts";

export type Stage = "all" | "create" | "migrate";

export interface ApplyOptions {
  readonly stage: Stage;
  /** Leave the exit code to a later `bulkhead prove --report`: a failed tenant does not keep the next stage from running. */
  readonly deferFailures: boolean;
  readonly prove: boolean;
}

export async function apply(context: Context, options: ApplyOptions): Promise<number> {
  const { target, log } = context;
  const manifest = context.manifest();
  const set = readMigrations(context.migrations);
  let result: MigrateResult = { done: [], failed: [] };
  const changes = options.stage === "migrate" ? [] : await plan(context, { print: !context.json });
  if (options.stage === "all") await bootstrap(target, manifest, log);
  if (options.stage !== "migrate") await create(target, manifest, log);
  if (options.stage !== "create") result = await migrate(target, manifest, set, log);
  const tenants = await withClient(target, PLATFORM_DATABASE, "apply", (client) =>
    transaction(client, "bulkhead_owner", () => readTenants(client)),
  );
  const failed = failedTenants(tenants);
  const proof = options.stage === "all" && options.prove ? await prove(target, log) : undefined;
  const leaks = proof?.leaks.length ?? 0;
  context.print(
    () => [
      ...summary(options.stage, result, tenants),
      ...(proof ? proofLines(proof) : []),
      ...tenantFailureLines(failed),
    ],
    {
      stage: options.stage,
      changes,
      done: result.done,
      failed: failed.map((tenant) => ({ id: tenant.id, error: tenant.error })),
      tenants: tenantTable(tenants),
      proof,
    },
  );
  if (leaks > 0) return EXIT.notProven;
  return failed.length > 0 && !options.deferFailures ? EXIT.failed : EXIT.done;
}

function summary(stage: Stage, result: MigrateResult, tenants: readonly RegisteredTenant[]): string[] {
  const active = tenants.filter((tenant) => tenant.status === "active" && !tenant.retained).length;
  const what = { all: "applied", create: "roles, databases and logins are in place", migrate: "schemas are in place" }[
    stage
  ];
  const done = stage === "create" ? "" : `; ${result.done.length} brought up to date, ${result.failed.length} failed`;
  return [`${what}: ${tenants.length} tenants, ${active} active${done}`];
}
