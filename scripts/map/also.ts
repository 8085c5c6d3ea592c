/** What is allowed and is no arrow of the map, in words: a map that left it out would say that it is shut. */
import { appsOf, opensRange } from "./calls.ts";
import { type Estate, groupBy, list, textAt } from "./estate.ts";
import { exposures } from "./exposures.ts";
import { type FirewallPermit, isFor, type Permit, portNumber } from "./permits.ts";
import { covers, overlap } from "./ranges.ts";
import { FRONT_ENDS, type Ground } from "./requests.ts";

/** The node's metadata server, by the addresses that pods and Dataplane V2 know it by, and its ports on the node. */
const METADATA = "169.254.169.0/24";
const METADATA_ON_NODES = ["TCP 987", "TCP 988"];
/** Where GKE's cache of DNS listens. */
const LINK_LOCAL = "169.254.0.0/16";

interface Left {
  readonly ground: Ground;
  readonly databaseRanges: readonly string[];
  readonly used: ReadonlySet<Permit | FirewallPermit>;
  /** Pods that a route of a public gateway leads to. */
  readonly routed: ReadonlySet<string>;
}

export interface Also {
  /** What is allowed and no arrow. */
  readonly also: readonly string[];
  /** What a policy lets out and the firewall keeps in. */
  readonly shut: readonly string[];
}

/** @returns sentences without their full stops */
export function alsoAllowed({ databaseRanges, ground, routed, used }: Left): Also {
  const { estate, firewall, permits } = ground;
  const namespaces = new Set(ground.pods.map(({ region, namespace }) => `${region}/${namespace}`)).size;
  const broad = permits
    .filter((permit) => used.has(permit) && opensRange(permit, databaseRanges))
    .map((permit) => ({
      words: `AlloyDB's other addresses too (${peerText([permit])}, TCP 5433), where IAM and the database decide`,
      permit,
    }));
  const unrouted = permits
    .filter(fromFrontEnds)
    .flatMap((permit) =>
      ground.pods
        .filter(
          (pods) =>
            isFor(permit, pods) && !routed.has(pods.key) && portNumber(permit.port, pods) === pods.ports.get("http"),
        )
        .map(({ name }) => ({ words: `Google's load balancers to ${name}, where no route leads`, permit })),
    );
  const told = new Set<Permit | FirewallPermit>([...used, ...unrouted.map(({ permit }) => permit)]);
  const left = permits.filter((permit) => !told.has(permit) && hasPods(permit, ground));
  // Peers of one rule are one sentence.
  const rules = [
    ...groupBy(left, ({ by, direction, port, region, selector }) =>
      JSON.stringify([by, direction, port, region, selector]),
    ).values(),
  ];
  const blocked = rules.filter((rule) => rule.every((permit) => isShut(permit, ground)));
  const open = rules
    .filter((rule) => !blocked.includes(rule))
    .flatMap((rule) =>
      [...new Set(rule.map((permit) => wordsOf(permit, rule)))].map((words) => ({ words, permit: rule[0]! })),
    );
  const sentences = (entries: readonly { words: string; permit: Permit }[]) =>
    [...groupBy(entries, ({ words }) => words)].map(([words, each]) => {
      const places = new Set(each.map(({ permit: { namespace, region } }) => `${region}/${namespace}`));
      const names = [...new Set(each.map(({ permit: { namespace } }) => namespace))].sort();
      return `${words}: ${places.size === namespaces ? "every namespace with pods" : names.join(", ")}`;
    });
  return {
    also: [
      ...sentences([...broad, ...unrouted, ...open]).sort(),
      ...walls(firewall.filter((permit) => !used.has(permit))),
      ...controlPlanes(estate),
      ...exposures(ground),
    ],
    shut: sentences(
      blocked.map((rule) => ({
        words: `${wordsOf(rule[0]!, rule)} by policy ${rule[0]!.policy}, not by the firewall`,
        permit: rule[0]!,
      })),
    ).sort(),
  };
}

