/** The way in from outside: the public gateway with each cell's routes, and the internal one of the admin tier. */
import {
  type DatabaseOutputs,
  EDGE_NAMESPACE,
  type EdgeOutputs,
  edgeNamespace,
  type FoundationOutputs,
  furtherService,
  GatewayBackend,
  httpsRoute,
  InternalGateway,
  PUBLIC_LABEL,
  PublicGateway,
  READS_NEAR,
  type ServicesOutputs,
  tierServiceName,
} from "@bulkhead/components";
import { adminHost, cellHost, type EdgeConfig, type ServicesConfig, TIERS, type Tier } from "@bulkhead/config";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type FurtherPaths, namespaceOf, readsOf, shardNames } from "./places.ts";

export interface EdgeArgs {
  readonly edge: EdgeConfig;
  readonly config: ServicesConfig;
  readonly foundation: FoundationOutputs;
  readonly database: DatabaseOutputs;
  readonly cells: Readonly<Record<string, pulumi.Output<ServicesOutputs["cells"][string]>>>;
}

export function edgeServices(args: EdgeArgs): pulumi.Output<EdgeOutputs> {
  const { database, edge, foundation } = args;
  refuseUnprepared(edge, foundation, database);
  const multiCluster = Object.keys(foundation.regions).length > 1;
  const clusters = new Clusters(foundation);
  const gateway = new PublicGateway(
    "edge",
    { project: foundation.project, namespace: clusters.namespace(foundation.gatewayRegion), edge, multiCluster },
    { providers: [clusters.provider(foundation.gatewayRegion)] },
  );
  const cells = Object.keys(args.cells).map((cell) => {
    const hosts = [...(cell === database.defaultCell ? [edge.domain] : []), cellHost(cell, edge.domain)];
    const routes = publicRoutes({ ...args, cell, hosts, gateway, clusters, multiCluster });
    return [cell, { host: hosts[0]!, ...routes }] as const;
  });
  return pulumi.output({
    domain: edge.domain,
    region: foundation.gatewayRegion,
    multiCluster,
    gateway: { name: gateway.name, namespace: EDGE_NAMESPACE },
    address: gateway.address,
    records: gateway.records,
    securityPolicies: gateway.securityPolicies,
    settings: { timeoutSec: edge.timeoutSec, drainSec: edge.drainSec, logSampleRate: edge.logSampleRate },
    cells: Object.fromEntries(cells),
    admin: edge.admin ? adminGateways(args, clusters) : null,
  });
}

/** Throws where stacks/1-foundation has not what the edge needs, before anything is made. */
export function refuseUnprepared(edge: EdgeConfig, foundation: FoundationOutputs, database: DatabaseOutputs): void {
  const regions = Object.keys(foundation.regions);
  const alone = regions.filter((region) => foundation.regions[region]!.membership === null);
  if (regions.length > 1 && alone.length > 0)
    throw new pulumi.RunError(
      `bulkhead:edge leads to the clusters of ${regions.length} regions, and those of ${alone.join(", ")} are in no fleet; register them in stacks/1-foundation`,
    );
  for (const { region } of edge.admin ? Object.values(database.cells) : [])
    if (foundation.regions[region]!.proxyRange === null)
      throw new pulumi.RunError(
        `bulkhead:edge.admin needs a range for the proxies of ${region}; set bulkhead:regions.${region}.proxies of stacks/1-foundation and apply it first`,
      );
}

/** What the edge puts into each region's cluster goes through one provider, and the gateways' namespace is made once. */
class Clusters {
  readonly #foundation: FoundationOutputs;
  readonly #providers = new Map<string, k8s.Provider>();
  readonly #namespaces = new Map<string, k8s.core.v1.Namespace>();

  constructor(foundation: FoundationOutputs) {
    this.#foundation = foundation;
  }

  provider(region: string): k8s.Provider {
    const known = this.#providers.get(region);
    if (known) return known;
    const { kubeconfig } = this.#foundation.regions[region]!;
    const provider = new k8s.Provider(`gke-edge-${region}`, { kubeconfig, enableServerSideApply: true });
    this.#providers.set(region, provider);
    return provider;
  }

  namespace(region: string): k8s.core.v1.Namespace {
    const known = this.#namespaces.get(region);
    if (known) return known;
    const namespace = edgeNamespace(`edge-${region}`, { name: EDGE_NAMESPACE }, { provider: this.provider(region) });
    this.#namespaces.set(region, namespace);
    return namespace;
  }
}

interface PublicRoutesArgs extends EdgeArgs {
  readonly cell: string;
  readonly hosts: readonly string[];
  readonly gateway: PublicGateway;
  readonly clusters: Clusters;
  readonly multiCluster: boolean;
}

