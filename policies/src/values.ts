/** Values of resources as policies see them: of any shape, and at preview with gaps. */

/** Stands for what is known only once the resources it comes from exist. The policy runs again at the apply, which knows it. */
export const UNKNOWN: unique symbol = Symbol("known after apply");

/** How the engine writes an unknown value, one for each type. */
const SENTINELS: ReadonlySet<unknown> = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

export type Fields = Readonly<Record<string, unknown>>;

/**
 * A resource's properties as plain values. The SDK hands them wrapped so that touching an unknown one ends the policy with an
 * advice, and whatever stands beside it goes unchecked; here an unknown value is `UNKNOWN`, and the rest is checked.
 */
export function reveal(props: unknown): unknown {
  if (SENTINELS.has(props)) return UNKNOWN;
  if (typeof props !== "object" || props === null) return props;
  const wrapped = props as { __isSpecialProxy?: boolean; __getSpecialProxyTarget?: object };
  const target = wrapped.__isSpecialProxy === true ? (wrapped.__getSpecialProxyTarget ?? props) : props;
  if (Array.isArray(target)) return target.map(reveal);
  return Object.fromEntries(Object.entries(target).map(([key, value]) => [key, reveal(value)]));
}

/** The fields of a map; none where there is no map. */
export function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** The entries of a list; none where there is no list. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Whether a field is there: Kubernetes and the engine take null for absent. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Every map in a value, the value itself included, with the path that leads to it. */
export function* maps(value: unknown, path = ""): Generator<{ readonly path: string; readonly map: Fields }> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield { path, map: value as Fields };
  for (const [key, inner] of Object.entries(value)) {
    const step = Array.isArray(value) ? `[${key}]` : path === "" ? key : `.${key}`;
    yield* maps(inner, `${path}${step}`);
  }
}
