/** The tenants map: every entry checked by itself and against the others, then resolved to what the platform works with. */
import { check } from "./check.ts";
import { didYouMean, joinPath, type Mistake } from "./mistakes.ts";
import { accountIdOf } from "./names.ts";
import {
  type Isolation,
  residencySatisfied,
  type TenantEntry,
  type TenantStatus,
  tenantSchema,
} from "./schema/tenants.ts";
import { checkTenantId } from "./tenant-id.ts";

/** A tenant with every default filled in: what manifests, programs and the runtime work with. */
export interface Tenant {
  readonly id: string;
  readonly accountId: string;
  readonly isolation: Isolation;
  readonly cell: string;
  readonly tier: "free" | "pro" | "enterprise";
  readonly status: TenantStatus;
  readonly channel: "stable" | "canary";
  readonly residency?: string;
  readonly parent?: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What tenants are checked against. */
export interface TenantContext {
  /** The environment's cells with their regions. */
  readonly cells: Readonly<Record<string, { readonly region: string }>>;
  /** Cell of a tenant that names none; undefined where the environment has no default. */
  readonly defaultCell: string | undefined;
}

/** Checks a map of tenants. The mistakes of all entries come together; the tenants come sorted by id. */
export function checkTenants(
  raw: unknown,
  context: TenantContext,
  base = "bulkhead:tenants",
): { tenants: Tenant[]; mistakes: Mistake[] } {
  if (raw === undefined || raw === null) return { tenants: [], mistakes: [] };
  if (typeof raw !== "object" || Array.isArray(raw)) {
    return {
      tenants: [],
      mistakes: [
        { path: base, value: raw, problem: "is not a map", remedy: "give a map from tenant id to its settings" },
      ],
    };
  }
  const mistakes: Mistake[] = [];
  const entries = new Map<string, TenantEntry>();
  const ids = Object.keys(raw);
  for (const id of ids) {
    const path = joinPath(base, id);
    const badId = checkTenantId(id);
    if (badId) mistakes.push({ path, ...badId });
    const { value, mistakes: own } = check(tenantSchema, (raw as Record<string, unknown>)[id] ?? {}, path);
    mistakes.push(...own);
    if (value) {
      entries.set(id, value);
      mistakes.push(...checkEntry(id, value, context, path));
    }
  }
  mistakes.push(...checkAccountIds(entries, base), ...checkParents(entries, new Set(ids), base));
  const tenants = [...entries].map(([id, entry]) => resolve(id, entry, context)).sort((a, b) => (a.id < b.id ? -1 : 1));
  return { tenants, mistakes };
}

function resolve(id: string, entry: TenantEntry, context: TenantContext): Tenant {
  return {
    id,
    accountId: entry.accountId ?? accountIdOf(id),
    isolation: entry.isolation,
    cell: entry.cell ?? context.defaultCell ?? "",
    tier: entry.tier,
    status: entry.status,
    channel: entry.channel,
    ...(entry.residency === undefined ? {} : { residency: entry.residency }),
    ...(entry.parent === undefined ? {} : { parent: entry.parent }),
    labels: entry.labels,
  };
}

function checkEntry(id: string, entry: TenantEntry, context: TenantContext, path: string): Mistake[] {
  const mistakes: Mistake[] = [];
  const cells = Object.keys(context.cells);
  const cell = entry.cell ?? context.defaultCell;
  if (cell === undefined) {
    mistakes.push({
      path,
      problem: "names no cell, and the environment has no default",
      remedy: `give cell, one of ${cells.join(", ")}`,
    });
  } else if (!Object.hasOwn(context.cells, cell)) {
    const near = didYouMean(cell, cells);
    mistakes.push({
      path: joinPath(path, "cell"),
      value: cell,
      problem: "is not a cell of this environment",
      remedy: near ? `did you mean "${near}"?` : `use one of ${cells.join(", ")}`,
    });
  } else if (entry.residency && !residencySatisfied(entry.residency, context.cells[cell]!.region)) {
    const fitting = cells.filter((name) => residencySatisfied(entry.residency!, context.cells[name]!.region));
    mistakes.push({
      path: joinPath(path, "residency"),
      value: entry.residency,
      problem: `is not satisfied by cell ${cell} in ${context.cells[cell]!.region}`,
      remedy: fitting.length > 0 ? `use cell ${fitting.join(" or ")}` : "add a cell in a region that satisfies it",
    });
  }
  if (entry.status === "deleted" && entry.deletionConfirmed !== id) {
    mistakes.push({
      path: joinPath(path, "deletionConfirmed"),
      value: entry.deletionConfirmed,
      problem: "does not confirm the deletion",
      remedy: `write deletionConfirmed: ${id}, or another status`,
    });
  }
  if (entry.status !== "deleted" && entry.deletionConfirmed !== undefined) {
    mistakes.push({
      path: joinPath(path, "deletionConfirmed"),
      value: entry.deletionConfirmed,
      problem: `stands beside status ${entry.status}`,
      remedy: "remove it: a confirmation in store confirms nothing",
    });
  }
  return mistakes;
}

function checkAccountIds(entries: ReadonlyMap<string, TenantEntry>, base: string): Mistake[] {
  const owners = new Map<string, string>();
  const mistakes: Mistake[] = [];
  for (const [id, entry] of entries) {
    const accountId = entry.accountId ?? accountIdOf(id);
    const owner = owners.get(accountId);
    if (owner === undefined) owners.set(accountId, id);
    else
      mistakes.push({
        path: joinPath(base, id, "accountId"),
        value: accountId,
        problem: `is the account id of ${owner} too`,
        remedy: "give each tenant one of its own, or leave it out",
      });
  }
  return mistakes;
}

function checkParents(entries: ReadonlyMap<string, TenantEntry>, ids: ReadonlySet<string>, base: string): Mistake[] {
  const mistakes: Mistake[] = [];
  for (const [id, { parent }] of entries) {
    if (parent === undefined) continue;
    const path = joinPath(base, id, "parent");
    if (parent === id) {
      mistakes.push({ path, value: parent, problem: "is the tenant itself", remedy: "name another tenant, or none" });
    } else if (!ids.has(parent)) {
      const near = didYouMean(parent, ids);
      mistakes.push({
        path,
        value: parent,
        problem: "is not a tenant of this environment",
        remedy: near ? `did you mean "${near}"?` : "add that tenant, or remove the parent",
      });
    } else {
      const cycle = cycleFrom(id, entries);
      // Each cycle is reported once, by its first member.
      if (cycle && cycle.toSorted()[0] === id) {
        mistakes.push({
          path,
          value: parent,
          problem: `closes a cycle: ${[...cycle, id].join(" → ")}`,
          remedy: "remove the parent of one of them",
        });
      }
    }
  }
  return mistakes;
}

/** The cycle of parents that `id` lies on, if it does. */
function cycleFrom(id: string, entries: ReadonlyMap<string, TenantEntry>): string[] | undefined {
  const seen = [id];
  for (let at = entries.get(id)?.parent; at !== undefined; at = entries.get(at)?.parent) {
    if (at === id) return seen.length > 1 ? seen : undefined;
    if (seen.includes(at)) return undefined;
    seen.push(at);
  }
  return undefined;
}
