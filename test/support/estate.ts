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

/** The states of all layers with their secrets, which the stand-ins made up: to be put elsewhere. */
export function openStates(environment: string): Record<Layer, ExportedState> {
  const read = (layer: Layer) => readFileSync(join(inject("estate"), environment, `${layer}.open.json`), "utf8");
  return Object.fromEntries(LAYERS.map((layer) => [layer, JSON.parse(read(layer))])) as Record<Layer, ExportedState>;
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

/** What is at a path of a resource's inputs, of the type that the caller expects; undefined where the way ends before. */
export function at<T = unknown>(value: unknown, path: string): T | undefined {
  return path.split(".").reduce<unknown>((here, key) => (here as Record<string, unknown> | undefined)?.[key], value) as
    | T
    | undefined;
}

export interface PodSpec {
  readonly serviceAccountName?: string;
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly initContainers?: readonly { readonly name: string; readonly image: string }[];
  readonly containers: readonly { readonly name: string; readonly image: string }[];
}

export interface EstatePod {
  /** Of the Deployment or Job. */
  readonly name: string;
  readonly namespace: string;
  /** Logical name of the Kubernetes provider: one for each GKE cluster that a cell is served in. */
  readonly cluster: string;
  readonly spec: PodSpec;
}

/** The pods of every Deployment and Job of an environment. */
export function podsIn(environment: string): EstatePod[] {
  const owners = ["apps/v1:Deployment", "batch/v1:Job"].flatMap((kind) => ofKind(environment, kind));
  return owners.map(({ inputs, provider }) => ({
    name: at<string>(inputs, "metadata.name") ?? "",
    namespace: at<string>(inputs, "metadata.namespace") ?? "",
    cluster: provider?.split("::").at(-2) ?? "",
    spec: at<PodSpec>(inputs, "spec.template.spec") ?? { containers: [] },
  }));
}
