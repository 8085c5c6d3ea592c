/** The Kubernetes objects of an environment, as its layers' states hold what would be sent to the clusters. */
import type { StateResource } from "../rehearsal/rehearsal.ts";

export interface KubernetesObject {
  readonly urn: string;
  /** The cluster that it is for: the provider's URN and id. */
  readonly provider: string;
  readonly object: Record<string, unknown>;
  /** JSON pointers to what is secret, left out of the object. */
  readonly secrets: ReadonlySet<string>;
  /** Applied as a patch: what is required is there already. */
  readonly partial: boolean;
}

/** How Pulumi marks a secret in a state. */
const SECRET = "4dabf18193072939515e22adb298388d";
/** Kinds of the provider that are no objects of a cluster. */
const NO_OBJECT = /^kubernetes:(?:helm\.sh\/|yaml|kustomize)/;

export function kubernetesObjects(resources: readonly StateResource[]): KubernetesObject[] {
  return resources
    .filter(({ custom, type }) => custom && type.startsWith("kubernetes:") && !NO_OBJECT.test(type))
    .map(({ urn, type, provider = "", inputs = {} }) => {
      const secrets = new Set<string>();
      const object = bare(inputs, "", secrets) as Record<string, unknown>;
      return { urn, provider, object, secrets, partial: type.endsWith("Patch") };
    });
}

/** Without the engine's own fields and without secrets, whose places are noted. */
function bare(value: unknown, pointer: string, secrets: Set<string>): unknown {
  if (Array.isArray(value)) return value.map((item, index) => bare(item, `${pointer}/${index}`, secrets));
  if (typeof value !== "object" || value === null) return value;
  const fields: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (key === "__defaults" || key === "__initialApiVersion") continue;
    const at = `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    if (typeof inner === "object" && inner !== null && SECRET in inner) secrets.add(at);
    else fields[key] = bare(inner, at, secrets);
  }
  return fields;
}

/** Objects that are declared twice for one cluster: the second would take over the first. */
export function declaredTwice(objects: readonly KubernetesObject[]): string[] {
  const seen = new Map<string, string>();
  return objects.flatMap(({ urn, provider, object, partial }) => {
    if (partial) return [];
    const { namespace = "", name } = (object.metadata ?? {}) as Record<string, unknown>;
    const key = JSON.stringify([provider, object.apiVersion, object.kind, namespace, name]);
    const first = seen.get(key);
    seen.set(key, urn);
    return first === undefined
      ? []
      : [`${String(object.kind)} ${String(namespace)}/${String(name)}: ${first} and ${urn}`];
  });
}
