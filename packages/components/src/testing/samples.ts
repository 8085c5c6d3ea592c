/** Arguments that tests start from. */
import { accountIdOf, type CellConfig, type Manifest, parseDatabase, type Tenant } from "@bulkhead/config";
import type { CellDatabaseOutputs, FoundationOutputs } from "../layers/outputs.ts";

export const IMAGES = {
  runtime: "registry/bulkhead-runtime:0.1.0",
  postgrest: "registry/postgrest:v16.1",
  authProxy: "registry/alloydb-auth-proxy:1.15.2",
};
export const INSTANCE = "projects/acme-dev/locations/europe-west1/clusters/bulkhead-eu1/instances/primary";
export const CLUSTER = "projects/acme-dev/locations/europe-west1/clusters/bulkhead-eu1";
export const JWKS = { keys: [{ kty: "EC", crv: "P-256", kid: "one", alg: "ES256", x: "eA", y: "eQ" }] };

/** What the layers hand on of an environment with one region and one cell. */
export const FOUNDATION: FoundationOutputs = {
  project: "acme-dev",
  networkId: "projects/acme-dev/global/networks/bulkhead",
  databaseAccess: { kind: "psa", rangeName: "bulkhead-databases" },
  databaseRange: "10.16.0.0/20",
  workloadPool: "acme-dev.svc.id.goog",
  registry: "europe-west1-docker.pkg.dev/acme-dev/bulkhead",
  notificationChannels: [],
  gatewayRegion: "europe-west1",
  regions: {
    "europe-west1": {
      kubeconfig: "{}",
      nodeRange: "10.0.0.0/20",
      podRange: "10.4.0.0/14",
      proxyRange: null,
      keys: {},
      membership: null,
    },
  },
};

/** The config of a cell that says no more than it must. */
function cellSettings(): CellConfig {
  const { value } = parseDatabase({ cells: { eu1: { region: "europe-west1" } } });
  return value!.cells.eu1!;
}

/** A cell of that environment, with its primary alone. */
export function cellDatabase(cell: string): CellDatabaseOutputs {
  const cluster = `projects/acme-dev/locations/europe-west1/clusters/bulkhead-${cell}`;
  const instance = `${cluster}/instances/primary`;
  return {
    region: "europe-west1",
    cluster,
    primary: instance,
    maxConnections: 1000,
    settings: cellSettings(),
    writer: "home",
    sites: { home: { region: "europe-west1", cluster, instance, readPools: {}, role: "writer" } },
  };
}

export function identity(workload: string) {
  return { serviceAccountName: workload, databaseUser: `bh-dev-eu1-${workload}@acme-dev.iam` };
}

export function tenant(id: string, change: Partial<Tenant> = {}): Tenant {
  return {
    id,
    accountId: accountIdOf(id),
    isolation: "pooled",
    cell: "eu1",
    tier: "free",
    status: "active",
    channel: "stable",
    labels: {},
    ...change,
  };
}

export function manifest(tenants: readonly Tenant[], change: Partial<Manifest> = {}): Manifest {
  return {
    environment: "dev",
    cell: "eu1",
    tiers: {
      free: { statementTimeout: "5s" },
      pro: { statementTimeout: "15s" },
      enterprise: { statementTimeout: "60s" },
    },
    shards: 1,
    schemasPerShard: 100,
    logins: {},
    tenants,
    ...change,
  };
}

/** The longest that the schemas let through. */
export const LONGEST = {
  tenant: "a-tenant-whose-name-goes-on-to-the-limit",
  cell: "abcdefghijklmn9",
  environment: "a-rather-long-environment",
  region: "northamerica-northeast2",
};
