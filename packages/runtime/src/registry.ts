/** The registry: desired state in, observed state out. */
import { createHash } from "node:crypto";
import {
  describeChanges,
  type KnownTenant,
  type Manifest,
  type PlacedTenant,
  placeInShards,
  sortKeys,
  type TenantChange,
  tenantRole,
} from "@bulkhead/config";
import type { Client } from "./database.ts";
import { badInput } from "./failure.ts";

/** A row of `bulkhead.tenant`, as the verbs use it. */
export interface RegisteredTenant extends KnownTenant {
  readonly retained: boolean;
  readonly roleName: string | null;
  readonly shard: number | null;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly phase: "pending" | "ready" | "failed";
  readonly error: { readonly message: string; readonly place?: string; readonly code?: string } | null;
  readonly schemaHash: string | null;
  readonly updatedAt: Date;
  readonly readyAt: Date | null;
}

/** Every tenant of the cell, retained ones included, by id. */
export async function readTenants(client: Client): Promise<RegisteredTenant[]> {
  const { rows } = await client.query(
    `select id, account_id, isolation, cell, tier, status, channel, residency, parent, labels, retained, role_name, shard,
            generation::int, observed_generation::int, phase, last_error, schema_hash, updated_at, ready_at
     from bulkhead.tenant order by id`,
  );
  return rows.map((row) => ({
    id: row.id,
    accountId: row.account_id,
    isolation: row.isolation,
    cell: row.cell,
    tier: row.tier,
    status: row.status,
    channel: row.channel,
    ...(row.residency === null ? {} : { residency: row.residency }),
    ...(row.parent === null ? {} : { parent: row.parent }),
    labels: row.labels,
    retained: row.retained,
    roleName: row.role_name,
    shard: row.shard,
    generation: row.generation,
    observedGeneration: row.observed_generation,
    phase: row.phase,
    error: row.last_error,
    ...(row.last_error ? { lastError: row.last_error.message } : {}),
    schemaHash: row.schema_hash,
    updatedAt: row.updated_at,
    readyAt: row.ready_at,
  }));
}

/** What the manifest changes, in words. Refused changes are among them. */
export function planChanges(known: readonly RegisteredTenant[], manifest: Manifest): TenantChange[] {
  return describeChanges(known, manifest.tenants);
}

/** Throws where the manifest asks for what cannot be done; nothing has been touched then. */
export function refuseImpossible(
  known: readonly RegisteredTenant[],
  manifest: Manifest,
  changes: readonly TenantChange[],
): void {
  const mistakes = changes.filter((change) => change.kind === "refuse").map((change) => change.words);
  const owners = new Map(known.map((tenant) => [tenant.accountId, tenant.id]));
  for (const tenant of manifest.tenants) {
    const owner = owners.get(tenant.accountId);
    if (owner !== undefined && owner !== tenant.id) {
      mistakes.push(`${tenant.id}: accountId ${tenant.accountId} is that of ${owner}, whose data is kept; use another`);
    }
  }
  if (mistakes.length > 0)
    throw badInput(
      `${mistakes.length} of the changes cannot be made; nothing was touched:\n  ${mistakes.join("\n  ")}`,
    );
}

/** Writes the desired state of every tenant in one statement, and marks the absent ones as retained. */
export async function writeDesired(client: Client, manifest: Manifest): Promise<void> {
  const records = manifest.tenants.map((tenant) => ({
    ...tenant,
    residency: tenant.residency ?? null,
    parent: tenant.parent ?? null,
    role_name: tenant.isolation === "pooled" ? null : tenantRole(tenant.id),
    statement_timeout: manifest.tiers[tenant.tier].statementTimeout,
    desired_hash: desiredHash(tenant, manifest),
  }));
  await client.query(
    `insert into bulkhead.tenant as known
       (id, account_id, isolation, cell, tier, status, channel, residency, parent, labels, role_name, statement_timeout, desired_hash)
     select id, "accountId", isolation, cell, tier, status, channel, residency, parent, labels, role_name, statement_timeout, desired_hash
     from jsonb_to_recordset($1::jsonb) as wanted (
       id text, "accountId" uuid, isolation text, cell text, tier text, status text, channel text, residency text, parent text,
       labels jsonb, role_name name, statement_timeout text, desired_hash text)
     on conflict (id) do update set
       tier = excluded.tier, status = excluded.status, channel = excluded.channel, residency = excluded.residency,
       parent = excluded.parent, labels = excluded.labels, statement_timeout = excluded.statement_timeout,
       desired_hash = excluded.desired_hash, retained = false, generation = known.generation + 1, updated_at = now()
     where known.desired_hash <> excluded.desired_hash or known.retained`,
    [JSON.stringify(records)],
  );
  await client.query(
    `update bulkhead.tenant set retained = true, generation = generation + 1, updated_at = now()
     where not retained and not (id = any ($1::text[]))`,
    [manifest.tenants.map((tenant) => tenant.id)],
  );
}

