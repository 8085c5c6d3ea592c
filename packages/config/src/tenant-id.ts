/** The rules of a tenant id, and words for what breaks them. */

/** Shape of an id: 2 to 40 of a-z, 0-9 and -, a letter first, no `--`, no `-` at the end. */
export const TENANT_ID_PATTERN = "^[a-z](?:[a-z0-9]|-(?=[a-z0-9])){1,39}$";
const tenantId = new RegExp(TENANT_ID_PATTERN);

/**
 * Ids that would read as a part of the platform in host names, schemas, roles or logs, and words that some YAML readers and
 * JavaScript objects take for something else than a key. The database would hold them apart (every name has a prefix), people would not.
 */
export const RESERVED_TENANT_IDS: ReadonlySet<string> = new Set([
  "admin",
  "administrator",
  "all",
  "anon",
  "anonymous",
  "any",
  "api",
  "app",
  "auditor",
  "bulkhead",
  "constructor",
  "defaults",
  "false",
  "internal",
  "information-schema",
  "localhost",
  "migrator",
  "no",
  "none",
  "null",
  "off",
  "on",
  "pg-catalog",
  "platform",
  "postgres",
  "postgrest",
  "prototype",
  "public",
  "root",
  "service",
  "shared",
  "shard",
  "status",
  "superuser",
  "system",
  "template0",
  "template1",
  "tenant",
  "tenants",
  "true",
  "undefined",
  "user",
  "vault",
  "www",
  "yes",
]);

/** What is wrong with an id, and a better one; undefined where nothing is. */
export function checkTenantId(id: string): { problem: string; remedy: string } | undefined {
  if (tenantId.test(id)) {
    if (!RESERVED_TENANT_IDS.has(id)) return undefined;
    return { problem: "is a reserved id", remedy: `use another, such as "${id}-tenant"` };
  }
  const suggestion = suggestTenantId(id);
  const remedy =
    suggestion === undefined
      ? 'use 2 to 40 of a-z, 0-9 and -, a letter first, such as "acme-corp"'
      : `use "${suggestion}"`;
  return { problem: describeFaults(id), remedy };
}

function describeFaults(id: string): string {
  const faults: string[] = [];
  if (id.length === 0) return "an empty id";
  if (/[A-Z]/.test(id)) faults.push("upper case");
  if (/ /.test(id)) faults.push("a space");
  const foreign = Array.from(id).find((character) => !/[ -~]/.test(character));
  // Its code point, because it may look like an ASCII letter, or like nothing.
  if (foreign !== undefined) faults.push(`a character that is not plain ASCII (${codePointOf(foreign)})`);
  if (/_/.test(id)) faults.push("an underscore");
  const others = [...new Set(id.match(/[!-,./:-@[-^`{-~]/g) ?? [])];
  if (others.length > 0) faults.push(`the character${others.length > 1 ? "s" : ""} ${others.join(" ")}`);
  if (/^[0-9]/.test(id)) faults.push("a digit first");
  if (/^-/.test(id)) faults.push("a hyphen first");
  if (/-$/.test(id)) faults.push("a hyphen at the end");
  if (/--/.test(id)) faults.push("two hyphens in a row");
  if (id.length < 2) faults.push("shorter than 2 characters");
  if (id.length > 40) faults.push(`${id.length} characters, over the limit of 40`);
  return faults.length > 1 ? `${faults.slice(0, -1).join(", ")} and ${faults.at(-1)}` : (faults[0] ?? "not an id");
}

function codePointOf(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
}

function suggestTenantId(id: string): string | undefined {
  const plain = id.normalize("NFKD").replace(/[\p{M}\p{Cf}]/gu, "");
  // A letter of another script has no one spelling in ASCII; leaving it out would make another name.
  if (/[^\P{L}A-Za-z]/u.test(plain)) return undefined;
  const suggestion = plain
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "")
    .slice(0, 40)
    .replace(/-+$/, "");
  return tenantId.test(suggestion) && !RESERVED_TENANT_IDS.has(suggestion) ? suggestion : undefined;
}
