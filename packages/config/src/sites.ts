/** The sites of a cell: its AlloyDB clusters, and which of them writes. */

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
