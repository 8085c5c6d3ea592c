/** The tenants map: every entry checked by itself and against the others, then resolved to what the platform works with. */
import { check, soundKeys } from "./check.ts";
import { didYouMean, joinPath, type Mistake } from "./mistakes.ts";
import { accountIdOf } from "./names.ts";
import {
  type Isolation,
  residencySatisfied,
  type TenantEntry,
  type TenantStatus,
  tenantSchema,
} from "./schema/tenants.ts";
import { HOME } from "./sites.ts";
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
  /** Of an instance tenant: the size of its cluster, where the entry gives one. */
  readonly instance?: { readonly cpuCount: number; readonly availability?: "REGIONAL" | "ZONAL" | undefined };
  readonly labels: Readonly<Record<string, string>>;
}

/** What tenants are checked against. */
export interface TenantContext {
  /** The environment's cells. */
  readonly cells: Readonly<Record<string, CellPlaces>>;
  /** Cell of a tenant that names none; undefined where the environment has no default. */
  readonly defaultCell: string | undefined;
}

/** Where a cell's data lies. Of config, its secondaries; of what layer 2 hands on, its sites. */
export interface CellPlaces {
  readonly region: string;
  readonly secondaries?: Readonly<Record<string, { readonly region: string }>>;
  readonly sites?: Readonly<Record<string, { readonly region: string }>>;
}

/** Every region that holds a tenant's data: of its cell and of the cell's replicas. A cluster of its own has no replica elsewhere. */
function regionsOf({ region, secondaries = {}, sites = {} }: CellPlaces, isolation: Isolation | undefined): string[] {
  // Its cluster stays where the cell was put, whichever site writes by now.
  if (isolation === "instance") return [sites[HOME]?.region ?? region];
  const elsewhere = [...Object.values(secondaries), ...Object.values(sites)].map((site) => site.region);
  return [...new Set([region, ...elsewhere])];
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
  const tenants: Tenant[] = [];
  const entries = new Map<string, Sound>();
  const ids = Object.keys(raw);
  for (const id of ids) {
    const path = joinPath(base, id);
    const badId = checkTenantId(id);
    if (badId) mistakes.push({ path, value: id, ...badId });
    const entry = (raw as Record<string, unknown>)[id] ?? {};
    const { value, mistakes: own } = check(tenantSchema, entry, path);
    const sound = value ? { ...NOTHING_GIVEN, ...value } : soundKeys(tenantSchema, entry);
    entries.set(id, sound);
    mistakes.push(...own, ...checkEntry(id, sound, context, path));
    if (value) tenants.push(resolve(id, value, context));
  }
  mistakes.push(...checkAccountIds(entries, base), ...checkParents(entries, base));
  return { tenants: tenants.sort((a, b) => (a.id < b.id ? -1 : 1)), mistakes };
}

/** An entry as far as it is right: a key that is wrong is not in it, so that no second mistake follows from the first. */
type Sound = Partial<TenantEntry>;
/** Optional keys, present though nothing was given: they are right. */
const NOTHING_GIVEN = { cell: undefined, accountId: undefined, deletionConfirmed: undefined };

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
    ...(entry.instance === undefined ? {} : { instance: entry.instance }),
    labels: entry.labels,
  };
}

function checkEntry(id: string, entry: Sound, context: TenantContext, path: string): Mistake[] {
  const mistakes: Mistake[] = [];
  const cells = Object.keys(context.cells);
  const cell = entry.cell ?? context.defaultCell;
  if (!("cell" in entry)) {
    // Reported already.
  } else if (cell === undefined) {
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
  } else if (entry.residency) {
    const satisfies = (name: string) =>
      regionsOf(context.cells[name]!, entry.isolation).every((region) => residencySatisfied(entry.residency!, region));
    if (!satisfies(cell)) {
      const fitting = cells.filter(satisfies);
      const regions = regionsOf(context.cells[cell]!, entry.isolation);
      const replicas = regions.length > 1 ? `, whose replicas take its data to ${regions.slice(1).join(" and ")}` : "";
      mistakes.push({
        path: joinPath(path, "residency"),
        value: entry.residency,
        problem: `is not satisfied by cell ${cell} in ${regions[0]}${replicas}`,
        remedy: fitting.length > 0 ? `use cell ${fitting.join(" or ")}` : "add a cell in a region that satisfies it",
      });
    }
  }
  if (entry.isolation !== undefined && entry.isolation !== "instance" && entry.instance !== undefined) {
    mistakes.push({
      path: joinPath(path, "instance"),
      value: entry.instance,
      problem: `stands beside isolation ${entry.isolation}, which has no cluster of its own`,
      remedy: "remove it, or use isolation: instance",
    });
  }
  if (!("deletionConfirmed" in entry)) return mistakes;
  if (entry.status === "deleted" && entry.deletionConfirmed !== id) {
    mistakes.push({
      path: joinPath(path, "deletionConfirmed"),
      value: entry.deletionConfirmed,
      problem: "does not confirm the deletion",
      remedy: `write deletionConfirmed: ${id}, or another status`,
    });
  }
  if (entry.status && entry.status !== "deleted" && entry.deletionConfirmed !== undefined) {
    mistakes.push({
      path: joinPath(path, "deletionConfirmed"),
      value: entry.deletionConfirmed,
      problem: `stands beside status ${entry.status}`,
      remedy: "remove it: a confirmation in store confirms nothing",
    });
  }
  return mistakes;
}

function checkAccountIds(entries: ReadonlyMap<string, Sound>, base: string): Mistake[] {
  const owners = new Map<string, string>();
  const mistakes: Mistake[] = [];
  // Derived ids first, so that the mistake is reported where somebody wrote something.
  const written = (id: string) => Number(entries.get(id)?.accountId !== undefined);
  const sound = [...entries.keys()].filter((id) => "accountId" in entries.get(id)!);
  for (const id of sound.sort((a, b) => written(a) - written(b))) {
    const accountId = entries.get(id)?.accountId ?? accountIdOf(id);
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

function checkParents(entries: ReadonlyMap<string, Sound>, base: string): Mistake[] {
  const mistakes: Mistake[] = [];
  for (const [id, { parent }] of entries) {
    if (parent === undefined) continue;
    const path = joinPath(base, id, "parent");
    if (parent === id) {
      mistakes.push({ path, value: parent, problem: "is the tenant itself", remedy: "name another tenant, or none" });
    } else if (!entries.has(parent)) {
      const near = didYouMean(parent, entries.keys());
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
function cycleFrom(id: string, entries: ReadonlyMap<string, Sound>): string[] | undefined {
  const seen = [id];
  for (let at = entries.get(id)?.parent; at !== undefined; at = entries.get(at)?.parent) {
    if (at === id) return seen.length > 1 ? seen : undefined;
    if (seen.includes(at)) return undefined;
    seen.push(at);
  }
  return undefined;
}
