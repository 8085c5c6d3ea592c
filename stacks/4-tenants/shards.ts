/** Which shard serves which schema tenant, as the routes need to know before the rollout. */
import type { ServicesOutputs } from "@bulkhead/components";
import { type PlacedTenant, placeInShards, type Tenant } from "@bulkhead/config";
import * as pulumi from "@pulumi/pulumi";

export interface PlacedCell {
  readonly tenants: readonly PlacedTenant[];
  /** The shard of every schema tenant that the cell has or had: recorded, so that none ever moves. */
  readonly shards: Readonly<Record<string, number>>;
}

/**
 * Places the schema tenants of a cell, those whose lines are gone included: their data still takes its room.
 * @param before - the shards recorded by the last update
 */
export function placeCell(
  cell: string,
  tenants: readonly Tenant[],
  retained: readonly Tenant[],
  before: Readonly<Record<string, number>>,
  services: Pick<ServicesOutputs, "shards" | "schemasPerShard">,
): PlacedCell {
  const schemas = [...tenants, ...retained].filter(({ isolation }) => isolation === "schema").map(({ id }) => id);
  const own = Object.fromEntries(schemas.flatMap((id) => (before[id] === undefined ? [] : [[id, before[id]]])));
  const { homeless, shards } = placeInShards(schemas, own, services);
  if (homeless.length > 0)
    throw new pulumi.RunError(
      `nothing was touched: ${homeless.length} schema tenants of cell ${cell} find no place (${homeless.slice(0, 5).join(", ")}${homeless.length > 5 ? ", …" : ""}), as the ${services.shards} shards of ${services.schemasPerShard} have too few left; raise bulkhead:shards of stacks/3-services and apply it first`,
    );
  return {
    tenants: tenants.map((tenant) => {
      const shard = tenant.isolation === "schema" ? shards[tenant.id] : undefined;
      return shard === undefined ? tenant : { ...tenant, shard };
    }),
    shards,
  };
}
