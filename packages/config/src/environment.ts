/** Reads a whole environment from its stack files. */
import { join } from "node:path";
import { checkEdgeRules } from "./edge-rules.ts";
import {
  LAYERS,
  type Layer,
  NAMESPACE,
  parseDatabase,
  parseFoundation,
  parseServices,
  parseTenants,
  type Raw,
  type TenantsConfig,
} from "./layers.ts";
import { ConfigError, didYouMean, joinPath, type Mistake } from "./mistakes.ts";
import { type DatabaseConfig, defaultCell } from "./schema/database.ts";
import { checkCellFeatures } from "./schema/database-rules.ts";
import { checkCellConnections } from "./schema/fleet.ts";
import type { FoundationConfig } from "./schema/foundation.ts";
import type { ServicesConfig } from "./schema/services.ts";
import { checkVaultPlaces } from "./schema/vault.ts";
import { isMap, readYaml } from "./yaml-file.ts";

/** What Pulumi itself reads in a stack file. */
const STACK_FILE_KEYS = ["config", "encryptedkey", "encryptionsalt", "environment", "secretsprovider"];

/** Every layer's config of one environment, checked as a whole. */
export interface Environment {
  readonly name: string;
  readonly foundation: FoundationConfig;
  readonly database: DatabaseConfig;
  readonly services: ServicesConfig;
  readonly tenants: TenantsConfig;
}

/**
 * Reads and checks all stack files of an environment.
 * @param stacksFolder - the folder that holds the layers
 * @throws ConfigError with the mistakes of all layers at once
 */
export function readEnvironment(stacksFolder: string, name: string): Environment {
  const mistakes: Mistake[] = [];
  const raws = Object.fromEntries(
    LAYERS.map((layer) => {
      const file = readStackFile(join(stacksFolder, layer), stackFile(layer, name));
      mistakes.push(...file.mistakes);
      return [layer, file.raw];
    }),
  ) as Record<Layer, Raw | undefined>;
  const inFile = (layer: Layer, mistake: Mistake) => ({
    ...mistake,
    path: `${stackFile(layer, name)} ${mistake.path}`,
  });
  /** Parses a layer whose file could be read; its mistakes name the file. */
  const parse = <T>(layer: Layer, parser: (raw: Raw) => { value?: T; mistakes: readonly Mistake[] }): T | undefined => {
    const raw = raws[layer];
    if (raw === undefined) return undefined;
    const parsed = parser(raw);
    mistakes.push(...parsed.mistakes.map((mistake) => inFile(layer, mistake)));
    return parsed.value;
  };
  const foundation = parse("1-foundation", parseFoundation);
  const regions = keysOf(raws["1-foundation"]?.regions);
  const database = parse("2-database", (raw) => parseDatabase(raw, regions.length > 0 ? regions : undefined));
  const services = parse("3-services", (raw) => parseServices(raw, join(stacksFolder, "3-services")));
  const cells = database?.cells ?? cellsAsWritten(raws["2-database"]);
  // Without any cell known, each tenant would be reported for a mistake of layer 2.
  const tenants =
    Object.keys(cells).length === 0
      ? undefined
      : parse("4-tenants", (raw) =>
          parseTenants(raw, { cells, defaultCell: defaultCell(cells) }, join(stacksFolder, "4-tenants")),
        );
  const isolations = tenants && Object.fromEntries(tenants.tenants.map((tenant) => [tenant.id, tenant]));
  const places =
    Object.keys(cells).length === 0 ? [] : checkVaultPlaces(services?.vault, Object.keys(cells), isolations);
  mistakes.push(...places.map((mistake) => inFile("3-services", mistake)));
  const edge = checkEdgeRules({ foundation, database, services, tenants });
  mistakes.push(...edge.services.map((mistake) => inFile("3-services", mistake)));
  mistakes.push(...edge.tenants.map((mistake) => inFile("4-tenants", mistake)));
  if (foundation && database)
    mistakes.push(...checkCellFeatures(database, foundation).map((mistake) => inFile("2-database", mistake)));
  mistakes.push(...connectionMistakes(database, services, tenants).map((mistake) => inFile("2-database", mistake)));
  if (mistakes.length > 0) throw new ConfigError(mistakes, `the environment ${name}`);
  return { name, foundation: foundation!, database: database!, services: services!, tenants: tenants! };
}

