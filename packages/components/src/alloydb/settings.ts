/** What a cell's config says of its clusters, the same for each of them and for a tenant's cluster that takes its place. */
import type { CellConfig } from "@bulkhead/config";

export interface AlloyDbSettings {
  /** PostgreSQL major version. Raising it is an in-place upgrade that cannot be undone. */
  readonly postgresVersion: 15 | 16 | 17;
  /** REGIONAL has a standby in another zone; ZONAL has none. */
  readonly availability: "REGIONAL" | "ZONAL";
  /** `max_connections` of every instance: a replica may not have fewer than what it replicates. Changing it restarts them. */
  readonly maxConnections: number;
  /** Database flags beside the platform's own, on every instance; values as strings. Some restart the instance. */
  readonly flags: Readonly<Record<string, string>>;
  /** Window of recovery to the second and retention of daily backups, in days; hour of those, UTC. */
  readonly backups: CellConfig["backups"];
  /** When AlloyDB may update itself: a weekday and an hour, UTC. */
  readonly maintenance: CellConfig["maintenance"];
  /**
   * AlloyDB's own pooling of connections to the instance that may write. Whoever comes through the Auth Proxy is then always pooled,
   * which breaks LISTEN, session locks and migrations. Default: none.
   */
  readonly pooling?: PoolingSettings | undefined;
  /** The columnar engine, with its memory in MB: AlloyDB's own share if not said. Restarts the instances. Default: off. */
  readonly columnarEngine?: { readonly memoryMb?: number | undefined } | undefined;
  /** SQL may call Vertex AI's models. AlloyDB's service agent needs `roles/aiplatform.user`: see `VertexAiAccess`. */
  readonly vertexAi: boolean;
  /** Thresholds of the alerts. */
  readonly alerts: CellConfig["alerts"];
  /** On clusters, instances and backups. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface PoolingSettings {
  readonly poolMode: "transaction" | "session";
  /** Server connections for each pair of user and database. */
  readonly maxPoolSize: number;
}

export interface ReadPoolSettings {
  /** Two or more are spread over zones. Changed while running. */
  readonly nodes: number;
  /** vCPUs of each node. Changing it restarts the nodes. */
  readonly cpuCount: number;
  /** Default: AlloyDB's default series. Changing it restarts the nodes. */
  readonly machineType?: string | undefined;
  /** Flags of this pool beside the cell's. */
  readonly flags: Readonly<Record<string, string>>;
  /** Default: none. */
  readonly pooling?: PoolingSettings | undefined;
}

/** Those of a cell; the platform's own labels added. */
export function cellSettings(environment: string, name: string, cell: CellConfig): AlloyDbSettings {
  return {
    postgresVersion: cell.postgresVersion,
    availability: cell.availability,
    maxConnections: cell.maxConnections,
    flags: cell.flags,
    backups: cell.backups,
    maintenance: cell.maintenance,
    ...(cell.pooling && { pooling: { poolMode: cell.pooling.poolMode, maxPoolSize: cell.pooling.maxPoolSize } }),
    ...(cell.columnarEngine && { columnarEngine: cell.columnarEngine }),
    vertexAi: cell.vertexAi,
    alerts: cell.alerts,
    labels: { ...cell.labels, platform: "bulkhead", environment, cell: name },
  };
}
