/** The resources of an environment, as the map asks for them. */
import type { StateResource } from "../rehearsal/rehearsal.ts";

/** All layers together, the providers included: a Kubernetes object is in the cluster of its provider. */
export interface Estate {
  of(kind: string): readonly StateResource[];
  /** Objects of a kind that has no type of its own in the SDK. */
  custom(kind: string): readonly StateResource[];
  /** Region of the GKE cluster that an object is in. @throws where its provider does not say */
  regionOf(object: StateResource): string;
}

export function estateOf(resources: readonly StateResource[]): Estate {
  const kinds = new Map<string, StateResource[]>();
  for (const resource of resources) {
    // `gcp:alloydb/cluster:Cluster` by `alloydb/cluster:Cluster`, `kubernetes:core/v1:Service` by `core/v1:Service`.
    const kind = resource.type.slice(resource.type.indexOf(":") + 1);
    kinds.set(kind, [...(kinds.get(kind) ?? []), resource]);
  }
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const of = (kind: string) => kinds.get(kind) ?? [];
  return {
    of,
    custom: (kind) => resources.filter(({ inputs, type }) => type.startsWith("kubernetes:") && inputs?.kind === kind),
    regionOf(object) {
      const urn = object.provider?.split("::").slice(0, -1).join("::") ?? "";
      // The context is named as gcloud names it: gke_<project>_<region>_<cluster>.
      const region = /gke_[a-z0-9-]+_([a-z0-9-]+)_/.exec(String(byUrn.get(urn)?.inputs?.kubeconfig ?? ""))?.[1];
      if (region === undefined) throw new Error(`the provider of ${object.urn} names no GKE cluster`);
      return region;
    },
  };
}

/** What is at a path of a resource's inputs; undefined where the way ends before. */
export function at<T = unknown>(value: unknown, path: string): T | undefined {
  return path.split(".").reduce<unknown>((here, key) => (here as Record<string, unknown> | undefined)?.[key], value) as
    | T
    | undefined;
}

export function list<T>(value: unknown, path: string): readonly T[] {
  return at<readonly T[]>(value, path) ?? [];
}

export function textAt(value: unknown, path: string): string {
  const found = at(value, path);
  return found === undefined || found === null ? "" : String(found);
}

/** Logical name: the end of the URN. */
export function logicalName({ urn }: StateResource): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

export const metaName = (object: StateResource): string => textAt(object.inputs, "metadata.name");
export const metaNamespace = (object: StateResource): string => textAt(object.inputs, "metadata.namespace");

/** In an order that depends on the keys alone. */
export function sortedBy<T>(items: Iterable<T>, key: (item: T) => string): T[] {
  return [...items].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

export function groupBy<T>(items: Iterable<T>, key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}
