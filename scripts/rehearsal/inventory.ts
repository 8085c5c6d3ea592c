/** The inventory of an environment: every resource with what it was asked to be, trimmed and sorted, for a reader and for a diff. */
import { createHash } from "node:crypto";
import { Document, visit } from "yaml";
import type { StateResource } from "./rehearsal.ts";

/** Longer texts (certificates, dashboards, scripts) stand as their hash: that they changed is seen, what changed is in the sources. */
const LONGEST_TEXT = 160;
/** What is alike everywhere, or follows from the rest. */
const NOISE: ReadonlySet<string> = new Set([
  "__defaults",
  "labels",
  "resources",
  "livenessProbe",
  "readinessProbe",
  "startupProbe",
  // When the rollout was attempted.
  "bulkhead.dev/attempt",
]);
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
      const sorted = Object.entries(kinds).map(([kind, entries]) => [kind, sortKeys(entries)] as const);
      return [`stacks/${layer}`, sortKeys(Object.fromEntries(sorted))];
    }),
  );
  const document = new Document(tree, { aliasDuplicateObjects: false });
  // What fits on a line stands on one: the file is read by people.
  visit(document, {
    Collection(_key, node, path) {
      if (path.length < 4 || JSON.stringify(node.toJSON()).length > 100) return undefined;
      node.flow = true;
      return visit.SKIP;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
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
        .filter(([key]) => !NOISE.has(key))
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

/** Where the inventory of an environment is kept, from the repository's root. */
export function inventoryFile(environment: string): string {
  return `test/estate/inventories/${environment}.yaml`;
}