/** A policy for pods that are not there yet lets nothing through today, but for those that others start. */
function hasPods(permit: Permit, { pods }: Ground): boolean {
  const there = pods.filter(({ region, namespace }) => region === permit.region && namespace === permit.namespace);
  return there.length > 0 && (appsOf(permit.selector) !== undefined || there.some((each) => isFor(permit, each)));
}

/** The firewall lets nothing out from the region's pods to any part of the range. Link-local addresses it does not see. */
function isShut({ direction, peer, port, region }: Permit, { firewall, ranges }: Ground): boolean {
  if (direction === "in" || !("range" in peer) || covers(LINK_LOCAL, peer.range)) return false;
  const pods = ranges.get(region)?.pods;
  const number = port.split(" ")[1];
  return !firewall.some(
    (rule) =>
      rule.direction === "out" &&
      (rule.port === "all" || port === "all" || rule.port === `tcp ${number}`) &&
      pods !== undefined &&
      (rule.from.length === 0 || rule.from.some((range) => overlap(range, pods))) &&
      (rule.to.length === 0 || rule.to.some((range) => overlap(range, peer.range))),
  );
}

const fromFrontEnds = ({ direction, peer }: Permit) =>
  direction === "in" && "range" in peer && FRONT_ENDS.includes(peer.range);

const peerText = (rule: readonly Permit[]) =>
  [...new Set(rule.map(({ peer }) => ("range" in peer ? peer.range : peer.pods)))].join(", ");

function wordsOf({ direction, peer, port, selector }: Permit, rule: readonly Permit[]): string {
  const who = appsOf(selector)?.join(", ") ?? "every pod";
  if (direction === "out" && / 53$/.test(port) && (!("range" in peer) || covers(LINK_LOCAL, peer.range))) return "DNS";
  if (direction === "in" && "pods" in peer && /gmp-system/.test(peer.pods)) return "Managed Prometheus, to metrics";
  if ("range" in peer) {
    if (direction === "out" && (covers(METADATA, peer.range) || METADATA_ON_NODES.includes(port)))
      return "Workload identity, by the node's metadata server";
    if (rule.every(fromFrontEnds) && port === "TCP admin") return `Google's health checks (${port})`;
  }
  return direction === "in" ? `${peerText(rule)} to ${who} (${port})` : `${who} to ${peerText(rule)} (${port})`;
}

/** Firewall rules by what they say of themselves. */
function walls(permits: readonly FirewallPermit[]): string[] {
  const words = [...groupBy(permits, ({ description, by }) => description || by)].map(([text, each]) => {
    const ports = [...new Set(each.map(({ port }) => port))];
    const numbers = ports.map((port) => Number(port.replace(/^tcp /, "")));
    const sorted = numbers.some(Number.isNaN) ? ports.join(", ") : `tcp ${numbers.sort((a, b) => a - b).join(", ")}`;
    return `Firewall: ${text} (${sorted === "all" ? "all ports" : sorted})`;
  });
  return words.sort();
}

/** Who may reach the API servers of the GKE clusters, beside their own nodes. */
function controlPlanes(estate: Estate): string[] {
  const words = estate
    .of("container/cluster:Cluster")
    .flatMap(({ inputs }) => [
      ...list<{ cidrBlock: string; displayName?: string }>(inputs, "masterAuthorizedNetworksConfig.cidrBlocks").map(
        ({ cidrBlock, displayName }) => `GKE control planes: ${displayName ?? "a network"} (${cidrBlock})`,
      ),
      ...(textAt(inputs, "controlPlaneEndpointsConfig.dnsEndpointConfig.allowExternalTraffic") === "true"
        ? ["GKE control planes: whoever IAM lets in, by their DNS names"]
        : []),
    ]);
  return [...new Set(words)].sort();
}