/** The pooled tenants' route, and the Services that schema tenants' routes lead to. */
function publicRoutes(args: PublicRoutesArgs): { namespace: pulumi.Output<string>; readsNear: boolean } {
  const { cell, clusters, database, edge, foundation, gateway, multiCluster } = args;
  const { region: home, sites } = database.cells[cell]!;
  const served = Object.values(sites).filter(({ role }) => role !== "fenced");
  /** Regions whose clusters have Services that read from a replica. */
  const near = served
    .filter(({ readPools, role }) => role === "reader" || Object.keys(readPools).length > 0)
    .map(({ region }) => region);
  const service = args.cells[cell]!;
  const opts = { provider: clusters.provider(foundation.gatewayRegion) };
  // Over several clusters, routes and policies are in the gateway's cluster, in a namespace of the same name as the Services'.
  const namespace = served.some(({ region }) => region === foundation.gatewayRegion)
    ? service.namespace
    : edgeNamespace(`edge-${cell}`, { name: namespaceOf(cell), labels: PUBLIC_LABEL, leftBehind: true }, opts).metadata
        .name;
  const backend = (key: string, of: pulumi.Input<string>, tier: Tier, regions: readonly string[]) =>
    new GatewayBackend(
      `${cell}-edge-${key}`,
      {
        namespace,
        service: of,
        settings: edge,
        securityPolicy: gateway.securityPolicies[tier],
        ...(multiCluster && {
          exporters: Object.fromEntries(regions.map((region) => [region, clusters.provider(region)])),
        }),
      },
      { providers: [opts.provider] },
    );

  const further = (name: string, workload: string, region: string) =>
    furtherService(
      `${cell}-edge-${name}${region === home ? "" : `-${region}`}`,
      { namespace: service.namespace, name, workload },
      { provider: clusters.provider(region) },
    );
  // Who is nearest to home reads there too, whether it has a replica or not: from the tier that writes.
  const readAt = near.length === 0 ? [] : [...new Set([home, ...near])];
  const readerOf = (workload: string, region: string) => (near.includes(region) ? readsOf(workload) : workload);

  const { pooledTier } = edge.rateLimits;
  const client = backend("client", service.client, pooledTier, [home]);
  const clientReads = readsOf("client");
  if (readAt.length > near.length) further(clientReads, "client", home);
  const reads = readAt.length > 0 ? [backend(clientReads, clientReads, pooledTier, readAt)] : [];
  httpsRoute(
    `${cell}-edge-client`,
    {
      metadata: { name: "client", namespace },
      gateway: { name: gateway.name, namespace: EDGE_NAMESPACE },
      hosts: args.hosts,
      rules: [...reads.map(({ ref }) => ({ backend: ref, ifHeaders: READS_NEAR })), { backend: client.ref }],
    },
    { ...opts, dependsOn: [gateway] },
  );

  for (const shard of shardNames(args.config))
    for (const tier of TIERS) {
      const writes = tierServiceName(shard, tier);
      further(writes, shard, home);
      backend(writes, writes, tier, [home]);
      const reads = tierServiceName(readsOf(shard), tier);
      for (const region of readAt) further(reads, readerOf(shard, region), region);
      if (readAt.length > 0) backend(reads, reads, tier, readAt);
    }
  return { namespace: pulumi.output(namespace), readsNear: near.length > 0 };
}

/** A gateway in each region that has a cell, on a private address, and the one network path to the cells' admin tiers. */
function adminGateways(args: EdgeArgs, clusters: Clusters): pulumi.Output<NonNullable<EdgeOutputs["admin"]>> {
  const { database, edge, foundation } = args;
  const home = (cell: string) => database.cells[cell]!.region;
  const gateways = [...new Set(Object.keys(args.cells).map(home))].map((region) => {
    const cells = Object.keys(args.cells).filter((cell) => home(cell) === region);
    const provider = clusters.provider(region);
    const gateway = new InternalGateway(
      `edge-admin-${region}`,
      {
        project: foundation.project,
        region,
        subnetwork: `projects/${foundation.project}/regions/${region}/subnetworks/bulkhead-${region}`,
        namespace: clusters.namespace(region),
        routesFrom: cells.map(namespaceOf),
        domain: edge.admin?.domain ?? `admin.${edge.domain}`,
        hosts: Object.fromEntries(cells.map((cell) => [cell, adminHost(cell, edge)])),
        ...(edge.admin?.dnsZone === undefined ? {} : { dnsZone: edge.admin.dnsZone }),
        minTlsVersion: edge.minTlsVersion,
      },
      { providers: [provider] },
    );
    for (const cell of cells) adminRoute(args, cell, gateway, provider);
    return [
      region,
      { address: gateway.address, records: gateway.records, authorization: gateway.authorization },
    ] as const;
  });
  return pulumi.output({
    hosts: Object.fromEntries(Object.keys(args.cells).map((cell) => [cell, adminHost(cell, edge)])),
    gateways: Object.fromEntries(gateways),
  });
}

/** Where Google's health checks come from. */
const HEALTH_CHECKS = ["130.211.0.0/22", "35.191.0.0/16"];

/** The network paths of the internal gateway: to the admin tier, where a cell writes. None without such a gateway. */
export function adminPaths(edge: EdgeConfig | undefined): FurtherPaths {
  return (role, { proxyRange }): ReturnType<FurtherPaths> => {
    if (edge?.admin === undefined || role !== "writer" || proxyRange === null) return {};
    const to = { direction: "in", apps: ["admin"] } as const;
    return {
      "allow-internal-gateway": { ...to, peers: [{ ranges: [proxyRange] }], ports: ["http"] },
      "allow-internal-health-checks": { ...to, peers: [{ ranges: HEALTH_CHECKS }], ports: ["admin"] },
    };
  };
}

function adminRoute(args: EdgeArgs, cell: string, gateway: InternalGateway, provider: k8s.Provider): void {
  const { admin, namespace } = args.cells[cell]!;
  const opts = { provider };
  const backend = new GatewayBackend(
    `${cell}-edge-admin`,
    { namespace, service: admin, settings: args.edge },
    { providers: [provider] },
  );
  httpsRoute(
    `${cell}-edge-admin`,
    {
      metadata: { name: "admin", namespace },
      gateway: { name: gateway.name, namespace: EDGE_NAMESPACE },
      hosts: [adminHost(cell, args.edge)],
      rules: [{ backend: backend.ref }],
    },
    { ...opts, dependsOn: [gateway] },
  );
}
