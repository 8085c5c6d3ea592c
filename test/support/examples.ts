/** The YAML examples of the docs: pieces of stack files, each with the file that it goes into. */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LAYERS, type Layer } from "@bulkhead/config";
import { parse, stringify } from "yaml";
import { REPOSITORY } from "./platform.ts";

export interface Example {
  /** Page and line, for the test's name. */
  readonly at: string;
  readonly layer: Layer;
  readonly environment: string;
  /** What has to have happened in the environment before; an example without can be previewed on it as it is committed. */
  readonly after?: string;
  readonly text: string;
}

const BLOCK =
  /^([ \t]*)<!-- example: stacks\/([\w-]+)\/Pulumi\.(\w+)\.yaml, on top of \w+(?: after ([^>]+?))? -->\n+[ \t]*```yaml\n([\s\S]*?)^[ \t]*```$/gm;

export function examplesOfDocs(): Example[] {
  return globSync("{README.md,docs/**/*.md}", { cwd: REPOSITORY })
    .sort()
    .flatMap((file) => {
      const page = readFileSync(join(REPOSITORY, file), "utf8");
      const found = [...page.matchAll(BLOCK)].map((match): Example => {
        const [, indent = "", layer = "", environment = "", after, text = ""] = match;
        if (!LAYERS.includes(layer as Layer)) throw new Error(`${file}: ${layer} is no layer`);
        const line = page.slice(0, match.index).split("\n").length;
        return {
          at: `${file}:${line}`,
          layer: layer as Layer,
          environment,
          ...(after === undefined ? {} : { after }),
          text: text.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
        };
      });
      // An example that the pattern does not know would be one that nobody tests.
      if (found.length !== (page.match(/<!-- example:/g) ?? []).length)
        throw new Error(`${file}: an example's comment is not followed by a block of YAML`);
      return found;
    });
}

/** Puts an example into a copy of the stack files, as its reader would. */
export function applyExample(root: string, example: Example): void {
  const file = join(root, "stacks", example.layer, `Pulumi.${example.environment}.yaml`);
  writeFileSync(file, stringify(merge(parse(readFileSync(file, "utf8")), parse(example.text))));
}

function merge(base: unknown, change: unknown): unknown {
  if (!isMap(base) || !isMap(change)) return change;
  const merged = { ...base };
  for (const [key, value] of Object.entries(change)) merged[key] = merge(base[key], value);
  return merged;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
