/** How an environment stands before a promotion or a switchover: its config, what was applied, what AlloyDB says. */
import { createInterface } from "node:readline/promises";
import type { CellDatabaseOutputs, SiteOutputs } from "@bulkhead/components";
import { type CellConfig, didYouMean, type Environment, type Layer, readEnvironment } from "@bulkhead/config";
import { UserError } from "../lib/cli.ts";
import { cloudPlatform, type Platform, REPOSITORY } from "../lib/platform.ts";
import { holdLock } from "../lib/root-lock.ts";
import { describe } from "../rehearsal/compare.ts";
import { type AlloyDb, type ClusterState, Gcloud, type InstanceState, type Lag, Unreachable } from "./alloydb.ts";
import { Layers } from "./layers.ts";
import { Refusal } from "./plan.ts";
import { LOCK_HOLDER, lockFile, RecordedAlloyDb, rehearse } from "./rehearsal.ts";
import { databaseFile, uncommitted } from "./stack-file.ts";

/** Options that promote and switchover have in common. */
export const OPTIONS = {
  to: { type: "string" },
  "dry-run": { type: "boolean" },
  yes: { type: "boolean" },
  rehearse: { type: "boolean" },
  keep: { type: "string" },
} as const;

export interface Values {
  readonly to?: string | undefined;
  readonly "dry-run"?: boolean | undefined;
  readonly yes?: boolean | undefined;
  readonly rehearse?: boolean | undefined;
  readonly keep?: string | undefined;
}

export interface Situation {
  readonly platform: Platform;
  readonly environment: Environment;
  readonly cell: string;
  readonly config: CellConfig;
  /** What layer 2 handed on when it was applied last. */
  readonly applied: CellDatabaseOutputs;
  readonly layers: Layers;
  readonly alloydb: AlloyDb;
  /** The stack file of layer 2. */
  readonly file: string;
}

/**
 * Opens an environment, or the drill of one.
 * @throws UserError, ConfigError, Refusal: nothing was touched
 */
export async function open(help: string, values: Values, [name, cell, ...more]: readonly string[]): Promise<Situation> {
  if (name === undefined || cell === undefined || more.length > 0) throw new UserError(help.trim(), 2);
  if (values.keep !== undefined && !values.rehearse)
    throw new UserError("--keep is the folder of a drill: it goes with --rehearse", 2);
  const root = process.env.BULKHEAD_ROOT ?? REPOSITORY;
  if (name === "local" && !values.rehearse)
    throw new Refusal("local runs on this machine, and has no second region", "try it with --rehearse");
  // Before the long part of a drill.
  findCell(readEnvironment(`${root}/stacks`, name), cell);
  const platform = values.rehearse ? await rehearse(root, name, values.keep) : cloudPlatform(root, name);
  if (!values.rehearse) holdLock(lockFile(platform), LOCK_HOLDER);
  const environment = readEnvironment(platform.stacks, name);
  const layers = new Layers(platform);
  const applied = (await layers.database()).cells[cell];
  if (!applied)
    throw new Refusal(
      `stacks/2-database of ${name} was applied before it had the cell ${cell}`,
      "apply it first: there is nothing to promote yet",
    );
  return {
    platform,
    environment,
    cell,
    config: findCell(environment, cell),
    applied,
    layers,
    alloydb: values.rehearse ? new RecordedAlloyDb(platform) : new Gcloud(),
    file: databaseFile(platform.stacks, name),
  };
}

function findCell(environment: Environment, cell: string): CellConfig {
  const cells = environment.database.cells;
  const found = cells[cell];
  if (found) return found;
  const names = Object.keys(cells);
  const near = didYouMean(cell, names);
  throw new Refusal(
    `${environment.name} has no cell ${cell}`,
    near ? `did you mean ${near}?` : `there are ${names.join(", ")}`,
  );
}

/** The cell's sites, for a person. */
export function siteLines({ applied, cell }: Situation): string[] {
  return [
    `cell ${cell}`,
    ...Object.entries(applied.sites).map(
      ([name, site]) => `  ${name.padEnd(8)} ${site.region.padEnd(16)} ${site.role.padEnd(8)} ${site.cluster}`,
    ),
  ];
}

export function gitLine({ file, platform }: Situation): string | undefined {
  if (platform.mode === "record") return undefined;
  const said = uncommitted(file);
  return said && `note: of ${file}, ${said}; what this edits will stand beside that`;
}

/** What AlloyDB says of a site, or why it says nothing. */
export async function look(situation: Situation, site: SiteOutputs): Promise<ClusterState | string> {
  try {
    return await situation.alloydb.look(site);
  } catch (error) {
    if (error instanceof Unreachable) return error.message;
    throw error;
  }
}

export function stateLine(name: string, found: ClusterState | string): string {
  if (typeof found === "string") return `  ${name}: ${found}`;
  const instances = unready(found)
    .map(({ name: instance, state }) => `, ${instance} ${state}`)
    .join("");
  return `  ${name}: ${found.type} ${found.state}${instances}`;
}

export function unready({ instances }: ClusterState): InstanceState[] {
  return instances.filter(({ state }) => state !== "READY");
}

export async function lag({ alloydb, applied }: Situation, from: string, to: string): Promise<Lag | undefined> {
  return alloydb.lag(applied.sites[from]!, applied.sites[to]!).catch((error) => {
    if (error instanceof Unreachable) return undefined;
    throw error;
  });
}

export function lagLine(measured: Lag | undefined): string {
  if (!measured) return "  replication: nothing was measured in the last hour";
  const minutes = Math.round((Date.now() - measured.at) / 60_000);
  return `  replication: ${measured.seconds.toFixed(1)} s behind at most, measured ${minutes < 2 ? "now" : `${minutes} minutes ago`}`;
}

/** A layer whose config is ahead of it would have its changes carried out along with these, unseen. */
export async function refusePending({ layers, platform }: Situation, checked: readonly Layer[]): Promise<void> {
  for (const layer of checked) {
    const changes = await layers.preview(layer);
    if (changes.length === 0) continue;
    throw new Refusal(
      `stacks/${layer} has changes that were not applied, which would go along:\n${describe([{ layer, changes }]).trimEnd()}`,
      `apply them first (cd stacks/${layer} && pulumi up --stack ${platform.environment}), or take them out of the stack file`,
    );
  }
}

/** Has a person type the cell's name, unless `--yes` was given. */
export async function confirm(cell: string, values: Values): Promise<void> {
  if (values.yes) return;
  if (!process.stdin.isTTY)
    throw new Refusal(
      "nobody is here to confirm this",
      "run it at a terminal, or add --yes where a person has seen the steps",
    );
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`\nType ${cell} to go on: `);
    if (answer.trim() !== cell) throw new Refusal("it was not confirmed", "nothing was touched");
  } finally {
    terminal.close();
  }
}

export function print(...lines: readonly (string | undefined)[]): void {
  for (const line of lines) if (line !== undefined) process.stdout.write(`${line}\n`);
}
