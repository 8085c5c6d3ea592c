/** The config of each layer: from what Pulumi hands a program to a checked value, or to its mistakes. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { z } from "zod";
import { check, soundKeys } from "./check.ts";
import { joinPath, type Mistake } from "./mistakes.ts";
import { checkDatabase, type DatabaseConfig, databaseSchema } from "./schema/database.ts";
import { checkFoundation, type FoundationConfig, foundationSchema } from "./schema/foundation.ts";
import { checkPublicKeys, checkServices, type ServicesConfig, servicesSchema } from "./schema/services.ts";
import { type Tiers, tenantsFileSchema, tiersSchema } from "./schema/tenants.ts";
import { inTenantFile, readTenantFiles } from "./tenant-files.ts";
import { checkTenants, type Tenant, type TenantContext } from "./tenants.ts";
import { isMap } from "./yaml-file.ts";

/** The layers, in the order in which they are applied; each is a folder of `stacks/`. */
export const LAYERS = ["1-foundation", "2-database", "3-services", "4-tenants"] as const;
export type Layer = (typeof LAYERS)[number];

export const LAYER_SCHEMAS = {
  "1-foundation": foundationSchema,
  "2-database": databaseSchema,
  "3-services": servicesSchema,
  "4-tenants": tenantsFileSchema,
} as const;

/** What the platform's keys in a stack file begin with. */
export const NAMESPACE = "bulkhead:";
const TENANTS = `${NAMESPACE}tenants`;

/** The Pulumi project of a layer, as its Pulumi.yaml names it. */
export function projectOf(layer: Layer): string {
  return `bulkhead-${layer.slice(2)}`;
}

/** A checked config, or all that is wrong with it. */
export interface Parsed<T> {
  readonly value?: T;
  readonly mistakes: readonly Mistake[];
}

/** The keys of a layer's stack config, without their `bulkhead:`. */
export type Raw = Readonly<Record<string, unknown>>;

/**
 * The `bulkhead:` keys of what Pulumi hands a program, maps and lists parsed. Pulumi passes every value as a string.
 * @param all - `pulumi.runtime.allConfig()`
 */
export function rawFromPulumi(all: Readonly<Record<string, string>>): Raw {
  return Object.fromEntries(
    Object.entries(all)
      .filter(([key]) => key.startsWith(NAMESPACE))
      .map(([key, text]) => [key.slice(NAMESPACE.length), parseScalar(text)]),
  );
}

/** A time as it was written: unquoted in YAML, Pulumi takes it for a time and passes it on in Go's notation. */
function instant(text: string): string {
  return text.replace(/^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}) \+0000 UTC$/, "$1T$2Z");
}

function parseScalar(text: string): unknown {
  if (/^[[{]|^(?:true|false|null|-?\d+)$/.test(text)) {
    try {
      return JSON.parse(text, (_key, value: unknown) => (typeof value === "string" ? instant(value) : value));
    } catch {
      return text;
    }
  }
  return text;
}

export function parseFoundation(raw: Raw): Parsed<FoundationConfig> {
  return parseLayer(foundationSchema, raw, checkFoundation);
}

/** `regions`: those of the foundation, where known. */
export function parseDatabase(raw: Raw, regions?: readonly string[]): Parsed<DatabaseConfig> {
  return parseLayer(databaseSchema, raw, (config) => checkDatabase(config, regions));
}

/** `folder`: the stack's, from which `jwksFile` is read. The result always holds `tokens.jwks`. */
export function parseServices(raw: Raw, folder: string): Parsed<ServicesConfig> {
  return parseLayer(servicesSchema, raw, (config) => {
    const mistakes = checkServices(config);
    const { tokens } = config;
    if (tokens?.jwksFile === undefined || tokens.jwks !== undefined) return mistakes;
    const path = "bulkhead:tokens.jwksFile";
    try {
      tokens.jwks = JSON.parse(readFileSync(resolve(folder, tokens.jwksFile), "utf8"));
      return [...mistakes, ...checkPublicKeys(tokens.jwks, path)];
    } catch (error) {
      // Up to the comma only: what follows is a path of this machine, or what the file holds.
      const problem = `cannot be read (${(error as Error).message.split(",")[0]})`;
      const remedy = "give the path of a JWKS file, relative to the stack's folder";
      return [...mistakes, { path, value: tokens.jwksFile, problem, remedy }];
    }
  });
}

export interface TenantsConfig {
  readonly tenants: readonly Tenant[];
  readonly tiers: Tiers;
}

/** `folder`: the stack's, from which `tenantsFrom` is read. */
export function parseTenants(raw: Raw, context: TenantContext, folder: string): Parsed<TenantsConfig> {
  // The entries are checked by checkTenants, which knows the ids' rules; here only what stands around them.
  const { tenants: inline, ...around } = raw;
  const mistakes = check(tenantsFileSchema, around, "bulkhead").mistakes.map(colonPath);
  const from = typeof raw.tenantsFrom === "string" ? raw.tenantsFrom : undefined;
  const files = from === undefined ? { entries: {}, mistakes: [] } : readTenantFiles(folder, from);
  mistakes.push(...files.mistakes);
  const ids = Object.keys(files.entries);
  for (const id of ids.filter((id) => isMap(inline) && Object.hasOwn(inline, id))) {
    mistakes.push({
      path: joinPath(TENANTS, id),
      value: id,
      problem: `stands in ${from} too`,
      remedy: "keep one of the two",
    });
  }
  // Inline and files together, so that parents and account ids are checked across both.
  const both = isMap(inline) || inline === undefined || inline === null ? { ...inline, ...files.entries } : inline;
  const { tenants, mistakes: own } = checkTenants(both, context, TENANTS);
  mistakes.push(...own.map((mistake) => (from === undefined ? mistake : inTenantFile(mistake, TENANTS, from, ids))));
  if (mistakes.length > 0) return { mistakes };
  return { value: { tenants, tiers: tiersSchema.parse(raw.tiers) }, mistakes: [] };
}

/** Checks a layer's shape, then the rules across its keys, on the keys whose shape is right, so that all mistakes come at once. */
function parseLayer<S extends z.ZodObject>(
  schema: S,
  raw: Raw,
  rules: (config: Partial<z.output<S>>) => readonly Mistake[],
): Parsed<z.output<S>> {
  const checked = check(schema, raw, "bulkhead");
  if (checked.value !== undefined) {
    const mistakes = rules(checked.value);
    return mistakes.length > 0 ? { mistakes } : checked;
  }
  return { mistakes: [...checked.mistakes.map(colonPath), ...rules(soundKeys(schema, raw))] };
}

/** `bulkhead.tenants…` as the stack file writes it: `bulkhead:tenants…`. */
function colonPath(mistake: Mistake): Mistake {
  return { ...mistake, path: mistake.path.replace(/^bulkhead\./, "bulkhead:") };
}
