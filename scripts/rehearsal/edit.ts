/** Edits to an environment's stack files, made in a copy: `bulkhead:tenants.acme.tier=enterprise`. */
import { cpSync, lstatSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LAYER_SCHEMAS, LAYERS, type Layer, NAMESPACE } from "@bulkhead/config";
import { parse, parseDocument } from "yaml";
import { UserError } from "../lib/cli.ts";

export interface Edit {
  readonly layer: Layer;
  /** Keys below `config:`; the first carries the namespace. */
  readonly path: readonly string[];
  /** Undefined removes what is at the path. */
  readonly value: unknown;
}

const FORM = "give an edit as bulkhead:<key>.<path>=<value> (a value as YAML; none removes the entry)";

/**
 * @param text - such as `bulkhead:cells.eu1.cpuCount=8`; a key that holds dots is put in double quotes
 * @throws UserError where it is no edit, or its key is no layer's
 */
export function parseEdit(text: string): Edit {
  const at = text.indexOf("=");
  const left = at < 0 ? text : text.slice(0, at);
  const value = at < 0 ? "" : text.slice(at + 1);
  const path = [...left.matchAll(/"([^"]*)"|([^."]+)/g)].map((match) => match[1] ?? match[2] ?? "");
  const [key = ""] = path;
  if (at < 0 || !key.startsWith(NAMESPACE)) throw new UserError(`"${text}" is not an edit: ${FORM}`, 2);
  const name = key.slice(NAMESPACE.length);
  const layer = LAYERS.find((each) => Object.hasOwn(LAYER_SCHEMAS[each].shape, name));
  if (!layer) {
    const known = LAYERS.flatMap((each) => Object.keys(LAYER_SCHEMAS[each].shape)).sort();
    throw new UserError(`"${key}" is no key of a stack file; there are ${known.join(", ")}`, 2);
  }
  try {
    return { layer, path, value: value.trim() === "" ? undefined : parse(value) };
  } catch (error) {
    throw new UserError(`"${text}": the value is no YAML (${(error as Error).message.split("\n")[0]})`, 2);
  }
}

/** Applies edits to a copy of the stack files in `root`; comments and order stay. */
export function applyEdits(root: string, environment: string, edits: readonly Edit[]): void {
  for (const { layer, path, value } of edits) {
    const file = join(root, "stacks", layer, `Pulumi.${environment}.yaml`);
    const document = parseDocument(readFileSync(file, "utf8"));
    const full = ["config", ...path];
    if (value === undefined) {
      if (!document.hasIn(full))
        throw new UserError(`stacks/${layer}/Pulumi.${environment}.yaml has no ${path.join(".")}`, 2);
      document.deleteIn(full);
    } else {
      // `acme:` without a value is an entry on its defaults: it becomes a map when something is set in it.
      for (let depth = 2; depth < full.length; depth++)
        if (document.getIn(full.slice(0, depth)) === null)
          document.setIn(full.slice(0, depth), document.createNode({}));
      document.setIn(full, value);
    }
    writeFileSync(file, document.toString({ lineWidth: 0 }));
  }
}

/**
 * A copy of `stacks/` in a new folder.
 * @returns the folder that holds it
 */
export function copyStacks(root: string, into: string): string {
  const folder = mkdtempSync(join(into, "edited-"));
  layStacks(root, folder);
  return folder;
}

/** Copies `stacks/` into a folder; its programs find the packages where the original's do. */
export function layStacks(root: string, folder: string): void {
  const source = join(root, "stacks");
  cpSync(source, join(folder, "stacks"), {
    recursive: true,
    filter: (path) => !path.endsWith("node_modules"),
  });
  for (const layer of readdirSync(source))
    if (lstatSync(join(source, layer)).isDirectory())
      symlinkSync(join(source, layer, "node_modules"), join(folder, "stacks", layer, "node_modules"));
}