/** Every cell's services and tenants against what its instances take (I7). */
function connectionMistakes(
  database: DatabaseConfig | undefined,
  services: ServicesConfig | undefined,
  tenants: TenantsConfig | undefined,
): Mistake[] {
  if (!database || !services || !tenants) return [];
  return Object.entries(database.cells).flatMap(([name, cell]) => {
    const own = tenants.tenants.filter((tenant) => tenant.cell === name && tenant.isolation === "database");
    return checkCellConnections(services, cell, own.length, joinPath("bulkhead:cells", name));
  });
}

function keysOf(value: unknown): string[] {
  return isMap(value) ? Object.keys(value) : [];
}

function stackFile(layer: Layer, name: string): string {
  return `stacks/${layer}/Pulumi.${name}.yaml`;
}

/** The `bulkhead:` keys of a stack file; undefined where it could not be read as a stack file at all. */
function readStackFile(folder: string, shown: string): { raw?: Raw; mistakes: Mistake[] } {
  const { value, mistakes } = readYaml(join(folder, shown.slice(shown.lastIndexOf("/") + 1)), shown);
  if (mistakes.length > 0) return { mistakes };
  const content = value ?? {};
  if (!isMap(content)) return { mistakes: [notAMap(shown, value)] };
  for (const key of Object.keys(content).filter((key) => !STACK_FILE_KEYS.includes(key))) {
    mistakes.push({ path: `${shown} ${key}`, ...misspelt(key, STACK_FILE_KEYS) });
  }
  const config = content.config ?? {};
  if (!isMap(config)) return { mistakes: [...mistakes, notAMap(`${shown} config`, config)] };
  // A key that Pulumi would take for another program's is not read by the platform: said out loud where it was meant for it.
  for (const key of Object.keys(config)) {
    const [namespace = "", rest] = key.split(/:(.*)/s);
    const path = `${shown} ${joinPath("config", key)}`;
    if (rest === undefined) {
      const remedy = `write "${NAMESPACE}${key}"`;
      mistakes.push({ path, value: key, problem: "is not a key of the platform", remedy });
    } else if (
      `${namespace}:` !== NAMESPACE &&
      (namespace.startsWith("bulkhead-") || didYouMean(namespace, ["bulkhead"]))
    ) {
      const remedy = `did you mean "${NAMESPACE}${rest}"?`;
      mistakes.push({ path, value: key, problem: "is not a key of the platform", remedy });
    }
  }
  const own = Object.entries(config).filter(([key]) => key.startsWith(NAMESPACE));
  return { raw: Object.fromEntries(own.map(([key, entry]) => [key.slice(NAMESPACE.length), entry])), mistakes };
}

function notAMap(path: string, value: unknown): Mistake {
  return { path, value, problem: "is not a map", remedy: "give a map, such as config: { bulkhead:… }" };
}

function misspelt(key: string, known: readonly string[]): Omit<Mistake, "path"> {
  const near = didYouMean(key, known);
  const remedy = near ? `did you mean "${near}"?` : `use one of ${known.join(", ")}`;
  return { value: key, problem: "is not a known key", remedy };
}

/** Cells of a layer 2 that has mistakes itself: enough to check the tenants against, so that all mistakes come at once. */
function cellsAsWritten(raw: Raw | undefined): Record<string, { region: string; default: boolean }> {
  return Object.fromEntries(
    Object.entries(isMap(raw?.cells) ? raw.cells : {}).map(([name, cell]) => [
      name,
      { region: isMap(cell) ? String(cell.region) : "", default: isMap(cell) && cell.default === true },
    ]),
  );
}
