/** What a secret looks like by its own shape, whatever it is called. */

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

/** A public key or a set of them, and nothing else beside. */
export function isPublicKey(value: string): boolean {
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
