/** Every environment rehearsed once: what all tests of the estate look into. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LAYERS } from "@bulkhead/config";
import type { TestProject } from "vitest/node";
import { REPOSITORY } from "../../scripts/lib/platform.ts";
import { describeResources } from "../../scripts/lib/progress.ts";
import { Rehearsal } from "../../scripts/rehearsal/rehearsal.ts";
import { ENVIRONMENTS } from "./estate.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Folder with the exported state of each environment and layer, and with what a second run would change. */
    estate: string;
  }
}

export default async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), "bulkhead-estate-"));
  try {
    await Promise.all(ENVIRONMENTS.map((environment) => rehearse(environment, folder)));
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  project.provide("estate", folder);
  return () => rmSync(folder, { recursive: true, force: true });
}

async function rehearse(environment: string, folder: string): Promise<void> {
  const rehearsal = Rehearsal.open(REPOSITORY, environment);
  try {
    mkdirSync(join(folder, environment));
    await rehearsal.applyAll();
    const again: Record<string, string> = {};
    for (const layer of LAYERS) {
      again[layer] = describeResources((await rehearsal.apply(layer)).changes);
      writeFileSync(join(folder, environment, `${layer}.json`), JSON.stringify(await rehearsal.export(layer)));
      const open = await rehearsal.export(layer, { secrets: true });
      writeFileSync(join(folder, environment, `${layer}.open.json`), JSON.stringify(open));
    }
    writeFileSync(join(folder, environment, "again.json"), JSON.stringify(again));
  } finally {
    rehearsal.close();
  }
}
