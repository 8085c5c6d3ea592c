/** The sites of a cell: its AlloyDB clusters, and which of them writes. */
import { joinPath, type Mistake } from "./mistakes.ts";

/** The cell's own cluster. The others are its secondaries, by name. */
export const HOME = "home";

/** writer: takes writes. reader: replicates from the writer. fenced: left behind by a promotion; nothing may reach it. */
export type SiteRole = "writer" | "reader" | "fenced";

/** What of a cell's config says where it runs. */
export interface CellSites {
  readonly region: string;
  readonly secondaries: Readonly<Record<string, { readonly region: string }>>;
  readonly writer: string;
  readonly fenced: readonly string[];
}

export interface Site {
  readonly region: string;
  readonly role: SiteRole;
  /** The site that it replicates from; null where it does not. */
  readonly replicates: string | null;
}

/** Every site of a cell with its role. The cell's config must be sound: exactly one site writes. */
export function siteRoles(cell: CellSites): Readonly<Record<string, Site>> {
  const site = (name: string, region: string): Site => {
    if (name === cell.writer) return { region, role: "writer", replicates: null };
    if (cell.fenced.includes(name)) return { region, role: "fenced", replicates: null };
    return { region, role: "reader", replicates: cell.writer };
  };
  return {
    [HOME]: site(HOME, cell.region),
    ...Object.fromEntries(Object.entries(cell.secondaries).map(([name, entry]) => [name, site(name, entry.region)])),
  };
}

/** A cell's sites as they were applied last. */
export interface KnownSites {
  readonly writer: string;
  readonly sites: Readonly<Record<string, { readonly role: SiteRole }>>;
}

/**
 * What AlloyDB could not follow from the last applied config to this one, or only with the loss of data. A new cell may have any site for its
 * writer: there is nothing to lose.
 * @param path - of the cell, for the mistakes
 */
export function checkSiteMoves(path: string, before: KnownSites | undefined, cell: CellSites): Mistake[] {
  if (before === undefined) return [];
  const now = siteRoles(cell);
  const moved = before.writer !== cell.writer;
  return Object.entries(now).flatMap(([name, { role }]): Mistake[] => {
    const was = before.sites[name]?.role;
    const at = (key: string): string => joinPath(path, key);
    if (role === "writer" && was === undefined) {
      const remedy = "leave the writer as it is, apply, let the new site catch up, and then promote it";
      return [{ path: at("writer"), value: name, problem: "is not there yet and would begin empty", remedy }];
    }
    if (role === "writer" && was === "fenced") {
      const problem = `was left behind by a promotion: it lacks what ${before.writer} wrote since`;
      const remedy = "take it out of fenced, apply: it is made anew as a secondary; then switch over to it";
      return [{ path: at("writer"), value: name, problem, remedy }];
    }
    if (role === "fenced" && was === undefined) {
      const remedy = "take it out of fenced: a new site begins as a secondary";
      return [{ path: at("fenced"), value: name, problem: "is not there yet", remedy }];
    }
    // A promotion cuts its own secondary off; the others go on following the old writer and can be led to no other.
    if (role === "reader" && was === "reader" && moved && now[before.writer]?.role !== "reader") {
      const problem = `replicates from ${before.writer}, which a promotion leaves behind`;
      const remedy =
        "fence it too, and take it out of fenced in a later update: it is then made anew from the new writer";
      return [{ path: at(name === HOME ? "fenced" : "secondaries"), value: name, problem, remedy }];
    }
    return [];
  });
}
