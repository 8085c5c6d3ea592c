/** What each layer exports as `outputs`. Both sides import these types. */
import type { CellConfig, KnownTenant, ServicesConfig, Tier, VaultConfig } from "@bulkhead/config";
import type { VaultAgent } from "../vault/agent.ts";

export interface FoundationOutputs {
  readonly project: string;
  /** `projects/…/global/networks/…` */
  readonly networkId: string;
  /** How clusters are reached: peered, or by endpoints of their own. */
  readonly databaseAccess: DatabaseAccess;
  /** Range in which AlloyDB's addresses lie, in CIDR notation: what network policies let through. */
  readonly databaseRange: string;
  readonly workloadPool: string;
  /** `<region>-docker.pkg.dev/<project>/<repository>` */
  readonly registry: string;
  /** Names of the channels that alerts notify, `projects/…/notificationChannels/…`. */
  readonly notificationChannels: readonly string[];
  /** Region whose GKE cluster holds the Gateway's objects. */
  readonly gatewayRegion: string;
  readonly regions: Readonly<Record<string, RegionOutputs>>;
}

/**
 * psa: name of the range that is reserved for AlloyDB's addresses.
 * psc: name of each region's subnet for endpoints, and number of the project that may connect to instances (`allowedConsumerProjects`).
 */
export type DatabaseAccess =
  | { readonly kind: "psa"; readonly rangeName: string }
  | {
      readonly kind: "psc";
      readonly subnetworks: Readonly<Record<string, string>>;
      readonly projectNumber: string;
    };

export interface RegionOutputs {
  readonly kubeconfig: string;
  /** Ranges in CIDR notation. */
  readonly nodeRange: string;
  readonly podRange: string;
  /** Where internal gateways call from; null where none was given, and there can be no such gateway. */
  readonly proxyRange: string | null;
  /** Customer-managed keys of the region, by purpose, `projects/…/cryptoKeys/…`; none where Google manages them. */
  readonly keys: Readonly<Partial<Record<KeyPurpose, string>>>;
  /** Name of the cluster's fleet membership; null where there is no fleet. */
  readonly membership: string | null;
}

/** What a customer-managed key encrypts. */
export type KeyPurpose = "database" | "cluster" | "logs" | "registry" | "secrets";

export interface DatabaseOutputs {
  readonly defaultCell: string | null;
  readonly cells: Readonly<Record<string, CellDatabaseOutputs>>;
}

export interface CellDatabaseOutputs {
  /** Region, cluster and primary instance of the site that writes. */
  readonly region: string;
  readonly cluster: string;
  readonly primary: string;
  /** `max_connections` of the site that writes. */
  readonly maxConnections: number;
  /** The cell's own config: what the cluster of an instance tenant takes over. */
  readonly settings: CellConfig;
  /** Key in `sites` of the one that writes: `home` until a promotion or switchover. */
  readonly writer: string;
  /** The cell's clusters: `home`, and each secondary by its name. */
  readonly sites: Readonly<Record<string, SiteOutputs>>;
}

export interface SiteOutputs {
  readonly region: string;
  /** `projects/…/locations/…/clusters/…` */
  readonly cluster: string;
  /** `…/instances/…` of the primary (or secondary) instance. */
  readonly instance: string;
  /** `…/instances/…` of each read pool, by its name. */
  readonly readPools: Readonly<Record<string, string>>;
  /** writer: takes writes. reader: replicates from the writer. fenced: left behind by a promotion; nothing may reach it. */
  readonly role: "writer" | "reader" | "fenced";
}

export interface ServicesOutputs {
  readonly images: Pick<ServicesConfig["images"], "runtime" | "postgrest" | "authProxy">;
  readonly tokens: { readonly audience: string; readonly jwks: { readonly keys: readonly object[] } };
  /** Null, or left out by an older version, where the environment has no Vault. */
  readonly vault?: VaultOutputs | null;
  readonly shards: number;
  readonly schemasPerShard: number;
  /** Null where there is no way in from outside. */
  readonly edge?: EdgeOutputs | null;
  readonly cells: Readonly<
    Record<
      string,
      {
        readonly namespace: string;
        /** Names of the Services in the namespace. */
        readonly client: string;
        readonly admin: string;
        readonly shards: readonly string[];
        /** Which database login belongs to which role. */
        readonly logins: Readonly<Record<string, string>>;
        readonly administrator: IdentityOutputs;
        readonly migrator: IdentityOutputs;
        /** What stands in each site, by its name; a fenced one has nothing. */
        readonly sites: Readonly<Record<string, SiteServices>>;
      }
    >
  >;
  /** The clusters serve custom metrics: autoscalers may go by requests that wait for a connection. */
  readonly customMetrics: boolean;
}

