/** Ways out of pods: by the Auth Proxy to AlloyDB, to Google's APIs, to Vault. */
import { groupBy, sortedBy } from "./estate.ts";
import type { Database, Outside, Way } from "./model.ts";
import { type FirewallPermit, firewallFor, isFor, isNarrow, letsPort, type Permit } from "./permits.ts";
import { covers, overlap } from "./ranges.ts";
import { described, type Found, type Ground } from "./requests.ts";

/** AlloyDB's port for connectors. */
const CONNECTORS = 5433;
/** restricted.googleapis.com and private.googleapis.com. */
const GOOGLE_APIS = "199.36.153.0/28";

/** @param ranges - where AlloyDB's addresses lie */
export function databaseWays(ground: Ground, databases: readonly Database[], ranges: readonly string[]): Found {
  const [ways, used, remarks] = [[] as Way[], new Set<Permit | FirewallPermit>(), new Set<string>()];
  const instances = new Map(databases.flatMap((each) => each.instances.map(({ key }) => [key, each] as const)));
  for (const pods of ground.pods)
    for (const key of pods.instances) {
      const who = `${pods.namespace}/${pods.name}`;
      const database = instances.get(key);
      if (database === undefined || database.role === "fenced") {
        remarks.add(`${who} is told to connect to ${key}, which ${database ? "is fenced" : "does not exist"}`);
        continue;
      }
      const through = ranges.map((range) => callsTo(ground, pods, range, CONNECTORS));
      if (through.length === 0 || through.includes(undefined)) {
        remarks.add(`${who} is told to connect to ${key}, and is not let through to AlloyDB`);
        continue;
      }
      const permits = through.flatMap((each) => each ?? []);
      for (const permit of permits.filter(isNarrow)) used.add(permit);
      ways.push({ kind: "database", from: pods.key, to: key, by: [...new Set(permits.map(described))] });
    }
  return { ways, used, remarks: [...remarks].sort() };
}

/** What lets pods call all of a range by a port; undefined where policy or firewall does not. */
function callsTo({ firewall, permits, ranges }: Ground, pods: Ground["pods"][number], to: string, port: number) {
  const letting = permits.filter(
    (permit) =>
      permit.direction === "out" &&
      isFor(permit, pods) &&
      letsPort(permit, port, pods) &&
      "range" in permit.peer &&
      covers(permit.peer.range, to),
  );
  const wall = firewallFor(firewall, { direction: "out", from: ranges.get(pods.region)!.pods, to, port });
  return letting.length > 0 && wall ? [...letting, wall] : undefined;
}

export interface FoundOutside extends Found {
  readonly outside: readonly Outside[];
}

/** Google's APIs, and Vault where a policy is named after it: one target in each region, whoever calls it from there. */
export function outsideWays(ground: Ground): FoundOutside {
  const { firewall, permits, pods, ranges } = ground;
  const [ways, used, outside] = [[] as Way[], new Set<Permit | FirewallPermit>(), [] as Outside[]];
  const targets: readonly [id: string, title: string, is: (permit: Permit) => boolean][] = [
    [
      "google",
      "Google APIs",
      ({ peer, port }) => "range" in peer && covers(GOOGLE_APIS, peer.range) && port === "TCP 443",
    ],
    ["vault", "Vault", ({ policy }) => /(?:^|-)vault(?:-|$)/.test(policy)],
  ];
  for (const region of ranges.keys())
    for (const [id, title, is] of targets) {
      const letting = permits.filter((permit) => permit.direction === "out" && permit.region === region && is(permit));
      const through = letting.flatMap((permit): (Permit | FirewallPermit)[] => {
        if (!("range" in permit.peer)) return [permit];
        const port = Number(permit.port.split(" ")[1]);
        const path = { direction: "out", from: ranges.get(region)!.pods, to: permit.peer.range, port } as const;
        const wall = firewallFor(firewall, path);
        return wall ? [permit, wall] : [];
      });
      if (through.length === 0) continue;
      for (const permit of through.filter(isNarrow)) used.add(permit);
      const key = `${region}/${id}`;
      const callers = pods.filter((each) => letting.some((permit) => isFor(permit, each)));
      const peers = letting.map(({ peer, port }) =>
        "range" in peer ? `${peer.range} ${port}` : `${peer.pods} ${port}`,
      );
      const all = callers.length === pods.filter((each) => each.region === region).length;
      outside.push({
        ...{ key, region, title },
        detail: [...new Set(peers)].sort().join("; "),
        from: all ? "from every pod" : `from ${namesOf(letting)}`,
      });
      ways.push({ kind: "out", from: region, to: key, by: [...new Set(through.map(described))].sort() });
    }
  return { ways, used, outside, remarks: [] };
}

/** Whom the permits are for: values of their selectors, or the namespace where they select all of it. */
function namesOf(permits: readonly Permit[]): string {
  const named = [...groupBy(permits, ({ namespace }) => namespace)].map(([namespace, each]) => {
    const apps = [...new Set(each.flatMap(({ selector }) => appsOf(selector) ?? ["every pod"]))].sort();
    return `${apps.join(", ")} in ${namespace}`;
  });
  return sortedBy(named, (name) => name).join("; ");
}

export function appsOf({ matchExpressions = [], matchLabels = {} }: Permit["selector"]): string[] | undefined {
  const values = [...Object.values(matchLabels), ...matchExpressions.flatMap(({ values }) => values ?? [])];
  return values.length === 0 ? undefined : values;
}

/** Permits that open more of AlloyDB than the instances that pods are told of: IAM decides about the others. */
export function opensRange(permit: Permit, ranges: readonly string[]): boolean {
  const { peer, port } = permit;
  return "range" in peer && port === `TCP ${CONNECTORS}` && ranges.some((range) => overlap(peer.range, range));
}
