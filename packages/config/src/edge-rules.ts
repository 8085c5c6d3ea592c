/** Rules of `bulkhead:edge` that need other layers. */
import { joinPath, type Mistake } from "./mistakes.ts";
import type { DatabaseConfig } from "./schema/database.ts";
import type { FoundationConfig } from "./schema/foundation.ts";
import type { ServicesConfig } from "./schema/services.ts";
import type { Tenant } from "./tenants.ts";

/** What of an environment the rules look at; what could not be read is left out. */
export interface EdgeContext {
  readonly foundation: FoundationConfig | undefined;
  readonly database: DatabaseConfig | undefined;
  readonly services: ServicesConfig | undefined;
  readonly tenants:
    | {
        readonly tenants: readonly Tenant[];
        readonly tiers: Readonly<Record<string, { readonly statementTimeout: string }>>;
      }
    | undefined;
}

/** The mistakes by layer. */
export function checkEdgeRules({ foundation, database, services, tenants }: EdgeContext): {
  readonly services: readonly Mistake[];
  readonly tenants: readonly Mistake[];
} {
  const edge = services?.edge;
  if (!edge) return { services: [], tenants: [] };
  const mistakes: Mistake[] = [];
  if (edge.admin && foundation && database) {
    for (const region of new Set(Object.values(database.cells).map((cell) => cell.region))) {
      const ranges = foundation.regions[region];
      if (!ranges || ranges.proxies !== undefined) continue;
      mistakes.push({
        path: "bulkhead:edge.admin",
        value: region,
        problem: `needs a range for the proxies of ${region}`,
        remedy: `set ${joinPath("bulkhead:regions", region, "proxies")} of stacks/1-foundation, such as 10.9.0.0/23`,
      });
    }
  }
  for (const [tier, { statementTimeout }] of Object.entries(tenants?.tiers ?? {})) {
    if (seconds(statementTimeout) < edge.timeoutSec) continue;
    mistakes.push({
      path: "bulkhead:edge.timeoutSec",
      value: edge.timeoutSec,
      problem: `is no longer than a statement of tier ${tier} may run, ${statementTimeout}`,
      remedy: "raise it, or the client hears of a gateway that gave up instead of a statement that was cancelled",
    });
  }
  return { services: mistakes, tenants: checkTenantHosts(tenants?.tenants ?? [], Object.keys(database?.cells ?? {})) };
}

/** Tenants with a host of their own may not be named like a cell, which has the host already. */
export function checkTenantHosts(tenants: readonly Tenant[], cells: readonly string[]): Mistake[] {
  return tenants
    .filter(({ id, isolation }) => isolation !== "pooled" && cells.includes(id))
    .map(({ id }) => ({
      path: joinPath("bulkhead:tenants", id),
      value: id,
      problem: `would have the host of cell ${id}`,
      remedy: "use another id",
    }));
}

function seconds(duration: string): number {
  const amount = Number.parseInt(duration, 10);
  return duration.endsWith("ms") ? amount / 1000 : duration.endsWith("min") ? amount * 60 : amount;
}
