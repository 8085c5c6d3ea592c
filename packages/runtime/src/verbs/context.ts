/** What every verb works with. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Manifest, readManifest } from "@bulkhead/config";
import type { Target } from "../database.ts";
import { badInput } from "../failure.ts";
import type { Logger } from "../logger.ts";

export interface Context {
  readonly target: Target;
  readonly log: Logger;
  readonly json: boolean;
  /** Folder of migrations; the package's own where undefined. */
  readonly migrations: string | undefined;
  /** Reads the manifest named on the command line. */
  manifest(): Manifest;
  /** Prints a result: lines for people, or one JSON document. */
  print(lines: () => readonly string[], json: unknown): void;
}

/** Reads a manifest from a folder, as a projected volume shows it: hidden entries are the volume's own. */
export function readManifestFolder(folder: string | undefined): Manifest {
  if (folder === undefined) throw badInput("no manifest: give --manifest <folder>");
  try {
    const files: Record<string, string> = {};
    for (const name of readdirSync(folder)) {
      if (name.endsWith(".json") && !name.startsWith(".")) files[name] = readFileSync(join(folder, name), "utf8");
    }
    return readManifest(files);
  } catch (error) {
    throw badInput(`the manifest in ${folder} cannot be used: ${(error as Error).message}`);
  }
}
