/** What each layer exports as `outputs`. Both sides import these types. */
import type { KnownTenant, ServicesConfig } from "@bulkhead/config";

export interface FoundationOutputs {
  readonly project: string;
  /** `projects/…/global/networks/…` */
  readonly networkId: string;
  readonly databaseRangeName: string;
  readonly databaseRange: string;
  readonly workloadPool: string;
  readonly regions: Readonly<Record<string, { readonly kubeconfig: string; readonly nodeRange: string }>>;
}

export interface DatabaseOutputs {
  readonly defaultCell: string | null;
  readonly cells: Readonly<
    Record<string, { readonly region: string; readonly cluster: string; readonly primary: string }>
  >;
}

export interface ServicesOutputs {
  readonly images: ServicesConfig["images"];
  readonly tokens: { readonly audience: string; readonly jwks: { readonly keys: readonly object[] } };
  readonly shards: number;
  readonly schemasPerShard: number;
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
      }
    >
  >;
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
}
