/** Reads YAML files of people: syntax errors, duplicate keys and runaway aliases become mistakes with their line. */
import { existsSync, readFileSync } from "node:fs";
import { parseDocument, type YAMLError } from "yaml";
import type { Mistake } from "./mistakes.ts";

/** A map as YAML or JSON gives it. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @param shown - the file's name in mistakes, the same on every machine */
export function readYaml(file: string, shown: string): { value?: unknown; mistakes: Mistake[] } {
  if (!existsSync(file)) {
    return {
      mistakes: [
        { path: shown, problem: "does not exist", remedy: "create it; docs and the other environments show its shape" },
      ],
    };
  }
  const text = readFileSync(file, "utf8");
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true });
  if (document.errors.length > 0) return { mistakes: document.errors.map((error) => explain(error, text, shown)) };
  try {
    const value: unknown = document.toJS();
    // An alias may lead back to where it stands; nothing after this could walk such a value.
    JSON.stringify(value);
    return { value, mistakes: [] };
  } catch {
    return {
      mistakes: [
        {
          path: shown,
          problem: "has aliases that cannot be resolved",
          remedy: "write the values out where they are used",
        },
      ],
    };
  }
}

function explain(error: YAMLError, text: string, shown: string): Mistake {
  const path = `${shown}:${error.linePos?.[0].line ?? 1}`;
  if (error.code === "DUPLICATE_KEY") {
    const key = /^[^\n:]*/.exec(text.slice(error.pos[0]))?.[0].trim();
    return { path, value: key, problem: "has the same key twice", remedy: "keep one of the two" };
  }
  const [problem = ""] = error.message.split(/ at line \d+|\n/);
  return { path, problem: `is not YAML: ${problem}`, remedy: "mend the syntax on that line" };
}
