/** Tables and lines for people. */
import type { RegisteredTenant } from "./registry.ts";

/** One tenant as `status` shows it, to people and machines alike. */
export interface TenantLine {
  readonly id: string;
  readonly isolation: string;
  readonly tier: string;
  /** Desired: active, suspended, archived, deleted, or retained (its entry is gone from the config). */
  readonly status: string;
  /** Observed: ready, pending or failed. */
  readonly phase: string;
  /** What its requests reach: schema or database. */
  readonly home: string;
  readonly shard: number | null;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly accountId: string;
  readonly error: RegisteredTenant["error"];
}

export function tenantTable(tenants: readonly RegisteredTenant[]): TenantLine[] {
  return tenants.map((tenant) => ({
    id: tenant.id,
    isolation: tenant.isolation,
    tier: tenant.tier,
    status: tenant.retained ? "retained" : tenant.status,
    phase: tenant.phase,
    home:
      tenant.isolation === "pooled"
        ? "platform/app"
        : tenant.isolation === "schema"
          ? `platform/${tenant.roleName}`
          : `${tenant.roleName}/app`,
    shard: tenant.shard,
    generation: tenant.generation,
    observedGeneration: tenant.observedGeneration,
    accountId: tenant.accountId,
    error: tenant.error,
  }));
}

/** Columns of a table, aligned; counts above a hundred tenants are for `--json`. */
export function formatTable(lines: readonly TenantLine[]): string[] {
  const header = ["tenant", "isolation", "tier", "status", "phase", "home", "account id"];
  const rows = lines.map((line) => [
    line.id,
    line.isolation,
    line.tier,
    line.status,
    line.phase,
    line.home,
    line.accountId,
  ]);
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  return [header, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
}

/** Each failed tenant with its error, place and hint, for the end of a report. */
export function tenantFailureLines(failed: readonly RegisteredTenant[]): string[] {
  if (failed.length === 0) return [];
  const lines = [
    `${failed.length} tenant${failed.length > 1 ? "s" : ""} failed; the others are done. Mend the cause and run this again:`,
  ];
  for (const tenant of failed.slice(0, 20)) {
    const error = tenant.error as {
      message: string;
      code?: string;
      place?: string;
      excerpt?: string;
      hint?: string;
    } | null;
    lines.push(
      `  ${tenant.id}: ${error?.place ? `${error.place}: ` : ""}${error?.message ?? "unknown"}${error?.code ? ` (SQLSTATE ${error.code})` : ""}`,
    );
    if (error?.excerpt) lines.push(...error.excerpt.split("\n").map((line) => `    ${line}`));
    if (error?.hint) lines.push(`    hint: ${error.hint}`);
  }
  if (failed.length > 20) lines.push(`  … and ${failed.length - 20} more: bulkhead status --json`);
  return lines;
}
