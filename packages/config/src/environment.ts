/** Reads stack config: of one layer from what Pulumi hands its program, or of a whole environment from the stack files. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parseDocument } from "yaml";
import { z } from "zod";
import { check } from "./check.ts";
import { ConfigError, joinPath, type Mistake } from "./mistakes.ts";
import { checkDatabase, type DatabaseConfig, databaseSchema, defaultCell } from "./schema/database.ts";
import { checkFoundation, type FoundationConfig, foundationSchema } from "./schema/foundation.ts";
import { checkPublicKeys, checkServices, type ServicesConfig, servicesSchema } from "./schema/services.ts";
import { type Tiers, tenantsFileSchema, tiersSchema } from "./schema/tenants.ts";
import { checkTenants, type Tenant, type TenantContext } from "./tenants.ts";

/** The layers, in the order in which they are applied; each is a folder of `stacks/`. */
export const LAYERS = ["1-foundation", "2-database", "3-services", "4-tenants"] as const;
export type Layer = (typeof LAYERS)[number];

export const LAYER_SCHEMAS = {
  "1-foundation": foundationSchema,
  "2-database": databaseSchema,
  "3-services": servicesSchema,
  "4-tenants": tenantsFileSchema,
} as const;

/** The Pulumi project of a layer, as its Pulumi.yaml names it. */
export function projectOf(layer: Layer): string {
  return `bulkhead-${layer.slice(2)}`;
}

type Raw = Readonly<Record<string, unknown>>;

/**
 * The `bulkhead:` keys of what Pulumi hands a program, maps and lists parsed. Pulumi passes every value as a string.
 * @param all - `pulumi.runtime.allConfig()`
 */
export function rawFromPulumi(all: Readonly<Record<string, string>>): Raw {
  const raw: Record<string, unknown> = {};
  for (const [key, text] of Object.entries(all)) {
    if (!key.startsWith("bulkhead:")) continue;
    raw[key.slice("bulkhead:".length)] = parseScalar(text);
  }
  return raw;
}

