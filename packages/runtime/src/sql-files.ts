/** The SQL that the package carries: read once, split into statements, hashed. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");

export interface SqlFile {
  readonly name: string;
  readonly text: string;
  /** SHA-256 of the text, line ends normalised: a checkout on Windows is the same migration. */
  readonly hash: string;
}

/** The `.sql` files of a folder, by name. */
export function readSqlFolder(folder: string): SqlFile[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .sort()
    .map((name) => readSqlFile(folder, name));
}

export function readSqlFile(folder: string, name: string): SqlFile {
  const text = readFileSync(join(folder, name), "utf8").replaceAll("\r\n", "\n");
  return { name, text, hash: hashOf(text) };
}

export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

export const sqlFolder = join(ROOT, "sql");
export const migrationsFolder = join(ROOT, "migrations");

/** The bootstrap SQL of a database, and its hash: the version of the contract. */
export function bootstrapFiles(): { files: SqlFile[]; hash: string } {
  bootstrap ??= readSqlFolder(join(sqlFolder, "bootstrap"));
  return { files: bootstrap, hash: hashOf(bootstrap.map((file) => file.hash).join()) };
}

/** Read once: a thousand schemas ask for its hash. */
let bootstrap: SqlFile[] | undefined;

export interface Statement {
  readonly text: string;
  /** Line of the file on which the statement begins, from 1. */
  readonly line: number;
}

/**
 * Splits SQL at the semicolons that end statements: not those in strings, quoted names, dollar quotes, comments or the body of a
 * `begin atomic … end`. Needed to say on which line a migration failed; PostgreSQL parses each statement anyway.
 */
export function splitStatements(sql: string): Statement[] {
  const statements: Statement[] = [];
  // One alternative a construct that may hold a semicolon; the last ones are what counts.
  const token =
    /--[^\n]*|\/\*|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$([A-Za-z_\x80-\uffff][\w\x80-\uffff]*)?\$|;|[A-Za-z_]\w*/gy;
  let start = 0;
  let depth = 0;
  let sawBegin = false;
  let at = 0;
  const push = (end: number) => {
    const text = sql.slice(start, end);
    const blank = /^(?:\s|--[^\n]*(?:\n|$)|\/\*(?:[^*]|\*(?!\/))*\*\/)*/.exec(text)![0].length;
    if (blank < text.length)
      statements.push({ text: text.slice(blank).trimEnd(), line: sql.slice(0, start + blank).split("\n").length });
    start = end;
  };
  while (at < sql.length) {
    token.lastIndex = at;
    const match = token.exec(sql);
    if (!match) {
      at++;
      continue;
    }
    const word = match[0];
    at = token.lastIndex;
    if (word === "/*") at = endOfComment(sql, at);
    else if (word.startsWith("$")) {
      const end = sql.indexOf(word, at);
      at = end === -1 ? sql.length : end + word.length;
    } else if (word === "'" || (word.startsWith("'") && /[eE]$/.test(sql.slice(0, match.index).slice(-1)))) {
      at = endOfEscapeString(sql, match.index + 1);
    } else if (/^begin$/i.test(word)) sawBegin = true;
    else if (/^atomic$/i.test(word) && sawBegin) depth = 1;
    else if (depth > 0 && /^case$/i.test(word)) depth++;
    else if (depth > 0 && /^end$/i.test(word)) depth--;
    else if (word === ";" && depth === 0) {
      push(at);
      sawBegin = false;
    }
  }
  push(sql.length);
  return statements;
}

function endOfComment(sql: string, from: number): number {
  let depth = 1;
  let at = from;
  while (at < sql.length && depth > 0) {
    if (sql.startsWith("/*", at)) depth++;
    else if (sql.startsWith("*/", at)) depth--;
    else {
      at++;
      continue;
    }
    at += 2;
  }
  return at;
}

function endOfEscapeString(sql: string, from: number): number {
  for (let at = from; at < sql.length; at++) {
    if (sql[at] === "\\") at++;
    else if (sql[at] === "'") return at + 1;
  }
  return sql.length;
}
