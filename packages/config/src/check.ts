/** Turns zod's issues into mistakes: with the value found, and a remedy drawn from what the schema would take. */
import type { z } from "zod";
import { didYouMean, joinPath, type Mistake } from "./mistakes.ts";

/** A checked value, or the mistakes that keep it from being one. */
export type Checked<T> =
  | { readonly value: T; readonly mistakes: readonly [] }
  | { readonly value?: undefined; readonly mistakes: readonly Mistake[] };

/** Checks `raw` against a schema. `base` is the path of `raw` in what the user wrote. */
export function check<S extends z.ZodType>(schema: S, raw: unknown, base: string): Checked<z.output<S>> {
  // zod passes over such a key; a config that loses a line in silence would retire a tenant.
  const poisoned = protoKeys(raw, base);
  if (poisoned.length > 0) return { mistakes: poisoned };
  const result = schema.safeParse(raw);
  if (result.success) return { value: result.data, mistakes: [] };
  return { mistakes: result.error.issues.flatMap((issue) => explain(issue, raw, base, schema)) };
}

/** The keys of a map that are right by themselves, in a map that is not: what rules across keys can still be checked on. */
export function soundKeys<S extends z.ZodObject>(schema: S, raw: unknown): Partial<z.output<S>> {
  const holder = typeof raw === "object" && raw !== null ? (raw as Record<string, unknown>) : {};
  const sound: Record<string, unknown> = {};
  for (const [key, shape] of Object.entries(schema.shape)) {
    const result = (shape as z.ZodType).safeParse(holder[key]);
    if (result.success) sound[key] = result.data;
  }
  return sound as Partial<z.output<S>>;
}

function protoKeys(raw: unknown, path: string): Mistake[] {
  if (typeof raw !== "object" || raw === null) return [];
  return Object.entries(raw).flatMap(([key, value]) =>
    key === "__proto__"
      ? [{ path: joinPath(path, key), value: key, problem: "is not a key that can be used here", remedy: "remove it" }]
      : protoKeys(value, joinPath(path, Array.isArray(raw) ? Number(key) : key)),
  );
}

function explain(issue: z.core.$ZodIssue, raw: unknown, base: string, schema?: z.ZodType): Mistake[] {
  const segments = issue.path.map((segment) => (typeof segment === "number" ? segment : String(segment)));
  const path = joinPath(base, ...segments);
  const value = valueAt(raw, segments);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(path, key, value, keysAt(schema, segments)));
    case "invalid_value": {
      const allowed = issue.values.map(String);
      const near = typeof value === "string" ? didYouMean(value, allowed) : undefined;
      const problem = value === undefined ? "is missing" : "is not one of the choices";
      return [
        { path, value, problem, remedy: `${near ? `did you mean "${near}"? ` : ""}use one of ${allowed.join(", ")}` },
      ];
    }
    case "invalid_type":
      if (value === undefined) return [{ path, problem: "is missing", remedy: `give ${article(issue.expected)}` }];
      return [
        {
          path,
          value,
          problem: `is ${article(typeName(value))}`,
          remedy: `give ${article(issue.expected)}${quoteHint(value, issue.expected)}`,
        },
      ];
    case "too_small":
      return [{ path, value, ...bound("below the least", issue.minimum, issue.origin, "more") }];
    case "too_big":
      return [{ path, value, ...bound("over the most", issue.maximum, issue.origin, "less") }];
    case "invalid_key":
      return [
        {
          path,
          value: segments.at(-1),
          problem: "is not a key that can be used here",
          remedy: issue.issues[0]?.message ?? "use another",
        },
      ];
    case "invalid_union": {
      // A union that brings words of its own says more than any of its branches.
      if (issue.message !== "Invalid input") {
        return [{ path, value, problem: "is not one of the choices", remedy: issue.message }];
      }
      const nearest = [...issue.errors].sort((a, b) => a.length - b.length)[0] ?? [];
      return nearest.flatMap((inner) => explain(inner, value, path));
    }
    default:
      return [{ path, value, problem: "cannot be used", remedy: issue.message }];
  }
}

function bound(
  side: string,
  limit: number | bigint,
  origin: string,
  more: string,
): Pick<Mistake, "problem" | "remedy"> {
  const unit = origin === "string" ? " characters" : origin === "array" ? " entries" : "";
  return { problem: `is ${side} allowed, ${limit}${unit}`, remedy: `use ${limit}${unit} or ${more}` };
}

function unknownKey(path: string, key: string, holder: unknown, known: readonly string[]): Mistake {
  const near = didYouMean(key, known);
  const value = typeof holder === "object" && holder !== null ? (holder as Record<string, unknown>)[key] : undefined;
  const remedy = near ? `did you mean "${near}"?` : known.length > 0 ? `use one of ${known.join(", ")}` : "remove it";
  return { path: joinPath(path, key), value, problem: "is not a known key", remedy };
}

/** The keys that a schema knows at a path: what a misspelt key may have meant. */
function keysAt(schema: z.ZodType | undefined, segments: readonly (string | number)[]): readonly string[] {
  let at = unwrap(schema);
  for (const segment of segments) {
    const definition = at?._zod.def as
      | { type?: string; shape?: Record<string, z.ZodType>; valueType?: z.ZodType; element?: z.ZodType }
      | undefined;
    at = unwrap(definition?.shape?.[segment] ?? definition?.valueType ?? definition?.element);
  }
  return Object.keys((at?._zod.def as { shape?: Record<string, z.ZodType> } | undefined)?.shape ?? {});
}

/** The schema inside optional, nullable, default and pipe wrappers. */
function unwrap(schema: z.ZodType | undefined): z.ZodType | undefined {
  let at = schema;
  for (;;) {
    const definition = at?._zod.def as { innerType?: z.ZodType; out?: z.ZodType } | undefined;
    const inner = definition?.innerType ?? definition?.out;
    if (inner === undefined) return at;
    at = inner;
  }
}

function valueAt(raw: unknown, segments: readonly (string | number)[]): unknown {
  let value = raw;
  for (const segment of segments) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<string | number, unknown>)[segment];
  }
  return value;
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : typeof value === "object" ? "map" : typeof value;
}

function article(type: string): string {
  const name =
    type === "object" || type === "record" ? "map" : type === "array" ? "list" : type === "int" ? "whole number" : type;
  if (name === "null") return "empty";
  return `${/^[aeiou]/.test(name) ? "an" : "a"} ${name}`;
}

function quoteHint(value: unknown, expected: string): string {
  return expected === "string" && (typeof value === "number" || typeof value === "boolean")
    ? `, in quotes: "${value}"`
    : "";
}
