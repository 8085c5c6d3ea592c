/**
 * Mistakes in configuration: collected, never thrown one by one, so that a person mends them all in one go.
 */

/** One thing wrong in a config, and what to do about it. */
export interface Mistake {
  /** Where: `bulkhead:tenants.acme.isolation`, with keys quoted when they are not plain words. */
  readonly path: string;
  /** The value found there; `undefined` where something is missing. */
  readonly value?: unknown;
  /** What is wrong, in a few words. */
  readonly problem: string;
  /** What to write instead. */
  readonly remedy: string;
}

/** Raised with every mistake at once, before anything is touched. Its message is ready to print. */
export class ConfigError extends Error {
  readonly mistakes: readonly Mistake[];

  constructor(mistakes: readonly Mistake[], source = "the configuration") {
    const count = mistakes.length === 1 ? "1 mistake" : `${mistakes.length} mistakes`;
    super(`${count} in ${source}; nothing was touched:\n${mistakes.map((m) => `  ${renderMistake(m)}`).join("\n")}`);
    this.name = "ConfigError";
    this.mistakes = mistakes;
  }
}

/** `path: problem (found value); remedy`, on one line. */
export function renderMistake(mistake: Mistake): string {
  const found = mistake.value === undefined ? "" : ` (found ${renderValue(mistake.value)})`;
  return `${mistake.path}: ${mistake.problem}${found}; ${mistake.remedy}`;
}

/**
 * A value as JSON, invisible characters escaped, cut at 80 characters: a mistake may hold a whole file, or worse. What looks
 * like a secret is not shown at all, as messages end up in logs.
 */
export function renderValue(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  if (json.includes("PRIVATE KEY-----") || /"(?:d|k)":"[A-Za-z0-9_-]{20,}/.test(json)) return "a secret key, not shown";
  const masked = json.replace(/([a-z][a-z0-9+.-]*:\/\/[^\s:/@"]*):[^\s@"]+@/gi, "$1:…@");
  const safe = Array.from(masked, (character) => (isInvisible(character) ? escapeCharacter(character) : character));
  return safe.length > 80 ? `${safe.slice(0, 77).join("")}…` : safe.join("");
}

/** Control and format characters (zero width, right to left …): they would hide or reorder what stands around them. */
function isInvisible(character: string): boolean {
  return /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(character);
}

function escapeCharacter(character: string): string {
  const codePoint = character.codePointAt(0)!.toString(16);
  return codePoint.length > 4 ? `\\u{${codePoint}}` : `\\u${codePoint.padStart(4, "0")}`;
}

/** Joins path segments; a segment that is not a plain word is quoted, so that it can be found in the file. */
export function joinPath(base: string, ...segments: (string | number)[]): string {
  let path = base;
  for (const segment of segments) {
    if (typeof segment === "number") path += `[${segment}]`;
    else path += `.${/^[A-Za-z_][A-Za-z0-9_-]*$/.test(segment) ? segment : renderValue(segment)}`;
  }
  return path;
}

/** The candidate nearest to a misspelt word, if one is near enough to be meant. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  // A third of the word may be wrong, but never all of it.
  let bestDistance = Math.min(Math.max(1, Math.floor(word.length / 3)) + 1, word.length);
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Insertions, deletions, substitutions and swaps of neighbours that lead from one word to the other. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let distance = Math.min(substitution, last[j]! + 1, row[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, beforeLast[j - 2]! + 1);
      }
      row.push(distance);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
