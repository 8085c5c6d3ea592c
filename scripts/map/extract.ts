/** The map of an environment, out of the resources of its rehearsal. */
import type { StateResource } from "../rehearsal/rehearsal.ts";
import { alsoAllowed } from "./also.ts";
import { databaseWays, outsideWays } from "./calls.ts";
import { databasesOf } from "./databases.ts";
import { at, type Estate, estateOf, groupBy, list, sortedBy, textAt } from "./estate.ts";
import type { Cell, Database, EstateMap, Namespace, Region, Tenant, Way } from "./model.ts";
import { firewallOf, permitsOf } from "./permits.ts";
import { type Pods, podsOf } from "./pods.ts";
import { gatewaysOf, type RegionRanges, requestWays } from "./requests.ts";

/** @param resources - of all layers, as exported: the providers are needed too */
export function mapOf(environment: string, resources: readonly StateResource[]): EstateMap {
  const estate = estateOf(resources);
  const databases = databasesOf(estate);
  const pods = podsOf(estate);
  const gateways = gatewaysOf(estate);
  const ground = { estate, pods, permits: permitsOf(estate), firewall: firewallOf(estate), ranges: rangesOf(estate) };
  const databaseRanges = databaseRangesOf(estate);
  const requests = requestWays(ground, gateways);
  const calls = databaseWays(ground, databases, databaseRanges);
  const { outside, ...out } = outsideWays(ground);
  const used = new Set([...requests.used, ...calls.used, ...out.used]);
  const routed = new Set(requests.ways.filter(({ kind }) => kind === "public").map(({ to }) => to));
  const rest = alsoAllowed({ ground, used, databaseRanges, routed });
  const tenants = tenantsOf(estate);
  const cells = [...new Set(databases.map(({ cell }) => cell))].sort();
  return {
    environment,
    project: textAt(estate.of("container/cluster:Cluster")[0]?.inputs, "project"),
    regions: regionsOf(estate, databases),
    gateways,
    cells: cells.map((name): Cell => ({ name, tenants: tenants.filter(({ cell }) => cell === name) })),
    databases,
    namespaces: namespacesOf(pods, cells, tenants),
    ways: [...requests.ways, ...calls.ways, ...replication(databases), ...out.ways],
    outside,
    also: rest.also,
    shut: [...requests.remarks, ...calls.remarks, ...rest.shut],
  };
}

function replication(databases: readonly Database[]): Way[] {
  return databases.flatMap(({ id, of }) =>
    of === undefined ? [] : [{ kind: "replication", from: of, to: id, by: [`AlloyDB secondary ${id}`] } as const],
  );
}

function regionsOf(estate: Estate, databases: readonly Database[]): Region[] {
  const clusters = estate.of("container/cluster:Cluster").map(({ inputs }): Region => {
    const mode = at(inputs, "enableAutopilot") === true ? "Autopilot" : "Standard";
    return { name: textAt(inputs, "location"), gke: { name: textAt(inputs, "name"), mode } };
  });
  const known = new Set(clusters.map(({ name }) => name));
  const others = [...new Set(databases.map(({ region }) => region))].filter((name) => !known.has(name));
  return sortedBy([...clusters, ...others.map((name): Region => ({ name }))], ({ name }) => name);
}

function rangesOf(estate: Estate): Map<string, RegionRanges> {
  const subnets = estate.of("compute/subnetwork:Subnetwork");
  const proxies = new Map(
    subnets
      .filter(({ inputs }) => /MANAGED_PROXY/.test(textAt(inputs, "purpose")))
      .map(({ inputs }) => [textAt(inputs, "region"), textAt(inputs, "ipCidrRange")]),
  );
  const regions = subnets.flatMap(({ inputs }): [string, RegionRanges][] => {
    const secondary = list<{ rangeName: string; ipCidrRange: string }>(inputs, "secondaryIpRanges");
    const pods = secondary.find(({ rangeName }) => rangeName === "pods")?.ipCidrRange;
    if (pods === undefined) return [];
    const region = textAt(inputs, "region");
    const behind = proxies.get(region);
    return [[region, { nodes: textAt(inputs, "ipCidrRange"), pods, ...(behind !== undefined && { proxies: behind }) }]];
  });
  return new Map(sortedBy(regions, ([region]) => region));
}

/** The reserved range of private service access, or the subnets of Private Service Connect's endpoints. */
function databaseRangesOf(estate: Estate): string[] {
  const reserved = estate
    .of("compute/globalAddress:GlobalAddress")
    .filter(({ inputs }) => textAt(inputs, "purpose") === "VPC_PEERING")
    .map(({ inputs }) => `${textAt(inputs, "address")}/${textAt(inputs, "prefixLength")}`);
  const endpoints = estate
    .of("compute/subnetwork:Subnetwork")
    .filter(({ inputs }) => textAt(inputs, "name").endsWith("-endpoints"))
    .map(({ inputs }) => textAt(inputs, "ipCidrRange"));
  return [...reserved, ...endpoints].sort();
}

/** From the manifests that rollouts hand to the runtime. */
function tenantsOf(estate: Estate): Tenant[] {
  const found = estate.of("core/v1:ConfigMap").flatMap(({ inputs }) =>
    Object.entries(at<Record<string, unknown>>(inputs, "data") ?? {})
      .filter(([file, content]) => /^tenants-\d{4}\.json$/.test(file) && typeof content === "string")
      .flatMap(([, content]) => JSON.parse(content as string) as Tenant[]),
  );
  return sortedBy(found, ({ id }) => id);
}

function namespacesOf(pods: readonly Pods[], cells: readonly string[], tenants: readonly Tenant[]): Namespace[] {
  const groups = groupBy(pods, ({ region, namespace }) => `${region}/${namespace}`);
  return [...groups].map(([key, each]): Namespace => {
    const [{ namespace, region }] = each as [Pods];
    const tenant = namespace.startsWith("bulkhead-t-") ? namespace.slice("bulkhead-t-".length) : undefined;
    const cell =
      tenant === undefined
        ? cells.find((name) => namespace === `bulkhead-${name}` || namespace === `bulkhead-${name}-tenants`)
        : tenants.find(({ id }) => id === tenant)?.cell;
    const workloads = each.map(({ key, kind, name, jobs, replicas }) => ({
      ...{ key, name, kind, jobs, tenants: servedBy(name, cell, tenants) },
      ...(replicas !== undefined && { replicas }),
    }));
    return {
      ...{ key, name: namespace, region, workloads },
      ...(cell !== undefined && { cell }),
      ...(tenant !== undefined && { tenant }),
    };
  });
}

/** Tenants that a workload serves: its own name says it, as it does to routes. */
function servedBy(workload: string, cell: string | undefined, tenants: readonly Tenant[]): string[] {
  const served = tenants.filter(({ id, isolation, shard, status, ...tenant }) => {
    if (tenant.cell !== cell || (status !== "active" && status !== "suspended")) return false;
    if (workload === "client") return isolation === "pooled";
    if (isolation === "schema") return workload === `shard-${shard}`;
    return workload === `tenant-${id}`;
  });
  return served.map(({ id }) => id);
}
