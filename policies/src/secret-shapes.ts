/** What a secret looks like: by the name it is given, and by its own shape. */

/** Parts of a name that mean a secret, whatever stands around them and however it is spelt. */
const SECRET_PARTS = /passw(?:or)?d|passphrase|secret|credential|privatekey|apikey|accesskey|signingkey|encryptionkey/;
/** Words that mean a secret at the end of a name; before that they say where it belongs, as in JWT_ROLE_CLAIM. */
const SECRET_LAST_WORDS: ReadonlySet<string> = new Set(["pwd", "pass", "jwt", "bearer", "auth", "dsn"]);
const KEY_WORDS: ReadonlySet<string> = new Set(["key", "keys"]);
/** Last words of names that say something about a secret, and do not hold it. */
const ABOUT: ReadonlySet<string> = new Set(
  "alg algorithm aud audience base64 claim count dir endpoint enabled expiry file folder format header host id issuer length level lifetime max method min mode mount name namespace path period port prefix provider ref refresh region ring role rotation size source store timeout ttl type uri url version".split(
    " ",
  ),
);

/** How sure a name is that its value is a secret: a `key` may as well be one of a map. */
export function secrecyOfName(name: string): "secret" | "maybe" | "none" {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "");
  const words = plain
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
  if (ABOUT.has(words.at(-1) ?? "")) return "none";
  // Numbered names, such as TOKEN_2, are those of the same thing.
  const last = words.findLast((word) => !/^\d+$/.test(word)) ?? "";
  if (SECRET_PARTS.test(words.join("")) || words.includes("token") || SECRET_LAST_WORDS.has(last)) return "secret";
  return words.some((word) => KEY_WORDS.has(word)) ? "maybe" : "none";
}

/** Whether a value under a secret's name is harmless all the same: a switch, a place to read from, a public key. */
export function isHarmless(value: string, secrecy: "secret" | "maybe"): boolean {
  const text = value.trim();
  if (text === "" || /^(?:true|false|yes|no|on|off|none|null|disabled|enabled)$/i.test(text)) return true;
  // Another variable's value, which has a rule of its own; or a file, as PostgREST and curl write it.
  if (/^\$\([A-Za-z_][A-Za-z0-9_.-]*\)$/.test(text) || /^@\/?[\w./-]+$/.test(text)) return true;
  if (/^\/[\w.-]{1,64}(?:\/[\w.-]{1,64})+\/?$/.test(text)) return true;
  if (/^https?:\/\/[^\s@]+$/i.test(text)) return true;
  if (isPublicKey(text)) return true;
  return secrecy === "maybe" && /^\.?[a-z]+(?:[._-][a-z]+)*$/.test(text);
}

const SHAPES: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: "a private key", pattern: /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/ },
  { what: "an address with a password", pattern: /\b[a-z][a-z0-9+.-]*:\/\/[^\s/@:"']*:(?!\$\()[^\s@"'/]+@/i },
  { what: "an address with a password", pattern: /[?&;](?:password|passwd|pwd|sslpassword)=(?!\$\()[^\s&;"']+/i },
  {
    what: "a database login with a password",
    pattern: /(?:^|[\s"'])(?:password|passwd|sslpassword)\s*=\s*(?!\$\()[^\s]+/i,
  },
  { what: "a password in SQL", pattern: /\bpassword\s+'[^']+'/i },
  { what: "a signed token", pattern: /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/ },
  { what: "an authorization header", pattern: /\b(?:basic|bearer)\s+(?!\$\()[\w+/.~-]{16,}=*/i },
  { what: "a GitHub token", pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,})/ },
  { what: "a GitLab token", pattern: /\bgl(?:pat|ptt|dt|rt|soat)-[\w-]{20,}/ },
  { what: "an AWS access key", pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/ },
  { what: "a Google API key", pattern: /\bAIza[\w-]{35}/ },
  { what: "a Google access token", pattern: /\bya29\.[\w-]{20,}/ },
  { what: "a Google client secret", pattern: /\bGOCSPX-[\w-]{20,}/ },
  { what: "a Vault token", pattern: /\bhv[sbr]\.[\w-]{20,}/ },
  { what: "a Slack token", pattern: /\bxox[abeoprs]-[\w-]{10,}/ },
  { what: "a Stripe key", pattern: /\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}/ },
  { what: "an npm token", pattern: /\bnpm_[A-Za-z0-9]{36}\b/ },
  { what: "a Pulumi token", pattern: /\bpul-[a-f0-9]{40}\b/ },
  { what: "an API token", pattern: /\bsk-(?:[a-z]+-)*[\w-]{32,}/ },
];

/** What kind of secret a value holds, by its shape alone; undefined where none is seen. */
export function secretInValue(value: string): string | undefined {
  return shapeOf(value) ?? secretKeyIn(value) ?? shapeInBase64(value);
}

function shapeOf(value: string): string | undefined {
  return SHAPES.find(({ pattern }) => pattern.test(value))?.what;
}

/** Encoding hides nothing: whole words of base64 are looked at decoded. */
function shapeInBase64(value: string): string | undefined {
  for (const [word] of value.matchAll(/[A-Za-z0-9+/_-]{40,}={0,2}/g)) {
    const decoded = Buffer.from(word, "base64").toString();
    const shape = shapeOf(decoded) ?? secretKeyIn(decoded);
    if (shape) return shape;
  }
  return undefined;
}

/** A JSON Web Key, alone, in a set or in any other JSON, that is private or symmetric. */
function secretKeyIn(value: string): string | undefined {
  return jsonKeys(value).some(isSecretKey) ? "a secret key" : undefined;
}

function isPublicKey(value: string): boolean {
  if (/^-----BEGIN (?:PUBLIC KEY|CERTIFICATE)-----/.test(value)) return secretInValue(value) === undefined;
  const keys = jsonKeys(value);
  return keys.length > 0 && !keys.some(isSecretKey);
}

function isSecretKey(key: Record<string, unknown>): boolean {
  return key.d !== undefined || key.k !== undefined;
}

/** Every map with a `kty` in a JSON text. */
function jsonKeys(text: string): Record<string, unknown>[] {
  if (!text.includes("kty")) return [];
  const keys: Record<string, unknown>[] = [];
  try {
    JSON.parse(text, (_key, value: unknown) => {
      if (typeof value === "object" && value !== null && "kty" in value) keys.push(value as Record<string, unknown>);
      return value;
    });
  } catch {
    // Not JSON: the shapes above have looked at it as text.
  }
  return keys;
}
