/** Property values as they travel between the engine and a provider: plain JSON, with marks for secrets and unknowns. */

export type Value = null | boolean | number | string | Value[] | { [key: string]: Value };
export type Props = Record<string, Value>;

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** What the engine sends, in a preview, in place of a value that only an `up` can know; one per type. */
const UNKNOWNS = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export function isObject(value: Value | undefined): value is Props {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isSecret(value: Value | undefined): value is { value: Value; [key: string]: Value } {
  return isObject(value) && value[SIGNATURE] === SECRET;
}

export function isUnknown(value: Value | undefined): boolean {
  const bare = isSecret(value) ? value.value : value;
  return typeof bare === "string" && UNKNOWNS.has(bare);
}

/** Marks a value as secret, once: a secret of a secret would reach the program as an object. */
export function secret(value: Value): Value {
  return isSecret(value) ? value : { [SIGNATURE]: SECRET, value };
}

/** The value without its secret marks, at any depth. Unknowns stay as they are. */
export function reveal(value: Value): Value {
  if (isSecret(value)) return reveal(value.value);
  if (Array.isArray(value)) return value.map(reveal);
  if (isObject(value)) return revealProps(value);
  return value;
}

export function revealProps(props: Props): Props {
  return Object.fromEntries(Object.entries(props).map(([key, value]) => [key, reveal(value)]));
}

/** Properties that hold a credential in whichever resource they are, marked by the program or not. */
const CREDENTIAL = /^(password|passwordWo|secretData|secretDataWo|privateKey|authToken)$/;

/** The value with its credentials marked as secret, as the real plugins' schemas mark them. */
export function markCredentials(props: Props): Props {
  const mark = (value: Value): Value => {
    if (isSecret(value)) return value;
    if (Array.isArray(value)) return value.map(mark);
    return isObject(value) ? markCredentials(value) : value;
  };
  return Object.fromEntries(
    Object.entries(props).map(([key, value]) => [
      key,
      CREDENTIAL.test(key) && !isMissing(value) ? secret(value) : mark(value),
    ]),
  );
}

/** The value with every secret in it blanked, for what is written to disk and needs no secret. */
export function redact(value: Value): Value {
  if (isSecret(value)) return "[secret]";
  if (Array.isArray(value)) return value.map(redact);
  if (isObject(value)) return redactProps(value);
  return value;
}

export function redactProps(props: Props): Props {
  return Object.fromEntries(Object.entries(props).map(([key, value]) => [key, redact(value)]));
}

export function hasUnknown(value: Value | undefined): boolean {
  if (value === undefined) return false;
  if (isUnknown(value)) return true;
  if (isSecret(value)) return hasUnknown(value.value);
  if (Array.isArray(value)) return value.some(hasUnknown);
  return isObject(value) && Object.values(value).some(hasUnknown);
}

export function isMissing(value: Value | undefined): value is null | undefined {
  return value === undefined || value === null;
}

/** Reads `a.b.c` of already revealed props; undefined where the way ends or meets a list. */
export function at(props: Value | undefined, path: string): Value | undefined {
  let here = props;
  for (const key of path.split(".")) {
    if (isSecret(here)) here = here.value;
    if (!isObject(here)) return undefined;
    here = here[key];
  }
  return isSecret(here) ? here.value : here;
}

/** Whether what is at `a.b.c` is yet to be known, or anything on the way there is. */
export function isUndecided(props: Value | undefined, path: string): boolean {
  const keys = path.split(".");
  return keys.some((_, i) => isUnknown(at(props, keys.slice(0, i + 1).join("."))));
}

export function text(value: Value | undefined): string | undefined {
  return typeof value === "string" && !isUnknown(value) ? value : undefined;
}