/** Without the shard: it is the registry's, and a tenant that stays as it is need not be rolled out for it. */
function desiredHash({ shard: _shard, ...tenant }: PlacedTenant, manifest: Manifest): string {
  return createHash("sha256")
    .update(JSON.stringify(sortKeys({ ...tenant, limits: manifest.tiers[tenant.tier] })))
    .digest("hex")
    .slice(0, 32);
}

/**
 * Gives each schema tenant without a shard the one that the manifest routes it to, or else the first with room. The registry is the
 * authority: a tenant keeps its shard for life, and a manifest that routes it elsewhere is refused.
 */
export async function assignShards(client: Client, manifest: Manifest): Promise<void> {
  const { rows } = await client.query<{ id: string; shard: number | null }>(
    "select id, shard from bulkhead.tenant where isolation = 'schema'",
  );
  const routed = new Map(manifest.tenants.flatMap(({ id, shard }) => (shard === undefined ? [] : [[id, shard]])));
  const elsewhere = rows.filter(({ id, shard }) => shard !== null && (routed.get(id) ?? shard) !== shard);
  if (elsewhere.length > 0) {
    throw badInput(
      `${elsewhere.length} schema tenants are routed to a shard that is not theirs; nothing was touched:\n  ${elsewhere
        .map(({ id, shard }) => `${id}: is on shard ${shard}, and routed to ${routed.get(id)}`)
        .join("\n  ")}\nbring back the state of stacks/4-tenants: its outputs record the shards`,
    );
  }
  const ids = rows.map(({ id }) => id);
  const placed = Object.fromEntries(
    rows.flatMap(({ id, shard }) => {
      const at = shard ?? routed.get(id);
      return at === undefined ? [] : [[id, at]];
    }),
  );
  const { shards, homeless } = placeInShards(ids, placed, manifest);
  const beyond = rows.filter(({ id, shard }) => shard === null && (shards[id] ?? 0) >= manifest.shards);
  if (homeless.length + beyond.length > 0) {
    throw badInput(
      `${homeless.length + beyond.length} schema tenants find no place: the ${manifest.shards} shards of ${manifest.schemasPerShard} have too few left; raise bulkhead:shards of stacks/3-services and apply it first`,
    );
  }
  const assigned = rows.flatMap(({ id, shard }) => (shard === null ? [{ id, shard: shards[id]! }] : []));
  if (assigned.length === 0) return;
  await client.query(
    `update bulkhead.tenant set shard = placed.shard from jsonb_to_recordset($1::jsonb) as placed (id text, shard integer) where tenant.id = placed.id`,
    [JSON.stringify(assigned)],
  );
}

/** The failures of the last rollout: tenants whose phase is failed. */
export function failedTenants(tenants: readonly RegisteredTenant[]): RegisteredTenant[] {
  return tenants.filter((tenant) => tenant.phase === "failed");
}

/** Records why a tenant could not be rolled out; it keeps what it had. */
export async function recordFailure(client: Client, tenantId: string, error: unknown): Promise<void> {
  await client.query("update bulkhead.tenant set phase = 'failed', last_error = $2 where id = $1", [
    tenantId,
    JSON.stringify(error),
  ]);
}
