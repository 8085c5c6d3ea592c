/** The map stays readable, whatever it is drawn of. */
import { describe, expect, test } from "vitest";
import { drawMap } from "./draw.ts";
import { mapOf } from "./extract.ts";
import { cluster, foundation, HOME_REGION, instance, instancePath, job, sealed, smallEstate, tier } from "./testing.ts";

interface Box {
  readonly x: number;
  readonly y: number;
  readonly right: number;
  readonly bottom: number;
}

function boxesOf(svg: string): Box[] {
  const attribute = (tag: string, name: string) => Number(new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1]);
  return [...svg.matchAll(/<rect [^>]*>/g)].map(([tag]) => {
    const [x, y] = [attribute(tag, "x"), attribute(tag, "y")];
    return { x, y, right: x + attribute(tag, "width"), bottom: y + attribute(tag, "height") };
  });
}
const inside = (a: Box, b: Box) => a.x >= b.x && a.y >= b.y && a.right <= b.right && a.bottom <= b.bottom;
const apart = (a: Box, b: Box) => a.right <= b.x || b.right <= a.x || a.bottom <= b.y || b.bottom <= a.y;

const ESTATES = {
  "one region": [
    ...foundation(HOME_REGION),
    cluster("bulkhead-eu1", HOME_REGION),
    instance("bulkhead-eu1", "primary"),
    ...sealed(HOME_REGION, "bulkhead-eu1"),
    ...tier(HOME_REGION, "bulkhead-eu1", "client", [instancePath(HOME_REGION, "bulkhead-eu1", "primary")]),
  ],
  "two regions, and long names": [
    ...smallEstate(),
    ...tier(
      HOME_REGION,
      "bulkhead-t-a-tenant-whose-name-goes-on-to-the-limit",
      "tenant-a-tenant-whose-name-goes-on-to-the-limit",
      [],
    ),
    cluster("bulkhead-t-a-tenant-whose-name-goes-on-to-the-limit", HOME_REGION),
  ],
  "three regions, a fenced site": [
    ...smallEstate(),
    cluster("bulkhead-eu1-old", "asia-east1"),
    instance("bulkhead-eu1-old", "primary", { activationPolicy: "NEVER" }),
    cluster("bulkhead-eu1-near", "asia-east1", {
      clusterType: "SECONDARY",
      secondaryConfig: { primaryClusterName: "projects/test/locations/europe-west1/clusters/bulkhead-eu1" },
    }),
    ...["one", "two", "three"].map((name) => instance("bulkhead-eu1-near", name)),
  ],
};

describe.each(Object.entries(ESTATES))("%s", (_, resources) => {
  const svg = drawMap(mapOf("test", resources));
  const [card, ...boxes] = boxesOf(svg);

  test("boxes lie apart or within one another, all on the card", () => {
    expect(boxes.length).toBeGreaterThan(5);
    for (const [index, box] of boxes.entries()) {
      expect(inside(box, card!), JSON.stringify(box)).toBe(true);
      for (const other of boxes.slice(index + 1))
        expect(apart(box, other) || inside(box, other) || inside(other, box), JSON.stringify([box, other])).toBe(true);
    }
  });

  test("needs nothing from outside, and is set in letters that can be read", () => {
    expect(svg).not.toMatch(/<(?:script|style|image|a|use|foreignObject)\b|url\(|href|@import|NaN|undefined/);
    expect(svg).toMatch(/<title id="title">[^<]+<\/title>\n<desc id="description">[^<]+<\/desc>/);
    const sizes = [...svg.matchAll(/font-size="([\d.]+)"/g)].map((match) => Number(match[1]));
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(11);
  });
});

test("every way is drawn, or told where it would cross the map", () => {
  const map = mapOf("test", smallEstate());
  const svg = drawMap(map);
  for (const { from, to } of map.ways) {
    const arrows = [...svg.matchAll(/data-from="([^"]*)" data-to="([^"]*)"/g)];
    const isDrawn = arrows.some(([, sources, target]) => sources!.split(" ").includes(from) && target === to);
    expect(isDrawn || svg.includes(`also to ${to}`), `${from} → ${to}`).toBe(true);
  }
});

test("a fenced site is drawn as such: dashed, stopped, and no arrow touches it", () => {
  const svg = drawMap(mapOf("test", ESTATES["three regions, a fenced site"]));
  expect(svg).toContain("old, fenced: nothing reaches it");
  expect(svg).toMatch(/stroke-dasharray[^>]*\/>\n<text[^>]*>bulkhead-eu1-old</);
  expect(svg).not.toMatch(/data-(?:from|to)="[^"]*bulkhead-eu1-old/);
});

test("the same resources are the same picture, in whatever order and at whatever attempt", () => {
  const first = drawMap(mapOf("test", smallEstate()));
  expect(drawMap(mapOf("test", smallEstate().reverse()))).toBe(first);
  const primary = instancePath(HOME_REGION, "bulkhead-eu1", "primary");
  const again = smallEstate().map((each) =>
    each.type.endsWith(":Job") ? job("bulkhead-eu1", "bootstrap-fedcba9876", primary) : each,
  );
  expect(drawMap(mapOf("test", again))).toBe(first);
});
