/** The edit of `stacks/2-database/Pulumi.<environment>.yaml`: who of a cell's sites writes, and who is fenced. Nothing else changes. */
import { execFileSync } from "node:child_process";
import { renameSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { HOME } from "@bulkhead/config";
import { isMap, isScalar, type Pair, parse, parseDocument, type YAMLMap } from "yaml";

export interface Sites {
  readonly writer: string;
  readonly fenced: readonly string[];
  /** Of the fenced, those whose region does not answer. */
  readonly unreachable: readonly string[];
}

const CELLS = ["config", "bulkhead:cells"];

/** Where the sites of an environment's cells are written. */
export function databaseFile(stacks: string, environment: string): string {
  return join(stacks, "2-database", `Pulumi.${environment}.yaml`);
}

/**
 * The text of a stack file with a cell's `writer`, `fenced` and `unreachable` set. Every other line stays as it is, comments too; what is at its
 * default is left out.
 */
export function withSites(text: string, cell: string, sites: Sites): string {
  const fields = {
    writer: sites.writer === HOME ? undefined : sites.writer,
    fenced: list(sites.fenced),
    unreachable: list(sites.unreachable),
  };
  let edited = text;
  for (const [key, value] of Object.entries(fields)) edited = withField(edited, cell, key, value);
  const wanted = parse(text);
  const entry = wanted.config["bulkhead:cells"][cell];
  for (const key of Object.keys(fields)) delete entry[key];
  if (fields.writer !== undefined) entry.writer = sites.writer;
  if (fields.fenced !== undefined) entry.fenced = [...sites.fenced];
  if (fields.unreachable !== undefined) entry.unreachable = [...sites.unreachable];
  if (isDeepStrictEqual(sorted(parse(edited)), sorted(wanted))) return edited;
  // A layout that the splicing above does not know: the same by the document, which may lay lines out anew.
  const document = parseDocument(text);
  for (const key of Object.keys(fields)) document.deleteIn([...CELLS, cell, key]);
  if (fields.writer !== undefined) document.setIn([...CELLS, cell, "writer"], sites.writer);
  for (const key of ["fenced", "unreachable"] as const)
    if (fields[key] !== undefined) document.setIn([...CELLS, cell, key], [...sites[key]]);
  return document.toString({ lineWidth: 0 });
}

function list(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : `[${names.join(", ")}]`;
}

/** Sets or removes one field of a cell by cutting it out of the text and putting it in. */
function withField(text: string, cell: string, key: string, value: string | undefined): string {
  const map = parseDocument(text).getIn([...CELLS, cell]);
  if (!isMap(map) || map.flow) return text;
  const pairs = (map as YAMLMap).items;
  const found = pairs.find((pair) => keyOf(pair) === key);
  if (found) {
    const [start, end] = lines(text, found);
    if (value === undefined) return text.slice(0, start) + text.slice(end);
    const [from, to] = spanOf(found.value);
    const trailing = text.slice(from, to).match(/\s*$/)?.[0] ?? "";
    return text.slice(0, from) + value + trailing + text.slice(to);
  }
  if (value === undefined) return text;
  // Beside the region, as they belong together, each after the one before it where that is there.
  const after = ["fenced", "writer", "region"]
    .map((before) => pairs.find((pair) => keyOf(pair) === before))
    .find((pair) => pair !== undefined);
  if (!after) return text;
  const [start, end] = lines(text, after);
  const indent = " ".repeat(spanOf(after.key)[0] - start);
  const newline = text[end - 1] === "\n" ? "" : "\n";
  return `${text.slice(0, end)}${newline}${indent}${key}: ${value}\n${text.slice(end)}`;
}

function keyOf(pair: Pair): unknown {
  return isScalar(pair.key) ? pair.key.value : pair.key;
}

function spanOf(node: unknown): [number, number] {
  const range = (node as { range?: [number, number, number] | null } | null)?.range;
  if (!range) throw new Error("a node without its place in the text");
  return [range[0], range[1]];
}

/** From the start of the line of a pair's key to the end of the last line of its value. */
function lines(text: string, pair: Pair): [number, number] {
  const start = text.lastIndexOf("\n", spanOf(pair.key)[0]) + 1;
  const last = Math.max(spanOf(pair.value)[1] - 1, start);
  const end = text.indexOf("\n", last);
  return [start, end < 0 ? text.length : end + 1];
}

/** Maps in the order of their keys: an edit may put a field elsewhere and mean the same. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  );
}

/** Writes a stack file at once or not at all; its permissions stay. */
export function writeStackFile(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, text, { mode: statSync(file).mode & 0o777 });
  renameSync(temporary, file);
}

/** What git says of a stack file: in words where it is not as committed; undefined where it is. */
export function uncommitted(file: string): string | undefined {
  try {
    const said = execFileSync("git", ["status", "--porcelain", "--", basename(file)], {
      cwd: dirname(file),
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    return said.trim() === "" ? undefined : "it has changes that are not committed";
  } catch {
    return "it is not in a git working copy, so nothing records what it was";
  }
}
