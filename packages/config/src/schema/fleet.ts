/** How many connections a cell's fleet can open, against what its instances take (I7). */
import { joinPath, type Mistake } from "../mistakes.ts";
import { siteRoles } from "../sites.ts";
import type { CellConfig } from "./database.ts";
import type { ServicesConfig } from "./services.ts";
import { TENANT_API_SCALE, type TierConfig } from "./tier.ts";

/** PostgREST keeps this many connections for its LISTEN beside the pool of each replica. */
const CONNECTIONS_BESIDE_POOL = 1;
/** Left for the Jobs, an operator, and PostgreSQL's reserved slots. */
const RESERVED_CONNECTIONS = 20;

/** What Vault opens for each of a cell's databases, where there is Vault: its own default. */
const VAULT_CONNECTIONS = 4;

/** What of layer 3's config opens connections. */
export type Fleet = Pick<ServicesConfig, "client" | "admin" | "shards" | "shard"> &
  Partial<Pick<ServicesConfig, "reads" | "sharedProxy" | "vault">>;

/** What beside layer 3's config decides how many a cell opens. */
export interface CellDemand {
  /** Tenants with a database of their own, each with a PostgREST of its own. */
  readonly databaseTenants: number;
  /** Sites with tiers that read from replicas: their LISTEN is on the primary. */
  readonly readingSites: number;
}

/** Connections to the primary of one tier at its largest. */
export function replicaConnections({ replicas, pool }: Pick<TierConfig, "replicas" | "pool">): number {
  return replicas.max * (pool + CONNECTIONS_BESIDE_POOL);
}

/** Connections that a cell's fleet opens at its primary with every tier at its largest. */
export function peakConnections(fleet: Fleet, demand: CellDemand = { databaseTenants: 0, readingSites: 0 }): number {
  const { reads, sharedProxy } = fleet;
  const listening = reads ? (1 + fleet.shards) * reads.replicas.max * CONNECTIONS_BESIDE_POOL : 0;
  return (
    replicaConnections(fleet.client) +
    replicaConnections(fleet.admin) +
    fleet.shards * replicaConnections(fleet.shard) +
    demand.databaseTenants * replicaConnections(TENANT_API_SCALE) +
    demand.readingSites * listening +
    (sharedProxy ? sharedProxy.replicas.max * sharedProxy.connections : 0) +
    (fleet.vault ? (1 + demand.databaseTenants) * VAULT_CONNECTIONS : 0) +
    RESERVED_CONNECTIONS
  );
}

/** The fleet by itself, which every cell has. Takes what of the config is sound. */
export function checkFleet(config: Partial<ServicesConfig>, maxConnections: number): Mistake[] {
  const { client, admin, shards, shard, sharedProxy } = config;
  if (!client || !admin || shards === undefined || !shard) return [];
  const peak = peakConnections({ client, admin, shards, shard, ...(sharedProxy ? { sharedProxy } : {}) });
  if (peak <= maxConnections) return [];
  return [
    {
      path: "bulkhead:maxConnections",
      value: maxConnections,
      problem: `is less than the fleet can open at its peak, ${peak}`,
      remedy: "lower replicas.max or pool, or raise max_connections",
    },
  ];
}

/** What of a cell's config says what its instances take. */
export type CellInstances = Pick<
  CellConfig,
  "maxConnections" | "readPools" | "secondaries" | "region" | "writer" | "fenced"
>;

/**
 * The fleet against one cell, all layers known: everything at the primary, and the reading tiers at the replica they read from.
 * @param path - of the cell in its stack file, such as `bulkhead:cells.eu1`
 */
export function checkCellConnections(
  services: ServicesConfig,
  cell: CellInstances,
  databaseTenants: number,
  path: string,
): Mistake[] {
  const sites = Object.entries(siteRoles(cell)).filter(([, { role }]) => role !== "fenced");
  const poolsOf = (site: string) => (site === "home" ? cell.readPools : cell.secondaries[site]?.readPools) ?? {};
  const reading = sites.filter(([site, { role }]) => role === "reader" || Object.keys(poolsOf(site)).length > 0);
  const mistakes: Mistake[] = [];
  const peak = peakConnections(services, { databaseTenants, readingSites: reading.length });
  if (peak > cell.maxConnections) {
    mistakes.push({
      path: joinPath(path, "maxConnections"),
      value: cell.maxConnections,
      problem: `is less than what the cell's services and ${databaseTenants} database tenants can open at their peak, ${peak}`,
      remedy: "raise it, or lower replicas.max or pool in stacks/3-services",
    });
  }
  const readers = (1 + services.shards) * services.reads.replicas.max * services.reads.pool + RESERVED_CONNECTIONS;
  for (const [site] of reading) {
    const pools = poolsOf(site);
    const poolsPath = site === "home" ? joinPath(path, "readPools") : joinPath(path, "secondaries", site, "readPools");
    const chosen = chooseReadPool(pools, services.reads.readPool);
    if (chosen === undefined) {
      mistakes.push({
        path: poolsPath,
        value: Object.keys(pools),
        problem: services.reads.readPool
          ? `has no pool "${services.reads.readPool}", which bulkhead:reads.readPool of stacks/3-services names`
          : "has more than one pool, and none is named to read from",
        remedy:
          "name one of them in bulkhead:reads.readPool of stacks/3-services, and give every site one of that name",
      });
      continue;
    }
    const nodes = chosen === null ? 1 : pools[chosen]!.nodes;
    if (readers > nodes * cell.maxConnections) {
      mistakes.push({
        path: chosen === null ? joinPath(path, "maxConnections") : joinPath(poolsPath, chosen, "nodes"),
        value: chosen === null ? cell.maxConnections : nodes,
        problem: `takes ${nodes * cell.maxConnections} connections, less than the reading tiers can open at their peak, ${readers}`,
        remedy: "raise it, or lower reads.replicas.max or reads.pool in stacks/3-services",
      });
    }
  }
  return mistakes;
}

/**
 * The read pool that a site's reading tiers use: the one that is named, or the only one. Null: the site has none, and they read from its
 * instance. Undefined: it cannot be told.
 */
export function chooseReadPool(pools: Readonly<Record<string, unknown>>, named?: string): string | null | undefined {
  const names = Object.keys(pools);
  if (names.length === 0) return null;
  if (named !== undefined) return names.includes(named) ? named : undefined;
  return names.length === 1 ? names[0] : undefined;
}
