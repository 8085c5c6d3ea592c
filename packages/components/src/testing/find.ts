/** Ways to look into what was declared. */
import type { Declared } from "./mocks.ts";

/** The value at a path, such as `spec.rules.0.action`; undefined where there is none. */
export function at(value: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (inner, key) =>
        typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>)[key] : undefined,
      value,
    );
}

/** All of a type, whose token is `kind` or ends in it, such as `Cluster` or `batch/v1:Job`. */
export function all(resources: readonly Declared[], kind: string): Declared[] {
  return resources.filter(({ type }) => type === kind || type.endsWith(`:${kind}`) || type.endsWith(`/${kind}`));
}

/** The one resource of a kind, and of a logical name where one is given. */
export function one(resources: readonly Declared[], kind: string, name?: string): Declared {
  const found = all(resources, kind).filter((resource) => name === undefined || resource.name === name);
  if (found.length !== 1) throw new Error(`${found.length} resources are a ${kind}${name ? ` named ${name}` : ""}`);
  return found[0]!;
}

/** Kubernetes' name of an object. */
export function nameOf(resource: Declared): string {
  return String(at(resource.inputs, "metadata.name"));
}

/** `kind name` of each, in order of the alphabet: what a component makes. */
export function inventory(resources: readonly Declared[]): string[] {
  return resources.map(({ type, name }) => `${type.split(":").at(-1)} ${name}`).sort();
}

/** All that stands below a component, at whatever depth. */
export function below(resources: readonly Declared[], component: Declared): Declared[] {
  return resources
    .filter(({ parent }) => parent === component.urn)
    .flatMap((child) => [child, ...below(resources, child)]);
}

/** Every text in a value, keys of maps included. */
export function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...texts(inner)]);
}
