/** Finds the pods in a resource, whatever holds them: a kind, a version or a custom resource nobody thought of is no way around. */

import type { Resource } from "./rule.ts";
import { type Fields, fields, list, maps } from "./values.ts";

const CONTAINER_LISTS = ["initContainers", "containers", "ephemeralContainers"] as const;

export interface Container {
  /** `spec.template.spec.containers[0]` */
  readonly path: string;
  /** Its name, quoted, or its path where it has none: for messages. */
  readonly label: string;
  readonly fields: Fields;
}

export interface Pod {
  readonly path: string;
  readonly spec: Fields;
  readonly containers: readonly Container[];
}

export function isKubernetes({ type }: Resource): boolean {
  return type.startsWith("kubernetes:");
}

/** Every pod specification in a resource: a map with a list of containers, wherever it stands. */
export function podsOf({ props }: Resource): Pod[] {
  const pods: Pod[] = [];
  for (const { path, map } of maps(props)) {
    const lists = CONTAINER_LISTS.filter((key) => Array.isArray(map[key]));
    if (lists.length === 0) continue;
    const containers = lists.flatMap((key) =>
      list(map[key]).map((entry, index) => container(entry, `${key}[${index}]`, path)),
    );
    pods.push({ path, spec: map, containers });
  }
  return pods;
}

function container(entry: unknown, step: string, podPath: string): Container {
  const own = fields(entry);
  const path = podPath === "" ? step : `${podPath}.${step}`;
  return { path, label: typeof own.name === "string" ? `"${own.name}"` : path, fields: own };
}
