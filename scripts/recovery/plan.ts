/** What a promotion or a switchover of a cell is to do, from its config and from what was applied last; refused where it is unsafe. */
import type { CellDatabaseOutputs } from "@bulkhead/components";
import { type CellConfig, didYouMean, residencySatisfied, siteRoles, type Tenant } from "@bulkhead/config";
import { UserError } from "../lib/cli.ts";
import type { Sites } from "./stack-file.ts";

/** A refusal: nothing was touched. */
export class Refusal extends UserError {
  constructor(why: string, remedy: string) {
    super(`refused: ${why}\n  ${remedy}`, 2);
  }
}

export interface Plan {
  readonly cell: string;
  /** Site that wrote before. */
  readonly from: string;
  /** Site that is to write. */
  readonly to: string;
  /** What the cell's config is to say. */
  readonly sites: Sites;
  /** The config says so already: an earlier run was cut short, or came to its end. */
  readonly resumed: boolean;
}

export interface PlanOptions {
  readonly to?: string | undefined;
  /** Fence every other secondary of the old writer too, as they would replicate from a cluster that is left behind. */
  readonly fenceOthers?: boolean | undefined;
  /** The region of the site that wrote does not answer. */
  readonly unreachable?: boolean | undefined;
}

type Applied = Pick<CellDatabaseOutputs, "writer" | "sites">;

/** @throws Refusal */
export function planPromotion(cell: string, config: CellConfig, applied: Applied, options: PlanOptions): Plan {
  const leave = (plan: Plan): Plan => ({
    ...plan,
    sites: { ...plan.sites, unreachable: options.unreachable ? [plan.from] : [] },
  });
  const under = underWay(cell, config, applied);
  if (under) {
    if (!config.fenced.includes(under.from))
      throw new Refusal(
        `${cell}'s config makes ${under.to} the writer and does not fence ${under.from}: that is a switchover, not a promotion`,
        `finish it with npm run switchover, or add ${under.from} to fenced of the cell in stacks/2-database`,
      );
    return leave(sameTarget(under, options, "promotion"));
  }
  if (options.to === config.writer || (options.to === undefined && readersOf(config).length === 0)) {
    // Nothing is left to choose. Where a promotion was made, what is left of it is done.
    const [from] = [...config.unreachable, ...config.fenced];
    if (from !== undefined) return leave(finished(cell, config, from));
  }
  const to = chooseTarget(cell, config, applied, options);
  const others = readersOf(config).filter((name) => name !== to);
  if (others.length > 0 && !options.fenceOthers)
    throw new Refusal(
      `${others.join(", ")} of ${cell} replicates from ${config.writer}, and a promotion of ${to} leaves it without a source`,
      `add --fence-others: each is then promoted to a cluster of its own and stopped, with its data; make new secondaries afterwards`,
    );
  const fenced = [...new Set([...config.fenced, config.writer, ...others])];
  return leave({
    cell,
    from: config.writer,
    to,
    sites: { writer: to, fenced, unreachable: [] },
    resumed: false,
  });
}

/** @throws Refusal */
export function planSwitchover(cell: string, config: CellConfig, applied: Applied, options: PlanOptions): Plan {
  const under = underWay(cell, config, applied);
  if (under) {
    if (config.fenced.includes(under.from))
      throw new Refusal(
        `${cell}'s config fences ${under.from}, which wrote until now: that is a promotion, not a switchover`,
        `finish it with npm run promote`,
      );
    return sameTarget(under, options, "switchover");
  }
  const to = chooseTarget(cell, config, applied, options);
  return { cell, from: config.writer, to, sites: { ...sitesOf(config), writer: to }, resumed: false };
}

/** Tenants that say where their data may lie are not led out of there. @throws Refusal */
export function refuseResidency(plan: Plan, region: string, tenants: readonly Tenant[]): void {
  const bound = tenants.filter(
    // An instance tenant's cluster stays where the cell was put.
    ({ cell, isolation, residency }) =>
      cell === plan.cell &&
      isolation !== "instance" &&
      residency !== undefined &&
      !residencySatisfied(residency, region),
  );
  if (bound.length === 0) return;
  const names = bound.map(({ id, residency }) => `${id} (${residency})`);
  throw new Refusal(
    `${plan.to} lies in ${region}, and these tenants of ${plan.cell} may not be served from there: ${names.slice(0, 10).join(", ")}${names.length > 10 ? ` and ${names.length - 10} more` : ""}`,
    "choose a secondary where they may be; or, where they agreed to it, take residency from their lines in stacks/4-tenants first",
  );
}

/** A run that was cut short between the edit of the config and its application. */
function underWay(cell: string, config: CellConfig, applied: Applied): Plan | undefined {
  if (config.writer === applied.writer) return undefined;
  return { cell, from: applied.writer, to: config.writer, sites: sitesOf(config), resumed: true };
}

function finished(cell: string, config: CellConfig, from: string): Plan {
  return { cell, from, to: config.writer, sites: sitesOf(config), resumed: true };
}

function sitesOf({ writer, fenced, unreachable }: CellConfig): Sites {
  return { writer, fenced, unreachable };
}

function sameTarget(plan: Plan, { to }: PlanOptions, what: string): Plan {
  if (to === undefined || to === plan.to) return plan;
  throw new Refusal(
    `a ${what} of ${plan.cell} to ${plan.to} is under way: the config says so, and was not applied to its end`,
    `finish it first, without --to or with --to ${plan.to}`,
  );
}

function readersOf(config: CellConfig): string[] {
  return Object.entries(siteRoles(config))
    .filter(([, site]) => site.role === "reader")
    .map(([name]) => name);
}

function chooseTarget(cell: string, config: CellConfig, applied: Applied, { to }: PlanOptions): string {
  const target = targetOf(cell, config, to);
  if (applied.sites[target]?.role === "reader") return target;
  throw new Refusal(
    `${target} of ${cell} stands in the config and is not there yet`,
    "apply stacks/2-database first: it has to have replicated what it is to take over",
  );
}

function targetOf(cell: string, config: CellConfig, to: string | undefined): string {
  const roles = siteRoles(config);
  const readers = readersOf(config);
  if (to !== undefined && to === config.writer)
    throw new Refusal(`${to} is the site of ${cell} that writes already`, "there is nothing to do");
  if (to !== undefined && roles[to]?.role === "fenced")
    throw new Refusal(
      `${to} of ${cell} is fenced: it was left behind by an earlier promotion, and its data is behind`,
      `make a new secondary of ${config.writer} (docs/runbooks/promote.md, "Afterwards") and name that`,
    );
  if (to !== undefined && !(to in roles)) {
    const near = didYouMean(to, readers);
    const known = readers.length > 0 ? `its secondaries are ${readers.join(", ")}` : "it has no secondary";
    throw new Refusal(`${cell} has no site ${to}`, near ? `did you mean ${near}?` : known);
  }
  if (readers.length === 0)
    throw new Refusal(
      `${cell} has no secondary that could take its writes over`,
      `add one to it under secondaries in stacks/2-database while its region lives; after a loss without one, see docs/runbooks/restore.md`,
    );
  if (to !== undefined) return to;
  const [only, ...more] = readers;
  if (more.length > 0)
    throw new Refusal(`${cell} has ${readers.length} secondaries: ${readers.join(", ")}`, "say which with --to");
  return only!;
}
