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

/** A value as JSON, control characters escaped, cut at 80 characters: a mistake may hold a whole file, or worse. */
export function renderValue(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  const safe = json.replace(
    /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    escapeCodePoint,
  );
  return safe.length > 80 ? `${safe.slice(0, 77)}…` : safe;
}

function escapeCodePoint(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
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
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
