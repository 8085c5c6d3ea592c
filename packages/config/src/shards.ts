/** Which PostgREST shard serves which schema tenant. */

export interface ShardLimits {
  /** Shards of the cell. */
  readonly shards: number;
  /** Schema tenants that one takes. */
  readonly schemasPerShard: number;
}

/**
 * Gives each tenant without a shard the first one with room, in the order of their ids. Who has one keeps it for life, whether its
 * line is still there or not, so nobody moves when others come and go. Stack and registry place by this same function: the stack
 * from what it placed before, the registry from what it holds.
 * @param placed - the shard of each tenant that has one
 * @returns the shard of every tenant, and who found no room
 */
export function placeInShards(
  tenants: readonly string[],
  placed: Readonly<Record<string, number>>,
  limits: ShardLimits,
): { readonly shards: Readonly<Record<string, number>>; readonly homeless: readonly string[] } {
  const shards = new Map(Object.entries(placed));
  const load = new Array<number>(limits.shards).fill(0);
  for (const shard of shards.values()) if (shard < limits.shards) load[shard]!++;
  const homeless: string[] = [];
  for (const tenant of [...tenants].sort().filter((id) => !shards.has(id))) {
    const shard = load.findIndex((count) => count < limits.schemasPerShard);
    if (shard === -1) {
      homeless.push(tenant);
      continue;
    }
    load[shard]!++;
    shards.set(tenant, shard);
  }
  return { shards: Object.fromEntries(shards), homeless };
}
