/** The inventory of an environment: every resource with what it was asked to be, trimmed and sorted, for a reader and for a diff. */
import { createHash } from "node:crypto";
import { stringify } from "yaml";
import type { StateResource } from "./rehearsal.ts";

/** Longer texts (certificates, dashboards, scripts) stand as their hash: that they changed is seen, what changed is in the sources. */
const LONGEST_TEXT = 160;
/** What Pulumi keeps a secret as; nothing of it belongs into a file, not even encrypted. */
const SECRET = "4dabf18193072939515e22adb298388d";

/** @param layers - the resources of each layer, by its folder's name */
export function inventory(layers: Readonly<Record<string, readonly StateResource[]>>): string {
  const tree = Object.fromEntries(
    Object.entries(layers).map(([layer, resources]) => {
      const kinds: Record<string, Record<string, unknown>> = {};
      for (const resource of resources.filter(({ custom }) => custom)) {
        kinds[resource.type] ??= {};
        kinds[resource.type]![unhash(nameOf(resource))] = entry(resource);
      }
      return [`stacks/${layer}`, sortKeys(kinds)];
    }),
  );
  return stringify(tree, { lineWidth: 0, sortMapEntries: false, aliasDuplicateObjects: false });
}

export function nameOf({ urn }: StateResource): string {
  return urn.split("::").at(-1) ?? urn;
}

function entry({ inputs = {}, protect }: StateResource): unknown {
  const { __defaults, apiVersion, kind, project, ...rest } = inputs as Record<string, unknown>;
  const trimmed = trim(rest) as Record<string, unknown>;
  return protect ? { ...trimmed, "(protected)": true } : trimmed;
}

function trim(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(trim);
  if (typeof value === "string") return text(value);
  if (typeof value !== "object" || value === null) return value;
  const fields = value as Record<string, unknown>;
  if (SECRET in fields) return "(secret)";
  return sortKeys(
    Object.fromEntries(
      Object.entries(fields)
        .filter(([key]) => key !== "__defaults")
        .map(([key, each]) => [key, trim(each)]),
    ),
  );
}

function text(value: string): string {
  const shown = unhash(value);
  if (shown.length <= LONGEST_TEXT) return shown;
  return `${shown.length} characters, sha256 ${createHash("sha256").update(shown).digest("hex").slice(0, 12)}`;
}

/** Names that end in a hash of their content change with every edit of it, and a Job's with every attempt. */
function unhash(value: string): string {
  return value.replace(/-[0-9a-f]{10,16}$/, "-(hash)");
}

function sortKeys<T>(fields: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
}
