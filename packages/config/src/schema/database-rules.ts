/** Rules across the fields of `stacks/2-database`. */
import { joinPath, type Mistake } from "../mistakes.ts";
import { HOME } from "../sites.ts";
import type { CellConfig, DatabaseConfig, ReadPoolConfig } from "./database.ts";

/** AlloyDB's limits on a cluster's read nodes and on a primary's secondaries. */
const READ_NODES = 20;
const SECONDARIES = 5;

/** vCPUs of AlloyDB's default machine series; another count needs its machine type named. */
export const DEFAULT_SERIES: readonly number[] = [2, 4, 8, 16, 32, 64, 96, 128];

/** What the platform sets itself; a change by hand would break isolation or login. */
const OWN_FLAGS = new Map([
  ["alloydb.iam_authentication", "the platform logs in by IAM"],
  ["alloydb.enable_pgaudit", "administrators are audited by it"],
  ["row_security", "isolation rests on it"],
  ["session_replication_role", "it would switch off triggers and foreign keys"],
  ["password_encryption", "passwords are stored as scram-sha-256"],
  ["max_connections", "maxConnections of the cell says it"],
  ["google_columnar_engine.enabled", "columnarEngine of the cell says it"],
  ["google_ml_integration.enable_model_support", "vertexAi of the cell says it"],
]);

/** Rules across fields, of what of a config is sound. `regions`: those of the foundation, where known. */
export function checkDatabase({ cells }: Partial<DatabaseConfig>, regions?: readonly string[]): Mistake[] {
  if (cells === undefined) return [];
  const mistakes: Mistake[] = [];
  const names = Object.keys(cells);
  if (names.length === 0) {
    mistakes.push({
      path: "bulkhead:cells",
      value: cells,
      problem: "names no cell",
      remedy: "add one, such as eu1",
    });
  }
  const defaults = names.filter((name) => cells[name]!.default);
  if (names.length > 1 && defaults.length !== 1) {
    mistakes.push({
      path: "bulkhead:cells",
      value: defaults,
      problem: `has ${defaults.length} default cells`,
      remedy: "mark exactly one with default: true",
    });
  }
  for (const [name, cell] of Object.entries(cells)) {
    const path = joinPath("bulkhead:cells", name);
    mistakes.push(
      ...checkRegion(cell.region, joinPath(path, "region"), regions),
      ...checkMachine(cell, path),
      ...checkFlags(cell.flags, joinPath(path, "flags")),
      ...checkReadPools(cell.readPools, joinPath(path, "readPools")),
      ...checkSecondaries(cell, path, regions),
      ...checkWriter(cell, path),
    );
  }
  return mistakes;
}

function checkRegion(region: string, path: string, regions: readonly string[] | undefined): Mistake[] {
  if (regions === undefined || regions.includes(region)) return [];
  const remedy = `use one of ${regions.join(", ")}, or add it to bulkhead:regions of stacks/1-foundation`;
  return [{ path, value: region, problem: "is not a region of the foundation", remedy }];
}

function checkMachine(machine: { cpuCount: number; machineType?: string | undefined }, path: string): Mistake[] {
  const { cpuCount, machineType } = machine;
  if (machineType === undefined) {
    if (DEFAULT_SERIES.includes(cpuCount)) return [];
    return [
      {
        path: joinPath(path, "cpuCount"),
        value: cpuCount,
        problem: "is not a size of the default machine series",
        remedy: `use one of ${DEFAULT_SERIES.join(", ")}, or name the machineType`,
      },
    ];
  }
  if (Number(/-(\d+)(?:-lssd)?$/.exec(machineType)?.[1]) === cpuCount) return [];
  return [
    {
      path: joinPath(path, "machineType"),
      value: machineType,
      problem: `does not have the ${cpuCount} vCPUs of cpuCount`,
      remedy: "make the two agree",
    },
  ];
}

