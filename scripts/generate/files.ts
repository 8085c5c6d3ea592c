/** Every file of the repository that is written by a program, and the comparison with what stands there. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { jsonSchemas } from "@bulkhead/config";
import { drawPicture } from "../picture.ts";
import { documentTables } from "./tables.ts";

const SCHEMAS = "packages/config/schemas";

/** Content by path, relative to the repository. */
export function generatedFiles(root: string): ReadonlyMap<string, string> {
  return new Map([
    ...Object.entries(jsonSchemas()).map(([name, content]) => [`${SCHEMAS}/${name}`, content] as const),
    ["docs/architecture.svg", drawPicture()],
    ...documentTables(root),
  ]);
}

/** Paths whose content is not what would be written today; also files that nothing writes any more. */
export function staleFiles(root: string, files: ReadonlyMap<string, string>): string[] {
  const stale = [...files].filter(([path, content]) => {
    const file = join(root, path);
    return !existsSync(file) || readFileSync(file, "utf8") !== content;
  });
  return [...stale.map(([path]) => path), ...leftovers(root, files)].sort();
}

/** Writes what is stale and removes what is left over; returns the paths touched. */
export function writeFiles(root: string, files: ReadonlyMap<string, string>): string[] {
  const stale = staleFiles(root, files);
  for (const path of stale) {
    const content = files.get(path);
    const file = join(root, path);
    if (content === undefined) {
      rmSync(file);
    } else {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
  }
  return stale;
}

function leftovers(root: string, files: ReadonlyMap<string, string>): string[] {
  const folder = join(root, SCHEMAS);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => `${SCHEMAS}/${name}`)
    .filter((path) => !files.has(path));
}
