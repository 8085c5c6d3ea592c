/** The rehearsed environments, for tests to look into. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LAYERS, type Layer } from "@bulkhead/config";
import { inject } from "vitest";
import type { ExportedState, StateResource } from "../../scripts/rehearsal/rehearsal.ts";

export const ENVIRONMENTS = ["dev", "staging", "prod"] as const;
export type EnvironmentName = (typeof ENVIRONMENTS)[number];

/** The state of a layer as the engine exported it, as text. */
export function stateText(environment: string, layer: Layer): string {
  return readFileSync(join(inject("estate"), environment, `${layer}.json`), "utf8");
}

/** What a second run would do, by layer. */
export function secondRun(environment: string): Readonly<Record<Layer, string>> {
  return JSON.parse(readFileSync(join(inject("estate"), environment, "again.json"), "utf8"));
}

/** The resources of providers and the components, by layer. */
export function resourcesByLayer(environment: string): Record<Layer, StateResource[]> {
  return Object.fromEntries(
    LAYERS.map((layer) => {
      const { deployment } = JSON.parse(stateText(environment, layer)) as ExportedState;
      return [layer, (deployment.resources ?? []).filter(({ type }) => !type.startsWith("pulumi:"))];
    }),
  ) as Record<Layer, StateResource[]>;
}

/** Resources of an environment of one kind, all layers together: the end of its type token, such as `Cluster` or `compute/firewall:Firewall`. */
export function ofKind(environment: string, kind: string): StateResource[] {
  return Object.values(resourcesByLayer(environment))
    .flat()
    .filter(({ custom, type }) => custom && (type.endsWith(`:${kind}`) || type.endsWith(kind)));
}
