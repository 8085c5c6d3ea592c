/** What network policies and firewall rules let through, one permit for each peer and port, and which of it an arrow was drawn for. */
import { type Estate, list, metaName, metaNamespace, sortedBy, textAt } from "./estate.ts";
import type { Pods } from "./pods.ts";
import { covers } from "./ranges.ts";

/** A network policy's. */
export interface Permit {
  /** `<namespace>/<policy>`. */
  readonly by: string;
  readonly policy: string;
  readonly region: string;
  readonly namespace: string;
  readonly direction: "in" | "out";
  readonly selector: Selector;
  /** A range in CIDR notation, or pods elsewhere. */
  readonly peer: { readonly range: string } | { readonly pods: string };
  /** `TCP 443`, `TCP http`; `all`. */
  readonly port: string;
}

/** A firewall rule's. */
export interface FirewallPermit {
  readonly by: string;
  readonly description: string;
  readonly direction: "in" | "out";
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** `tcp 443`, `all`. */
  readonly port: string;
}

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

interface Peer {
  readonly ipBlock?: { readonly cidr: string };
  readonly namespaceSelector?: Selector;
  readonly podSelector?: Selector;
}

interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly {
    readonly protocol?: string;
    readonly port?: number | string;
    readonly endPort?: number;
  }[];
}

export function permitsOf(estate: Estate): Permit[] {
  const permits = estate.of("networking.k8s.io/v1:NetworkPolicy").flatMap((policy) => {
    const common = {
      by: `${metaNamespace(policy)}/${metaName(policy)}`,
      policy: metaName(policy),
      region: estate.regionOf(policy),
      namespace: metaNamespace(policy),
      selector: (policy.inputs?.spec as { podSelector?: Selector } | undefined)?.podSelector ?? {},
    };
    const rules = (direction: "in" | "out", given: readonly Rule[]) =>
      given.flatMap((rule) =>
        // No peer and no port mean every one.
        (rule.from ?? rule.to ?? [{}]).flatMap((peer) =>
          (rule.ports ?? [{ protocol: "all" }]).map(
            (port): Permit => ({ ...common, direction, peer: peerOf(peer), port: portOf(port) }),
          ),
        ),
      );
    return [
      ...rules("in", list<Rule>(policy.inputs, "spec.ingress")),
      ...rules("out", list<Rule>(policy.inputs, "spec.egress")),
    ];
  });
  return sortedBy(permits, (permit) => JSON.stringify(permit));
}

function portOf({ protocol = "TCP", port, endPort }: NonNullable<Rule["ports"]>[number]): string {
  if (port === undefined) return protocol === "all" ? "all" : `${protocol} all`;
  return `${protocol} ${port}${endPort === undefined ? "" : `-${endPort}`}`;
}

function peerOf({ ipBlock, namespaceSelector, podSelector }: Peer): Permit["peer"] {
  if (ipBlock) return { range: ipBlock.cidr };
  const [namespaces, pods] = [wordsOf(namespaceSelector), wordsOf(podSelector)];
  if (namespaces === undefined && pods === undefined) return { range: "0.0.0.0/0" };
  return {
    pods: `${pods === undefined || pods === "all" ? "every pod of" : "pods"} ${namespaces ?? "the namespace"}${pods === undefined || pods === "all" ? "" : `/${pods}`}`,
  };
}

/** What a selector selects, by the values alone: the keys are names of labels that everybody knows. */
function wordsOf(selector: Selector | undefined): string | undefined {
  if (selector === undefined) return undefined;
  const wanted = [
    ...Object.values(selector.matchLabels ?? {}),
    ...(selector.matchExpressions ?? []).map(({ operator, key, values }) =>
      operator === "In" ? (values ?? []).join(", ") : `${key} ${operator} ${(values ?? []).join(", ")}`,
    ),
  ];
  return wanted.length === 0 ? "all" : wanted.join(" ");
}

export function selects(selector: Selector, labels: Readonly<Record<string, string>>): boolean {
  return (
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const has = labels[key] !== undefined;
      if (operator === "Exists") return has;
      if (operator === "DoesNotExist") return !has;
      return operator === "NotIn" ? !has || !values.includes(labels[key]!) : has && values.includes(labels[key]!);
    })
  );
}

/** The permit is for some of these pods. */
export function isFor(permit: Permit, pods: Pods): boolean {
  return (
    permit.region === pods.region &&
    permit.namespace === pods.namespace &&
    pods.labels.some((labels) => selects(permit.selector, labels))
  );
}

/** The port's number, by the names that the pods' containers give. */
export function portNumber(port: string, pods: Pods): number | undefined {
  const [protocol, which = ""] = port.split(" ");
  if (protocol !== "TCP") return undefined;
  return pods.ports.get(which) ?? (Number.isInteger(Number(which)) ? Number(which) : undefined);
}

/** The permit is for this port of the pods; one for every port is for it, too. */
export function letsPort({ port }: Permit, number: number | undefined, pods: Pods): boolean {
  return port === "all" || port === "TCP all" || (number !== undefined && portNumber(port, pods) === number);
}

/** It says whom it is for and by which port: one that does not is more than any arrow shows. */
export function isNarrow(permit: Permit | FirewallPermit): boolean {
  if (/all$/.test(permit.port)) return false;
  const ranges =
    "policy" in permit ? ("range" in permit.peer ? [permit.peer.range] : []) : [...permit.from, ...permit.to];
  return !ranges.some((range) => range.endsWith("/0"));
}

export function firewallOf(estate: Estate): FirewallPermit[] {
  const rules = estate.of("compute/firewall:Firewall").filter(({ inputs }) => inputs?.disabled !== true);
  const permits = rules.flatMap((rule) => {
    const direction = textAt(rule.inputs, "direction") === "EGRESS" ? "out" : "in";
    return list<{ protocol: string; ports?: readonly string[] }>(rule.inputs, "allows").flatMap(({ protocol, ports }) =>
      (ports ?? [""]).map(
        (port): FirewallPermit => ({
          by: textAt(rule.inputs, "name"),
          description: textAt(rule.inputs, "description"),
          direction,
          from: list<string>(rule.inputs, "sourceRanges"),
          to: list<string>(rule.inputs, "destinationRanges"),
          port: `${protocol} ${port}`.trim(),
        }),
      ),
    );
  });
  return sortedBy(permits, (permit) => JSON.stringify(permit));
}

/** The rule that lets through what comes from one range, goes to another, by a TCP port. */
export function firewallFor(
  permits: readonly FirewallPermit[],
  path: { readonly direction: "in" | "out"; readonly from: string; readonly to: string; readonly port: number },
): FirewallPermit | undefined {
  const holds = (ranges: readonly string[], range: string) =>
    ranges.length === 0 || ranges.some((outer) => covers(outer, range));
  return permits.find(
    ({ direction, from, to, port }) =>
      direction === path.direction &&
      (port === "all" || port === `tcp ${path.port}`) &&
      holds(from, path.from) &&
      holds(to, path.to),
  );
}
