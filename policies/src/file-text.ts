/** Secrets in the text of a file, as a ConfigMap has it. */
import { holdsSecret, isPassword } from "./secret-names.ts";

const VALUE = String.raw`(?:"([^"\n]*)"|'([^'\n]*)'|([^\s,}"'][^\n,}]*))`;
const NAME = String.raw`["']?([\w.-]+)["']?`;
/** An entry of a list of variables, as a manifest in a manifest has it, in either order, in YAML or JSON. */
const NAME_FIRST = new RegExp(String.raw`\bname["']?\s*:\s*${NAME}[\s,]*["']?value["']?\s*:[ \t]*${VALUE}`, "g");
const VALUE_FIRST = new RegExp(String.raw`\bvalue["']?\s*:[ \t]*${VALUE}[\s,]*["']?name["']?\s*:\s*${NAME}`, "g");

/** Only names that leave no doubt count. */
export function textFault(text: string): string | undefined {
  const name = lineName(text) ?? entryName(text) ?? pairName(text);
  return name && `has a line ${name} that is named as a secret and holds its value in plain text`;
}

/** `db.password = hunter2` or `"password": "hunter2"`. */
function lineName(text: string): string | undefined {
  for (const line of text.split("\n")) {
    const [, name, value] =
      /^[\s{,-]*(?:export\s+)?["']?([\w.-]+)["']?\s*[:=]\s*["']?(.*?)["']?[\s},]*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    // What opens a nested map or a block is not a value.
    if (!/^[[{|>]/.test(value) && holdsSecret(name, value, { sure: true })) return name;
  }
  return undefined;
}

function entryName(text: string): string | undefined {
  for (const [, name = "", ...values] of text.matchAll(NAME_FIRST)) if (isNamed(name, values.slice(0, 3))) return name;
  for (const [, a, b, c, name = ""] of text.matchAll(VALUE_FIRST)) if (isNamed(name, [a, b, c])) return name;
  return undefined;
}

function isNamed(name: string, values: readonly (string | undefined)[]): boolean {
  return holdsSecret(name, values.find((value) => value !== undefined) ?? "", { sure: true });
}

/** JSON on one line: there a `secret` may be any field of any data, a password may not. */
function pairName(text: string): string | undefined {
  for (const [, name = "", value = ""] of text.matchAll(/"([\w.-]+)"\s*:\s*"([^"\n]*)"/g))
    if (isPassword(name) && holdsSecret(name, value, { sure: true })) return name;
  return undefined;
}
