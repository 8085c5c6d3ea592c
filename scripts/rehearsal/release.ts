/** The state of a release: what an environment's stacks hold at it, kept to see what later code would do to it. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { LAYERS, type Layer } from "@bulkhead/config";
import { previewLayer } from "../lib/pulumi.ts";
import { type Change, Changes } from "./changes.ts";
import { type ExportedState, Rehearsal } from "./rehearsal.ts";

/** The stack files of an environment, and the state that applying them left. Its secrets are the stand-ins', made up. */
export interface Release {
  readonly environment: string;
  readonly layers: Readonly<Record<Layer, { readonly config: string; readonly state: ExportedState }>>;
}

/** Where the last release's state of an environment is kept, from the repository's root. */
export function releaseFile(environment: string): string {
  return `test/estate/release/${environment}.json.gz`;
}

export function readRelease(root: string, environment: string): Release {
  return JSON.parse(gunzipSync(readFileSync(join(root, releaseFile(environment)))).toString()) as Release;
}

/** Keeps the state of an applied rehearsal as the last release's. */
export async function writeRelease(root: string, rehearsal: Rehearsal): Promise<void> {
  const { environment, stacks } = rehearsal.platform;
  const layers: Record<string, Release["layers"][Layer]> = {};
  for (const layer of LAYERS)
    layers[layer] = {
      config: readFileSync(join(stacks, layer, `Pulumi.${environment}.yaml`), "utf8"),
      state: await rehearsal.export(layer, { secrets: true }),
    };
  const file = join(root, releaseFile(environment));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, gzipSync(JSON.stringify({ environment, layers }), { level: 9 }));
}

/**
 * What the programs of `root` would change in a release that stands, under the release's own stack files.
 * @param root - folder whose `stacks/` hold today's programs; its stack files of the environment are written over
 */
export async function previewRelease(root: string, release: Release): Promise<Record<Layer, readonly Change[]>> {
  const { environment, layers } = release;
  for (const layer of LAYERS)
    writeFileSync(join(root, "stacks", layer, `Pulumi.${environment}.yaml`), layers[layer].config);
  const states = Object.fromEntries(LAYERS.map((layer) => [layer, layers[layer].state])) as States;
  return (await previewStates(root, environment, states, LAYERS)) as Record<Layer, readonly Change[]>;
}

/** The state of every layer, its secrets in plain text. */
export type States = Readonly<Record<Layer, ExportedState>>;

/** What the stack files and programs of `root` would change in layers of an environment that stands as `states` say. */
export async function previewStates(
  root: string,
  environment: string,
  states: States,
  layers: readonly Layer[],
): Promise<Partial<Record<Layer, readonly Change[]>>> {
  const rehearsal = Rehearsal.open(root, environment);
  try {
    for (const layer of LAYERS) await rehearsal.import(layer, states[layer]);
    const found: Partial<Record<Layer, readonly Change[]>> = {};
    for (const layer of layers) {
      const changes = new Changes();
      await previewLayer(rehearsal.platform, layer, changes.onEvent);
      found[layer] = changes.all;
    }
    return found;
  } finally {
    rehearsal.close();
  }
}
