/** Validates every Kubernetes object of an environment, layer by layer, as its rehearsal left them in the state. */
import type { StateResource } from "../rehearsal/rehearsal.ts";
import { declaredTwice, kubernetesObjects } from "./objects.ts";
import type { Sources } from "./sources.ts";
import { type Fault, Validator } from "./validator.ts";

export interface Validation {
  /** How many objects of each `apiVersion kind` were validated. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly faults: readonly Fault[];
}

/** @param minor - minor version of the environment's clusters, such as `1.33` */
export function validateObjects(resources: readonly StateResource[], sources: Sources, minor: string): Validation {
  const validator = new Validator(sources, minor);
  const objects = kubernetesObjects(resources);
  const kinds: Record<string, number> = {};
  const faults = objects.flatMap((entry) => {
    const kind = `${String(entry.object.apiVersion)} ${String(entry.object.kind)}`;
    kinds[kind] = (kinds[kind] ?? 0) + 1;
    return validator.validate(entry);
  });
  for (const twice of declaredTwice(objects))
    faults.push({ object: twice, path: "", problem: "is declared twice for one cluster" });
  return { kinds, faults };
}

export function describeFault({ object, path, problem }: Fault): string {
  return `${object}${path === "" ? "" : ` ${path}`}: ${problem}`;
}
