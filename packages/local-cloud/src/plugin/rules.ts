import type { RawChange } from "./diff.ts";
import type { CheckFailure } from "./provider.ts";
import { isMissing, isObject, isSecret, isUnknown, type Props, type Value } from "./values.ts";

/** What the real plugin knows about a resource type. Paths are Pulumi's property names joined by dots, lists unmarked. */
export type ResourceFacts = {
  /** The plugin refuses without these; below a block, only where the block is given, and in each element of a list. */
  required: string[];
  /** Changing one of these deletes the resource and creates another. */
  replaces: string[];
  /** Sent to the API and never kept in state. */
  writeOnly?: string[];
  /** The property that the plugin makes up from the logical name where the program leaves it out. */
  autoname?: string;
};
export type FactsTable = Readonly<Record<string, ResourceFacts>>;

/** Every required property that is missing, each with its own path, so that the engine reports them in one go. */
export function missingProperties(props: Props, required: readonly string[]): CheckFailure[] {
  const found = new Set<string>();
  for (const path of required) walk(props, path.split("."), "", found);
  return [...found].sort().map((property) => ({ property, reason: `Missing required property '${property}'` }));
}

function walk(value: Value | undefined, path: string[], at: string, found: Set<string>): void {
  const here = isSecret(value) ? value.value : value;
  // An absent block asks for nothing; an unknown one cannot be judged before the `up`.
  if (isMissing(here) || isUnknown(here)) return;
  if (Array.isArray(here)) {
    for (const [i, item] of here.entries()) walk(item, path, `${at}[${i}]`, found);
    return;
  }
  if (!isObject(here)) return;
  const [key, ...rest] = path;
  if (key === undefined) return;
  const next = at === "" ? key : `${at}.${key}`;
  if (rest.length > 0) walk(here[key], rest, next, found);
  else if (isMissing(here[key])) found.add(next);
}

/**
 * Whether a change replaces the resource. A listed path stands for all that is beneath it, unless fields beneath it are
 * listed too: then it is a block, which replaces by appearing or going, and each of its fields speaks for itself.
 */
export function replaces(change: RawChange, listed: readonly string[]): boolean {
  return listed.some((path) => {
    const isBlock = listed.some((other) => other.startsWith(`${path}.`));
    return change.touched.some((t) => t === path || (!isBlock && t.startsWith(`${path}.`)));
  });
}
