import { isMissing, isObject, isSecret, isUnknown, type Props, type Value } from "./values.ts";

export type Kind = "add" | "delete" | "update";
export type Change = { path: string; kind: Kind; replace: boolean };
export type DiffResult = { changes: Change[]; deleteBeforeReplace: boolean };

/**
 * Every leaf that differs. A subtree that appears or goes is reported at its root, as the engine displays it, and the
 * paths of its leaves are in `touched`, because a field that replaces its resource does so wherever it comes from.
 */
export type RawChange = { path: string; kind: Kind; touched: string[] };

export function deepDiff(olds: Props, news: Props): RawChange[] {
  const out: RawChange[] = [];
  compare(olds, news, "", "", out);
  return out;
}

function bare(value: Value | undefined): Value | undefined {
  return isSecret(value) ? bare(value.value) : value;
}

function compare(
  left: Value | undefined,
  right: Value | undefined,
  path: string,
  rule: string,
  out: RawChange[],
): void {
  const old = bare(left);
  const now = bare(right);
  if (isMissing(old) && isMissing(now)) return;
  if (isMissing(old)) {
    out.push({ path, kind: "add", touched: leaves(now, rule) });
  } else if (isMissing(now)) {
    out.push({ path, kind: "delete", touched: leaves(old, rule) });
  } else if (isUnknown(now)) {
    out.push({ path, kind: "update", touched: leaves(old, rule) });
  } else if (isObject(old) && isObject(now)) {
    for (const key of new Set([...Object.keys(old), ...Object.keys(now)]))
      compare(old[key], now[key], join(path, key), rule === "" ? key : `${rule}.${key}`, out);
  } else if (Array.isArray(old) && Array.isArray(now)) {
    for (let i = 0; i < Math.max(old.length, now.length); i++) compare(old[i], now[i], `${path}[${i}]`, rule, out);
  } else if (old !== now) {
    out.push({ path, kind: "update", touched: [rule] });
  }
}

/** A key that is not a plain word is quoted, as the engine's property paths have it. */
function join(path: string, key: string): string {
  if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

function leaves(value: Value | undefined, rule: string): string[] {
  const here = bare(value);
  if (Array.isArray(here)) return [rule, ...here.flatMap((item) => leaves(item, rule))];
  if (isObject(here)) return [rule, ...Object.entries(here).flatMap(([k, v]) => leaves(v, `${rule}.${k}`))];
  return [rule];
}
