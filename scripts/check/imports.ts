/** Finds the module specifiers of a TypeScript source, type imports included, without a parser at hand. */

/** Every specifier that a source imports or exports from, by statement, by `import()` or by `import.meta.resolve()`. */
export function importsOf(source: string): string[] {
  const { code, strings } = mask(source);
  const found = [
    ...code.matchAll(/(?:^|;)\s*(?:import|export)\b[^"';]*?\bfrom\s*"(\d+)"/gm),
    ...code.matchAll(/(?:^|;)\s*import\s*"(\d+)"/gm),
    ...code.matchAll(/\bimport\s*\(\s*"(\d+)"/g),
    ...code.matchAll(/\bimport\.meta\.resolve\(\s*"(\d+)"/g),
    ...code.matchAll(/\brequire(?:\.resolve)?\(\s*"(\d+)"/g),
  ];
  return [...new Set(found.map((match) => strings[Number(match[1])]!))];
}

/** What a `/` after one of these begins is a regular expression, not a division. */
const BEFORE_REGEX = /(?:[=(,:;[{}!&|?+~^%<>-]|\b(?:return|case|typeof|in|of|await|yield))\s*$|^\s*$/;

/**
 * The source with comments, template literals and regular expressions blanked, and each string as its number, so that a
 * program in a test's strings is not taken for the test's own.
 */
function mask(source: string): { code: string; strings: readonly string[] } {
  const strings: string[] = [];
  let code = "";
  let at = 0;
  while (at < source.length) {
    const end = endOfLiteral(source, at, source.slice(at, at + 2), code);
    const text = source.slice(at, end);
    if (text.length > 1 && (text[0] === '"' || text[0] === "'")) {
      code += `"${strings.push(text.slice(1, -1)) - 1}"`;
    } else {
      code += end === at + 1 ? text : text.replace(/[^\n]/g, " ");
    }
    at = end;
  }
  return { code, strings };
}

/** Where what begins at `at` ends: one character on, unless a comment, string, template or regular expression begins there. */
function endOfLiteral(source: string, at: number, two: string, before: string): number {
  if (two === "//") return endAfter(source, at, /\n|$/g) - 1 || source.length;
  if (two === "/*") return endAfter(source, at + 2, /\*\/|$/g);
  switch (source[at]) {
    case '"':
    case "'":
      return endAfter(source, at, source[at] === '"' ? /"(?:[^"\\\n]|\\.)*"?/gs : /'(?:[^'\\\n]|\\.)*'?/gs);
    case "`":
      return endOfTemplate(source, at + 1);
    case "/":
      if (!BEFORE_REGEX.test(before.slice(-40))) return at + 1;
      return endAfter(source, at, /\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*|\//g);
    default:
      return at + 1;
  }
}

function endOfTemplate(source: string, from: number): number {
  for (let at = from; at < source.length; at++) {
    if (source[at] === "\\") at++;
    else if (source[at] === "`") return at + 1;
    else if (source.startsWith("${", at)) at = endOfSubstitution(source, at + 2) - 1;
  }
  return source.length;
}

function endOfSubstitution(source: string, from: number): number {
  let depth = 1;
  let at = from;
  while (at < source.length) {
    if (source[at] === "{") depth++;
    if (source[at] === "}" && --depth === 0) return at + 1;
    at = endOfLiteral(source, at, source.slice(at, at + 2), source.slice(from, at));
  }
  return source.length;
}

function endAfter(source: string, from: number, pattern: RegExp): number {
  pattern.lastIndex = from;
  const match = pattern.exec(source);
  return match ? Math.max(match.index + match[0].length, from + 1) : source.length;
}
