/**
 * The manifest: what `stacks/4-tenants` hands to the runtime, as files of a few ConfigMaps. Content-hashed, so that the same
 * tenants always make the same names, and sharded, because a ConfigMap holds at most 1 MiB.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Tiers } from "./schema/tenants.ts";
import { CHANNELS, ISOLATIONS, STATUSES, TIERS, tiersSchema } from "./schema/tenants.ts";
import { TENANT_ID_PATTERN } from "./tenant-id.ts";
import type { Tenant } from "./tenants.ts";

/** Largest share of a shard's files, in bytes: half of what a ConfigMap holds, as etcd counts more than the data. */
const SHARD_BYTES = 512 * 1024;

const tenantRecord = z.strictObject({
  id: z.string().regex(new RegExp(TENANT_ID_PATTERN)),
  accountId: z.uuid(),
  isolation: z.enum(ISOLATIONS),
  cell: z.string(),
  tier: z.enum(TIERS),
  status: z.enum(STATUSES),
  channel: z.enum(CHANNELS),
  residency: z.string().optional(),
  parent: z.string().optional(),
  labels: z.record(z.string(), z.string()),
  shard: z.int().min(0).optional(),
});

const rolloutSchema = z.strictObject({
  formatVersion: z.literal(1),
  environment: z.string().min(1),
  cell: z.string().min(1),
  tiers: tiersSchema,
  /** PostgREST shards of the cell, and how many schema tenants each takes. */
  shards: z.int().min(1),
  schemasPerShard: z.int().min(1),
  /** Which database login the workloads use, by what it is a member of. */
  logins: z.record(z.string(), z.string()),
  shardFiles: z.int().min(0),
  tenantCount: z.int().min(0),
});

export type Rollout = z.output<typeof rolloutSchema>;

/** A tenant and, of a schema tenant, the shard that its host is routed to. */
export interface PlacedTenant extends Tenant {
  readonly shard?: number;
}

/** A whole manifest: the rollout's settings and the tenants of one cell. */
export interface Manifest extends Omit<Rollout, "shardFiles" | "tenantCount" | "formatVersion"> {
  readonly tenants: readonly PlacedTenant[];
}

/** Writes a manifest as files. `hash` names the content: 16 hexadecimal digits of its SHA-256. */
export function writeManifest(manifest: Manifest): { hash: string; files: Readonly<Record<string, string>> } {
  const { tenants, ...settings } = manifest;
  const sorted = [...tenants].sort((a, b) => (a.id < b.id ? -1 : 1));
  const shards: string[][] = [[]];
  let size = 0;
  for (const { instance: _machines, ...tenant } of sorted) {
    const line = JSON.stringify(sortKeys(tenant));
    const bytes = Buffer.byteLength(line) + 2;
    if (size + bytes > SHARD_BYTES) {
      shards.push([]);
      size = 0;
    }
    shards.at(-1)!.push(line);
    size += bytes;
  }
  const files: Record<string, string> = {};
  const filled = shards.filter((lines) => lines.length > 0);
  filled.forEach((lines, index) => {
    files[shardFile(index)] = `[\n${lines.join(",\n")}\n]\n`;
  });
  const rollout: Rollout = { ...settings, formatVersion: 1, shardFiles: filled.length, tenantCount: sorted.length };
  files["rollout.json"] = `${JSON.stringify(sortKeys(rollout), null, 2)}\n`;
  const hash = createHash("sha256");
  for (const name of Object.keys(files).sort()) hash.update(`${name}\0${files[name]}\0`);
  return { hash: hash.digest("hex").slice(0, 16), files };
}

/** Reads a manifest back. Throws where a file is missing, cut short or not of this format: half a manifest would retire tenants. */
export function readManifest(files: Readonly<Record<string, string>>): Manifest {
  const rollout = rolloutSchema.parse(parseJson("rollout.json", files["rollout.json"]));
  const tenants: PlacedTenant[] = [];
  for (let index = 0; index < rollout.shardFiles; index++) {
    const name = shardFile(index);
    tenants.push(...z.array(tenantRecord).parse(parseJson(name, files[name])));
  }
  const ids = new Set(tenants.map((tenant) => tenant.id));
  if (tenants.length !== rollout.tenantCount || ids.size !== tenants.length) {
    throw new Error(
      `the manifest holds ${ids.size} different tenants where rollout.json counts ${rollout.tenantCount}`,
    );
  }
  const foreign = tenants.find((tenant) => tenant.cell !== rollout.cell);
  if (foreign) throw new Error(`tenant ${foreign.id} belongs to cell ${foreign.cell}, the manifest to ${rollout.cell}`);
  const { formatVersion: _version, shardFiles: _files, tenantCount: _count, ...settings } = rollout;
  return { ...settings, tenants };
}

function shardFile(index: number): string {
  return `tenants-${String(index).padStart(4, "0")}.json`;
}

function parseJson(name: string, text: string | undefined): unknown {
  if (text === undefined) throw new Error(`the manifest has no ${name}`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${name} of the manifest is not JSON: ${(error as Error).message}`);
  }
}

/** The value with the keys of every map in order, so that the same content has the same hash. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, v]) => v !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sortKeys(v)]),
  );
}
export type { Tiers };
