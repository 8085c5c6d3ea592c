/** Rules of the foundation's ranges: where they may lie, how large they must be, and that none overlaps another. */
import { joinPath, type Mistake } from "../mistakes.ts";
import { cidrBounds } from "./common.ts";
import type { FoundationConfig } from "./foundation.ts";

interface Range {
  readonly path: string;
  readonly range: string;
  /** What it is for; picks the limits. */
  readonly kind: "nodes" | "pods" | "services" | "controlPlane" | "proxies" | "endpoints" | "databaseRange";
}

/** What nobody else on the internet can own: RFC 1918, RFC 6598, and class E, which Google routes too. */
const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "240.0.0.0/4"];
/** Whether a range is of addresses that the internet does not route. */
export function isPrivateRange(range: string): boolean {
  return PRIVATE.some((whole) => within(range, whole));
}

/** Docker's bridge on every node: pods would look for these addresses there. */
const BRIDGE = "172.17.0.0/16";

/** The smallest that Google takes (longest prefix), and what to say. */
const SMALLEST: Readonly<Partial<Record<Range["kind"], readonly [bits: number, remedy: string]>>> = {
  nodes: [29, "use a /29 or larger, /20 for choice"],
  proxies: [26, "use a /26 or larger, /23 for choice"],
  endpoints: [29, "use a /29 or larger: an address per instance, and four that Google keeps"],
  databaseRange: [24, "use a /24 or larger, /20 for choice"],
};

/** Takes what of a config is sound. */
export function checkRanges(config: Partial<FoundationConfig>): Mistake[] {
  const ranges = rangesOf(config);
  return [...ranges.flatMap(limits), ...endpoints(config), ...overlaps(ranges), ...openEgress(config)];
}

function rangesOf(config: Partial<FoundationConfig>): Range[] {
  const ranges: Range[] = [];
  if (config.databaseRange)
    ranges.push({ path: "bulkhead:databaseRange", range: config.databaseRange, kind: "databaseRange" });
  for (const [name, entry] of Object.entries(config.regions ?? {})) {
    for (const kind of ["nodes", "pods", "services", "controlPlane", "proxies", "endpoints"] as const) {
      const range = entry[kind];
      if (range) ranges.push({ path: joinPath("bulkhead:regions", name, kind), range, kind });
    }
  }
  return ranges;
}

function limits({ path, range, kind }: Range): Mistake[] {
  const bits = Number(range.split("/")[1]);
  const mistakes: Mistake[] = [];
  if (kind === "controlPlane" && bits !== 28)
    mistakes.push({ path, value: range, problem: "is not a /28", remedy: "use a /28: GKE takes no other size" });
  const [smallest, remedy] = SMALLEST[kind] ?? [32, ""];
  if (bits > smallest) mistakes.push({ path, value: range, problem: "is too small", remedy });
  if (!isPrivateRange(range))
    mistakes.push({
      path,
      value: range,
      problem: "is not a private range",
      remedy: `use a part of ${PRIVATE.slice(0, 4).join(", ")}`,
    });
  else if (meet(range, BRIDGE))
    mistakes.push({
      path,
      value: range,
      problem: `meets ${BRIDGE}, which Docker keeps on every node`,
      remedy: "use another range",
    });
  return mistakes;
}

/** Endpoints lie within the database range, which is what the firewall and network policies name, and only where they are used. */
function endpoints({ databaseAccess, databaseRange, regions }: Partial<FoundationConfig>): Mistake[] {
  if (databaseAccess === undefined) return [];
  return Object.entries(regions ?? {}).flatMap(([name, { endpoints: range }]): Mistake[] => {
    const path = joinPath("bulkhead:regions", name, "endpoints");
    if (databaseAccess === "psa")
      return range
        ? [
            {
              path,
              value: range,
              problem: "is used with bulkhead:databaseAccess: psc only",
              remedy: "remove it",
            },
          ]
        : [];
    if (!range)
      return [
        {
          path,
          problem: "is missing, and bulkhead:databaseAccess is psc",
          remedy: `give a part of bulkhead:databaseRange${databaseRange ? `, ${databaseRange}` : ""}`,
        },
      ];
    if (databaseRange && !within(range, databaseRange))
      return [
        {
          path,
          value: range,
          problem: `is not within bulkhead:databaseRange, ${databaseRange}`,
          remedy: "use a part of it",
        },
      ];
    return [];
  });
}

function overlaps(ranges: readonly Range[]): Mistake[] {
  return ranges.flatMap((one, index) =>
    ranges
      .slice(0, index)
      // The one pair that belongs together, and is looked at elsewhere.
      .filter((other) => !(one.kind === "endpoints" && other.kind === "databaseRange") && meet(one.range, other.range))
      .map((other) => ({
        path: one.path,
        value: one.range,
        problem: `overlaps ${other.path}, ${other.range}`,
        remedy: "use a range of its own",
      })),
  );
}

function openEgress({ egress }: Partial<FoundationConfig>): Mistake[] {
  return Object.entries(egress ?? {})
    .filter(([, { range }]) => range.endsWith("/0"))
    .map(([name, { range }]) => ({
      path: joinPath("bulkhead:egress", name, "range"),
      value: range,
      problem: "is the whole internet",
      remedy: "name the ranges that are called, or go through a proxy",
    }));
}

function meet(one: string, other: string): boolean {
  const [first, last] = cidrBounds(one);
  const [otherFirst, otherLast] = cidrBounds(other);
  return first <= otherLast && otherFirst <= last;
}

function within(part: string, whole: string): boolean {
  const [first, last] = cidrBounds(part);
  const [wholeFirst, wholeLast] = cidrBounds(whole);
  return wholeFirst <= first && last <= wholeLast;
}
