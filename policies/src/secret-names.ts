/** What a name says of its value, and which values are harmless under a secret's name all the same. */
import { isPublicKey } from "./secret-shapes.ts";

/** Parts of a name that mean a secret, whatever stands around them and however it is spelt. */
const SECRET_PARTS = /passw(?:or)?d|passphrase|secret|credential|privatekey|apikey|accesskey|signingkey|encryptionkey/;
/** Words that mean a secret at the end of a name; before that they say where it belongs, as in JWT_ROLE_CLAIM. */
const SECRET_LAST_WORDS: ReadonlySet<string> = new Set(["pwd", "pass", "jwt", "bearer", "auth", "dsn"]);
const KEY_WORDS: ReadonlySet<string> = new Set(["key", "keys"]);
/** Last words of names that say something about a secret, and do not hold it. */
const ABOUT: ReadonlySet<string> = new Set(
  "alg algorithm aud audience base64 claim count dir endpoint enabled expiry file folder format header host id issuer length level lifetime max method min mode mount name namespace path period port prefix provider ref refresh region ring role rotation size source stdin store timeout ttl type uri url version".split(
    " ",
  ),
);
/** What a value looks like that keeps the promise of such a last word. Words that may stand for anything are not here. */
const PROMISES: readonly { readonly words: readonly string[]; readonly kept: RegExp }[] = [
  { words: ["uri", "url", "endpoint"], kept: /^(?:[a-z][\w+.-]*:|\/|[\w-]+(?:\.[\w-]+)+(?:[:/]|$)|localhost\b)/i },
  {
    words: "count expiry length level lifetime max min period port rotation size timeout ttl version".split(" "),
    kept: /^(?:[vrp]?-?\d[\w.:+-]*|latest|current|default|never|(?:low|medium|high)|projects\/\S+)$/i,
  },
  { words: ["enabled", "base64"], kept: /^(?:[01]|enabled|disabled)$/i },
  { words: ["file", "path"], kept: /[/.\\]/ },
];

type Secrecy = "secret" | "maybe" | "none";

/** A value under a name that makes it a secret. `sure` leaves out names that may as well be of something else. */
export function holdsSecret(name: string, value: string, options: { readonly sure?: boolean } = {}): boolean {
  const words = wordsOf(name);
  const last = words.at(-1) ?? "";
  let secrecy = secrecyOf(words);
  if (ABOUT.has(last)) {
    // What a name says is about a secret, and is not, is the secret: PASSWORD_VERSION=hunter2.
    const promise = PROMISES.find((each) => each.words.includes(last));
    const about = words.slice(0, -1);
    if (promise === undefined || promise.kept.test(value.trim()) || !means(about)) return false;
    secrecy = "secret";
  }
  if (secrecy === "none" || (options.sure === true && secrecy !== "secret")) return false;
  return !isHarmless(value, secrecy, isPassword(name));
}

/** Whether the name ends as a password's: such a value has no other form than its own. */
export function isPassword(name: string): boolean {
  const words = wordsOf(name).filter((word) => !/^\d+$/.test(word));
  return /(?:passw(?:or)?d|passphrase)$/.test(words.join("")) || ["pwd", "pass"].includes(words.at(-1) ?? "");
}

function wordsOf(name: string): string[] {
  return name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
}

function means(words: readonly string[]): boolean {
  return SECRET_PARTS.test(words.join("")) || words.includes("token");
}

/** How sure a name is that its value is a secret: a `key` may as well be one of a map. */
function secrecyOf(words: readonly string[]): Secrecy {
  // Numbered names, such as TOKEN_2, are those of the same thing.
  const last = words.findLast((word) => !/^\d+$/.test(word)) ?? "";
  if (means(words) || SECRET_LAST_WORDS.has(last)) return "secret";
  return words.some((word) => KEY_WORDS.has(word)) ? "maybe" : "none";
}

/** Whether a value under a secret's name is harmless all the same: a switch, a place to read from, a public key. */
function isHarmless(value: string, secrecy: Secrecy, password: boolean): boolean {
  const text = value.trim();
  if (text === "" || /^(?:true|false|yes|no|on|off|none|null|disabled|enabled)$/i.test(text)) return true;
  // Another variable's value, which has a rule of its own; or a file, as PostgREST and curl write it.
  if (/^\$\([A-Za-z_][A-Za-z0-9_.-]*\)$/.test(text) || /^@\/[\w./-]+$/.test(text)) return true;
  // A password may well begin with a slash; what reads one from a file says so in its name.
  if (!password && /^\/[\w.-]{1,64}(?:\/[\w.-]{1,64})+\/?$/.test(text)) return true;
  if (/^https?:\/\/[^\s@]+$/i.test(text)) return true;
  if (isPublicKey(text)) return true;
  return secrecy === "maybe" && /^\.?[a-z]+(?:[._-][a-z]+)*$/.test(text);
}
