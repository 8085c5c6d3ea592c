/** What a map shows. Everything in it was read from the resources of a rehearsal; nothing from config. */

export interface EstateMap {
  readonly environment: string;
  readonly project: string;
  readonly regions: readonly Region[];
  readonly gateways: readonly Gateway[];
  readonly cells: readonly Cell[];
  /** AlloyDB clusters: a cell's sites, and those of tenants of their own. */
  readonly databases: readonly Database[];
  readonly namespaces: readonly Namespace[];
  /** What is drawn as an arrow, each with the resources that let it through. */
  readonly ways: readonly Way[];
  /** What pods call beside databases. */
  readonly outside: readonly Outside[];
  /** Whatever else is allowed, in words. */
  readonly also: readonly string[];
  /** What is declared and leads nowhere: a route or a connection that something else does not let through. */
  readonly shut: readonly string[];
}

export interface Region {
  readonly name: string;
  /** Autopilot or Standard; undefined where the region has no GKE cluster. */
  readonly gke?: { readonly name: string; readonly mode: "Autopilot" | "Standard" };
}

export interface Gateway {
  readonly key: string;
  readonly name: string;
  readonly kind: "public" | "internal";
  /** Region whose cluster holds its objects. */
  readonly region: string;
  /** Its routes lead to the clusters of several regions. */
  readonly multiCluster: boolean;
  /** Hosts of its routes, and how many routes there are. */
  readonly hosts: readonly string[];
  /** Ports of its listeners. */
  readonly ports: readonly number[];
  readonly cloudArmor: number;
}

export interface Cell {
  readonly name: string;
  readonly tenants: readonly Tenant[];
}

export interface Tenant {
  readonly id: string;
  readonly isolation: string;
  readonly status: string;
  readonly cell: string;
  readonly shard?: number;
}

export interface Database {
  /** Id of the cluster. */
  readonly id: string;
  readonly region: string;
  readonly cell: string;
  /** Site of the cell; undefined where a tenant has the cluster for itself. */
  readonly site?: string;
  readonly tenant?: string;
  readonly role: "writer" | "reader" | "fenced";
  /** Id of the cluster it replicates from. */
  readonly of?: string;
  readonly version: string;
  readonly instances: readonly Instance[];
}

export interface Instance {
  /** `<cluster>/<instance>`. */
  readonly key: string;
  readonly name: string;
  readonly pool: boolean;
  readonly cpuCount: number;
  /** Of a read pool; else 1, or 2 where another zone stands by. */
  readonly nodes: number;
  readonly zones: "one zone" | "two zones";
}

export interface Namespace {
  readonly key: string;
  readonly name: string;
  readonly region: string;
  /** Undefined for what serves no cell. */
  readonly cell?: string;
  /** Instance tenant that has it for itself. */
  readonly tenant?: string;
  readonly workloads: readonly Workload[];
}

export interface Workload {
  /** `<region>/<namespace>/<name>`. */
  readonly key: string;
  readonly name: string;
  readonly kind: "service" | "jobs";
  readonly replicas?: { readonly min: number; readonly max: number };
  /** Jobs, by name, without their hashes. */
  readonly jobs: readonly string[];
  /** Who is served. */
  readonly tenants: readonly string[];
}

export interface Outside {
  readonly key: string;
  readonly region: string;
  readonly title: string;
  readonly detail: string;
  readonly from: string;
}

export interface Way {
  /** public, admin: of requests. database: by the Auth Proxy. replication: between clusters. out: to what is outside. */
  readonly kind: "public" | "admin" | "database" | "replication" | "out";
  readonly from: string;
  readonly to: string;
  /** Resources that let it through. */
  readonly by: readonly string[];
}