function checkFlags(flags: Readonly<Record<string, string>>, path: string): Mistake[] {
  return Object.entries(flags).flatMap(([flag, value]) => {
    const reason = OWN_FLAGS.get(flag.toLowerCase());
    if (reason === undefined) return [];
    return [{ path: joinPath(path, flag), value, problem: `is the platform's to set: ${reason}`, remedy: "remove it" }];
  });
}

function checkReadPools(pools: Readonly<Record<string, ReadPoolConfig>>, path: string): Mistake[] {
  const mistakes = Object.entries(pools).flatMap(([name, pool]) => [
    ...checkMachine(pool, joinPath(path, name)),
    ...checkFlags(pool.flags, joinPath(path, name, "flags")),
  ]);
  const nodes = Object.values(pools).reduce((sum, pool) => sum + pool.nodes, 0);
  if (nodes > READ_NODES) {
    mistakes.push({
      path,
      value: nodes,
      problem: `has over ${READ_NODES} nodes in all`,
      remedy: `AlloyDB takes ${READ_NODES} in all pools of a cluster: lower nodes`,
    });
  }
  return mistakes;
}

function checkSecondaries(cell: CellConfig, path: string, regions: readonly string[] | undefined): Mistake[] {
  const at = joinPath(path, "secondaries");
  const entries = Object.entries(cell.secondaries);
  const mistakes: Mistake[] = [];
  if (entries.length > SECONDARIES) {
    const remedy = `AlloyDB takes ${SECONDARIES} of a primary: remove some`;
    mistakes.push({ path: at, value: entries.length, problem: `has over ${SECONDARIES} secondaries`, remedy });
  }
  for (const [name, secondary] of entries) {
    const own = joinPath(at, name);
    if (name === HOME) {
      const problem = "has the name of the cell's own cluster";
      mistakes.push({ path: own, value: name, problem, remedy: "use another, such as dr" });
    }
    if (secondary.region === cell.region) {
      const problem = "is the cell's own region";
      mistakes.push({ path: joinPath(own, "region"), value: secondary.region, problem, remedy: "use another region" });
    } else mistakes.push(...checkRegion(secondary.region, joinPath(own, "region"), regions));
    mistakes.push(...checkMachine(secondary, own), ...checkReadPools(secondary.readPools, joinPath(own, "readPools")));
  }
  return mistakes;
}

/** Exactly one site writes; whoever is fenced exists and is not that one. */
function checkWriter({ writer, fenced, secondaries, unreachable }: CellConfig, path: string): Mistake[] {
  const sites = [HOME, ...Object.keys(secondaries)];
  const unknown = (at: string, value: string): Mistake => ({
    path: joinPath(path, at),
    value,
    problem: "is not a site of the cell",
    remedy: `use one of ${sites.join(", ")}`,
  });
  const mistakes: Mistake[] = sites.includes(writer) ? [] : [unknown("writer", writer)];
  for (const name of fenced) {
    if (!sites.includes(name)) mistakes.push(unknown("fenced", name));
    else if (name === writer) {
      const remedy = "take it out of fenced, or let another site write";
      mistakes.push({ path: joinPath(path, "fenced"), value: name, problem: "is the site that writes", remedy });
    }
  }
  for (const name of unreachable) {
    if (fenced.includes(name)) continue;
    const remedy = "take it out of unreachable, or fence it as well";
    mistakes.push({ path: joinPath(path, "unreachable"), value: name, problem: "is not fenced", remedy });
  }
  return mistakes;
}

/** What of layer 1 the cells rest on. */
export interface FoundationFeatures {
  readonly vertexAi: boolean;
}

/** What cells ask for that layer 1 has to have. */
export function checkCellFeatures({ cells }: DatabaseConfig, foundation: FoundationFeatures): Mistake[] {
  if (foundation.vertexAi) return [];
  return Object.entries(cells)
    .filter(([, cell]) => cell.vertexAi)
    .map(([name]) => ({
      path: joinPath("bulkhead:cells", name, "vertexAi"),
      value: true,
      problem: "needs Vertex AI, which the foundation does not enable",
      remedy: "set bulkhead:vertexAi: true in stacks/1-foundation as well",
    }));
}