/** The Services of a cell in one site, by their names; the namespace has the same name in every site. */
export interface SiteServices {
  readonly region: string;
  readonly role: "writer" | "reader";
  /** Null, or empty, in a site that reads. */
  readonly client: string | null;
  readonly admin: string | null;
  readonly shards: readonly string[];
  /** Read from a replica in the site; null and empty where it has none. */
  readonly clientReads: string | null;
  readonly shardReads: readonly string[];
}

/** The gateways, and what layer 4 needs to attach routes to the public one. */
export interface EdgeOutputs {
  readonly domain: string;
  /** Region whose cluster holds the public gateway and its routes. */
  readonly region: string;
  /** Routes lead to Services of all clusters of the fleet. */
  readonly multiCluster: boolean;
  readonly gateway: { readonly name: string; readonly namespace: string };
  readonly address: string;
  /** What has to stand in DNS; set already where `bulkhead:edge.dnsZone` says where. */
  readonly records: readonly EdgeRecord[];
  /** Name of each tier's Cloud Armor policy. */
  readonly securityPolicies: Readonly<Record<Tier, string>>;
  readonly settings: { readonly timeoutSec: number; readonly drainSec: number; readonly logSampleRate: number };
  readonly cells: Readonly<Record<string, EdgeCell>>;
  /** The admin tier's own gateways; null where it has none. */
  readonly admin: {
    /** Host of each cell's admin API. */
    readonly hosts: Readonly<Record<string, string>>;
    /** By region: the private address, its records, and the record that the certificate waits for, in public DNS. */
    readonly gateways: Readonly<
      Record<
        string,
        { readonly address: string; readonly records: readonly EdgeRecord[]; readonly authorization: EdgeRecord }
      >
    >;
  } | null;
}

export interface EdgeCell {
  /** Host of the pooled tenants. */
  readonly host: string;
  /** Namespace of the routes, in the gateway's cluster. */
  readonly namespace: string;
  /** Requests may be served from a copy nearby, where they ask for it. */
  readonly readsNear: boolean;
}

export interface EdgeRecord {
  readonly name: string;
  readonly type: string;
  readonly data: string;
}

/** A workload identity of an earlier layer. */
export interface IdentityOutputs {
  readonly serviceAccountName: string;
  readonly databaseUser: string;
}

export interface TenantsOutputs {
  /** Every tenant that this environment has had, to say at the next preview what changes. */
  readonly known: readonly KnownTenant[];
  /** The last rollout of each cell that came to its end: hash of what it rolled out, and which attempt at it. */
  readonly rollouts: Readonly<Record<string, { readonly hash: string; readonly attempt: string }>>;
  /** Where tenants with a database of their own are served. */
  readonly apis: Readonly<Record<string, { readonly namespace: string; readonly service: string }>>;
  /** Tenants with an AlloyDB cluster of their own: its primary instance, and the namespace of what serves it. */
  readonly instances: Readonly<Record<string, { readonly primary: string; readonly namespace: string }>>;
  /** The shard of every schema tenant that this environment has had. */
  readonly shards: Readonly<Record<string, number>>;
}

/** What later layers need of Vault. */
export interface VaultOutputs {
  readonly config: VaultConfig;
  /** What the names of its policies and roles begin with. */
  readonly path: string;
  /** Path of the database engine. */
  readonly mount: string;
  /** By region: path of its cluster's auth method, and who reviews that cluster's tokens. */
  readonly clusters: Readonly<Record<string, { readonly auth: string; readonly reviewer: "vault" | "client" }>>;
  /** Where Vault finds each cell's database. */
  readonly hosts: Readonly<
    Record<string, { readonly address: string; readonly sslMode: "disable" | "require" | "verify-ca" | "verify-full" }>
  >;
  /** What the pods of workloads that the Agent delivers to take over, by workload. */
  readonly agents: Readonly<Record<string, VaultAgent>>;
}