function parseScalar(text: string): unknown {
  if (/^[[{]|^(?:true|false|null|-?\d+)$/.test(text)) {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }
  return text;
}

export function parseFoundation(raw: Raw): { value?: FoundationConfig; mistakes: readonly Mistake[] } {
  return withRules(checkLayer("1-foundation", foundationSchema, raw), checkFoundation);
}

export function parseDatabase(
  raw: Raw,
  regions?: readonly string[],
): { value?: DatabaseConfig; mistakes: readonly Mistake[] } {
  return withRules(checkLayer("2-database", databaseSchema, raw), (config) => checkDatabase(config, regions));
}

/** `folder`: the stack's, from which `jwksFile` is read. The result always holds `tokens.jwks`. */
export function parseServices(raw: Raw, folder: string): { value?: ServicesConfig; mistakes: readonly Mistake[] } {
  return withRules(checkLayer("3-services", servicesSchema, raw), (config) => {
    const mistakes = checkServices(config);
    if (mistakes.length === 0 && config.tokens.jwksFile !== undefined) {
      const path = "bulkhead:tokens.jwksFile";
      try {
        config.tokens.jwks = JSON.parse(readFileSync(resolve(folder, config.tokens.jwksFile), "utf8"));
        return checkPublicKeys(config.tokens.jwks, path);
      } catch (error) {
        mistakes.push({
          path,
          value: config.tokens.jwksFile,
          problem: `cannot be read (${(error as Error).message.split(",")[0]})`,
          remedy: "give the path of a JWKS file, relative to the stack's folder",
        });
      }
    }
    return mistakes;
  });
}

export interface TenantsConfig {
  readonly tenants: readonly Tenant[];
  readonly tiers: Tiers;
}

/** `folder`: the stack's, from which `tenantsFrom` is read. */
export function parseTenants(
  raw: Raw,
  context: TenantContext,
  folder: string,
): { value?: TenantsConfig; mistakes: readonly Mistake[] } {
  // The entries are checked by checkTenants, which knows the ids' rules; here only what stands around them.
  const around = tenantsFileSchema.extend({ tenants: z.unknown().optional() });
  const shape = check(around, raw, "bulkhead");
  const mistakes = shape.mistakes.map(colonPath);
  const inline = checkTenants(raw.tenants, context);
  const tenants = [...inline.tenants];
  mistakes.push(...inline.mistakes);
  if (typeof raw.tenantsFrom === "string") {
    const files = readTenantFiles(resolve(folder, raw.tenantsFrom));
    mistakes.push(...files.mistakes);
    // Together with the inline ones, so that parents and account ids are checked across both.
    const both = checkTenants({ ...(isMap(raw.tenants) ? raw.tenants : {}), ...files.entries }, context);
    for (const id of Object.keys(files.entries)) {
      if (isMap(raw.tenants) && Object.hasOwn(raw.tenants, id)) {
        mistakes.push({
          path: joinPath("bulkhead:tenants", id),
          problem: `stands in ${raw.tenantsFrom} too`,
          remedy: "keep one of the two",
        });
      }
    }
    mistakes.push(
      ...both.mistakes.filter(
        (mistake) => !inline.mistakes.some((known) => known.path === mistake.path && known.problem === mistake.problem),
      ),
    );
    tenants.splice(0, tenants.length, ...both.tenants);
  }
  if (mistakes.length > 0) return { mistakes };
  return { value: { tenants, tiers: tiersSchema.parse(raw.tiers) }, mistakes: [] };
}

function readTenantFiles(folder: string): { entries: Record<string, unknown>; mistakes: Mistake[] } {
  if (!existsSync(folder)) {
    return {
      entries: {},
      mistakes: [
        {
          path: "bulkhead:tenantsFrom",
          value: basename(folder),
          problem: "is not a folder",
          remedy: "give a folder that exists, relative to the stack's folder",
        },
      ],
    };
  }
  const entries: Record<string, unknown> = {};
  const mistakes: Mistake[] = [];
  const read = (file: string) => {
    const { value, mistakes: own } = parseYaml(join(folder, file), file);
    mistakes.push(...own);
    return isMap(value) ? value : {};
  };
  const files = readdirSync(folder)
    .filter((file) => file.endsWith(".yaml"))
    .sort();
  const defaults = files.includes("defaults.yaml") ? read("defaults.yaml") : {};
  for (const file of files) {
    if (file !== "defaults.yaml") entries[file.slice(0, -".yaml".length)] = { ...defaults, ...read(file) };
  }
  return { entries, mistakes };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function checkLayer<S extends z.ZodType>(_layer: Layer, schema: S, raw: Raw) {
  const result = check(schema, raw, "bulkhead");
  return result.mistakes.length > 0
    ? { mistakes: result.mistakes.map(colonPath) }
    : { value: result.value, mistakes: [] };
}

function withRules<T>(
  checked: { value?: T; mistakes: readonly Mistake[] },
  rules: (value: T) => readonly Mistake[],
): { value?: T; mistakes: readonly Mistake[] } {
  if (checked.value === undefined) return checked;
  const mistakes = rules(checked.value);
  return mistakes.length > 0 ? { mistakes } : checked;
}

/** `bulkhead.tenants…` as the stack file writes it: `bulkhead:tenants…`. */
function colonPath(mistake: Mistake): Mistake {
  return { ...mistake, path: mistake.path.replace(/^bulkhead\./, "bulkhead:") };
}

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
  const raws = {} as Record<Layer, Raw>;
  for (const layer of LAYERS) {
    const file = join(stacksFolder, layer, `Pulumi.${name}.yaml`);
    const parsed = parseYaml(file, `stacks/${layer}/Pulumi.${name}.yaml`);
    mistakes.push(...parsed.mistakes);
    const config = isMap(parsed.value) && isMap(parsed.value.config) ? parsed.value.config : {};
    raws[layer] = Object.fromEntries(
      Object.entries(config)
        .filter(([key]) => key.startsWith("bulkhead:"))
        .map(([key, value]) => [key.slice("bulkhead:".length), value]),
    );
  }
  if (mistakes.length > 0) throw new ConfigError(mistakes, `the environment ${name}`);
  const inLayer = <T>(layer: Layer, parsed: { value?: T; mistakes: readonly Mistake[] }): T | undefined => {
    mistakes.push(
      ...parsed.mistakes.map((mistake) => ({
        ...mistake,
        path: `stacks/${layer}/Pulumi.${name}.yaml ${mistake.path}`,
      })),
    );
    return parsed.value;
  };
  const foundation = inLayer("1-foundation", parseFoundation(raws["1-foundation"]));
  const database = inLayer(
    "2-database",
    parseDatabase(raws["2-database"], foundation && Object.keys(foundation.regions)),
  );
  const services = inLayer("3-services", parseServices(raws["3-services"], join(stacksFolder, "3-services")));
  const cells = database?.cells ?? cellsAsWritten(raws["2-database"]);
  const context = { cells, defaultCell: defaultCell(cells) };
  const tenants = inLayer("4-tenants", parseTenants(raws["4-tenants"], context, join(stacksFolder, "4-tenants")));
  if (mistakes.length > 0) throw new ConfigError(mistakes, `the environment ${name}`);
  return { name, foundation: foundation!, database: database!, services: services!, tenants: tenants! };
}

/** Cells of a layer 2 that has mistakes itself: enough to check the tenants against, so that all mistakes come at once. */
function cellsAsWritten(raw: Raw): Record<string, { region: string; default: boolean }> {
  const cells: Record<string, { region: string; default: boolean }> = {};
  for (const [name, cell] of Object.entries(isMap(raw.cells) ? raw.cells : {})) {
    cells[name] = { region: isMap(cell) ? String(cell.region) : "", default: isMap(cell) && cell.default === true };
  }
  return cells;
}

/** A YAML file, its syntax errors and duplicate keys as mistakes with their line. */
function parseYaml(file: string, shown: string): { value?: unknown; mistakes: Mistake[] } {
  if (!existsSync(file)) {
    return {
      mistakes: [
        { path: shown, problem: "does not exist", remedy: "create it; docs and the other environments show its shape" },
      ],
    };
  }
  const document = parseDocument(readFileSync(file, "utf8"), { prettyErrors: true, uniqueKeys: true });
  if (document.errors.length === 0) return { value: document.toJS(), mistakes: [] };
  return {
    mistakes: document.errors.map((error) => ({
      path: `${shown}:${error.linePos?.[0].line ?? 1}`,
      problem:
        error.code === "DUPLICATE_KEY" ? "has the same key twice" : `is not YAML: ${error.message.split("\n")[0]}`,
      remedy: error.code === "DUPLICATE_KEY" ? "keep one of the two" : "mend the syntax on that line",
    })),
  };
}
