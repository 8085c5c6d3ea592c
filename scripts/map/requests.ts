/** Ways of requests: from a gateway, by a route, a Service, a network policy and a firewall rule, to the pods that serve. */
import type { StateResource } from "../rehearsal/rehearsal.ts";
import { at, type Estate, list, metaName, metaNamespace, sortedBy, textAt } from "./estate.ts";
import type { Gateway, Way } from "./model.ts";
import { type FirewallPermit, firewallFor, isFor, isNarrow, letsPort, type Permit, portNumber } from "./permits.ts";
import type { Pods } from "./pods.ts";
import { covers } from "./ranges.ts";

/** Where Google's load balancers on public addresses, and all health checks, come from. */
export const FRONT_ENDS = ["130.211.0.0/22", "35.191.0.0/16"];

export interface RegionRanges {
  readonly nodes: string;
  readonly pods: string;
  readonly proxies?: string;
}

/** What ways are found among. */
export interface Ground {
  readonly estate: Estate;
  readonly pods: readonly Pods[];
  readonly permits: readonly Permit[];
  readonly firewall: readonly FirewallPermit[];
  readonly ranges: ReadonlyMap<string, RegionRanges>;
}

/** The ways found, and the permits that they used up; `remarks` are about what is declared and leads nowhere. */
export interface Found {
  readonly ways: readonly Way[];
  readonly used: ReadonlySet<Permit | FirewallPermit>;
  readonly remarks: readonly string[];
}

interface BackendRef {
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
}
interface RouteRule {
  readonly backendRefs?: readonly BackendRef[];
}
interface ParentRef {
  readonly name: string;
  readonly namespace?: string;
}

export function gatewaysOf(estate: Estate): Gateway[] {
  const policies = new Set(
    estate.custom("GCPBackendPolicy").map(({ inputs }) => textAt(inputs, "spec.default.securityPolicy")),
  );
  policies.delete("");
  const gateways = estate.custom("Gateway").map((gateway): Gateway => {
    const region = estate.regionOf(gateway);
    const className = textAt(gateway.inputs, "spec.gatewayClassName");
    const kind = /external/.test(className) ? "public" : "internal";
    const routes = estate
      .custom("HTTPRoute")
      .filter((route) => parentsOf(estate, route).includes(`${region}/${metaNamespace(gateway)}/${metaName(gateway)}`));
    return {
      key: `${region}/${metaNamespace(gateway)}/${metaName(gateway)}`,
      ...{ name: metaName(gateway), kind, region, multiCluster: className.endsWith("-mc") },
      hosts: [...new Set(routes.flatMap((route) => list<string>(route.inputs, "spec.hostnames")))].sort(),
      ports: list<{ port: number }>(gateway.inputs, "spec.listeners")
        .map(({ port }) => port)
        .sort((a, b) => b - a),
      cloudArmor: kind === "public" ? policies.size : 0,
    };
  });
  return sortedBy(gateways, ({ key }) => key);
}

function parentsOf(estate: Estate, route: StateResource): string[] {
  return list<ParentRef>(route.inputs, "spec.parentRefs").map(
    ({ name, namespace = metaNamespace(route) }) => `${estate.regionOf(route)}/${namespace}/${name}`,
  );
}

export function requestWays(ground: Ground, gateways: readonly Gateway[]): Found {
  const { estate } = ground;
  const [ways, used, remarks] = [new Map<string, Way>(), new Set<Permit | FirewallPermit>(), new Set<string>()];
  for (const gateway of gateways) {
    const from = gateway.kind === "public" ? "internet" : "administrators";
    const kind = gateway.kind === "public" ? "public" : "admin";
    ways.set(gateway.key, { kind, from, to: gateway.key, by: [`Gateway ${gateway.name}`] });
  }
  for (const route of estate.custom("HTTPRoute"))
    for (const gateway of gateways.filter(({ key }) => parentsOf(estate, route).includes(key)))
      for (const { pods, port, service } of backends(ground, route)) {
        const through = entry(ground, gateway, pods, port);
        const named = `HTTPRoute ${metaNamespace(route)}/${metaName(route)}`;
        if (through === undefined) {
          remarks.add(`${named} leads to ${pods.namespace}/${pods.name}, which its gateway is not let through to`);
          continue;
        }
        for (const permit of through.filter(isNarrow)) used.add(permit);
        const key = `${gateway.key} ${pods.key}`;
        const by = [...(ways.get(key)?.by ?? []), named, `Service ${service}`, ...through.map(described)];
        const kind = gateway.kind === "public" ? "public" : "admin";
        ways.set(key, { kind, from: gateway.key, to: pods.key, by: [...new Set(by)] });
      }
  return { ways: sortedBy(ways.values(), ({ from, to }) => `${from} ${to}`), used, remarks: [...remarks].sort() };
}

export function described(permit: Permit | FirewallPermit): string {
  return "policy" in permit ? `NetworkPolicy ${permit.by}` : `Firewall ${permit.by}`;
}

interface Backend {
  readonly pods: Pods;
  readonly service: string;
  /** Of the pods, that the Service leads to. */
  readonly port: string;
}

/** The pods behind a route: a Service of the same cluster, or that of every cluster that exports it. */
function backends({ estate, pods }: Ground, route: StateResource): Backend[] {
  const refs = list<RouteRule>(route.inputs, "spec.rules").flatMap(({ backendRefs = [] }) => backendRefs);
  return refs.flatMap(({ kind = "Service", name, namespace = metaNamespace(route) }) => {
    const same = (object: StateResource) => metaName(object) === name && metaNamespace(object) === namespace;
    const regions =
      kind === "ServiceImport"
        ? estate.custom("ServiceExport").filter(same).map(estate.regionOf)
        : [estate.regionOf(route)];
    const services = estate.of("core/v1:Service").filter((one) => same(one) && regions.includes(estate.regionOf(one)));
    return services.flatMap((service) => {
      const wanted = Object.entries(at<Record<string, string>>(service.inputs, "spec.selector") ?? {});
      return pods
        .filter(
          (each) =>
            each.region === estate.regionOf(service) &&
            each.namespace === namespace &&
            each.labels.some((labels) => wanted.every(([label, value]) => labels[label] === value)),
        )
        .map((each) => ({
          pods: each,
          service: `${namespace}/${name}`,
          port: textAt(service.inputs, "spec.ports.0.targetPort") || textAt(service.inputs, "spec.ports.0.port"),
        }));
    });
  });
}

/** What lets a gateway's calls through to the pods: network policy and firewall; undefined where one of them does not. */
function entry(
  { firewall, permits, ranges }: Ground,
  gateway: Gateway,
  pods: Pods,
  port: string,
): (Permit | FirewallPermit)[] | undefined {
  const number = portNumber(`TCP ${port}`, pods);
  const { pods: podRange, proxies } = ranges.get(pods.region)!;
  const sources = gateway.kind === "public" ? FRONT_ENDS : proxies === undefined ? [] : [proxies];
  const found = sources.map((source) => {
    const letting = permits.filter(
      (permit) =>
        permit.direction === "in" &&
        isFor(permit, pods) &&
        letsPort(permit, number, pods) &&
        "range" in permit.peer &&
        covers(permit.peer.range, source),
    );
    const wall = firewallFor(firewall, { direction: "in", from: source, to: podRange, port: number ?? 0 });
    return letting.length > 0 && wall ? [...letting, wall] : undefined;
  });
  if (found.length === 0 || found.includes(undefined)) return undefined;
  return [...new Set(found.flatMap((each) => each ?? []))];
}
