/** The maps of the environments: current, and true to what must never be on one. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LAYERS } from "@bulkhead/config";
import { describe, expect, test } from "vitest";
import { REPOSITORY } from "../../scripts/lib/platform.ts";
import { drawMap } from "../../scripts/map/draw.ts";
import { mapOf } from "../../scripts/map/extract.ts";
import type { ExportedState } from "../../scripts/rehearsal/rehearsal.ts";
import { at, ENVIRONMENTS, ofKind, stateText } from "../support/estate.ts";

describe.each(ENVIRONMENTS)("the map of %s", (environment) => {
  // Here and not in the describe's body, where there is no rehearsal yet.
  const map = () =>
    mapOf(
      environment,
      LAYERS.flatMap(
        (layer) => (JSON.parse(stateText(environment, layer)) as ExportedState).deployment.resources ?? [],
      ),
    );

  test("is the one that is committed (npm run map -- --all draws them anew)", () => {
    const file = readFileSync(join(REPOSITORY, "docs/maps", `${environment}.svg`), "utf8");
    expect(
      drawMap(map()) === file,
      `docs/maps/${environment}.svg is not what today's resources draw: npm run map -- ${environment} (or --all), then look at it`,
    ).toBe(true);
  });

  test("has no way from the internet to an admin tier, and one from administrators wherever a route is", () => {
    const { ways } = map();
    const admin = ways.filter(({ to }) => to.endsWith("/admin"));
    expect(new Set(admin.map(({ kind }) => kind))).toEqual(new Set(admin.length > 0 ? ["admin"] : []));
    const routes = ofKind(environment, ":HTTPRoute").filter(({ inputs }) => at(inputs, "metadata.name") === "admin");
    expect(admin).toHaveLength(routes.length);
  });

  test("shows every AlloyDB cluster, each tenant's own among them, and every instance of it", () => {
    const svg = drawMap(map());
    const { databases } = map();
    const declared = ofKind(environment, "alloydb/cluster:Cluster").map(({ inputs }) => at(inputs, "clusterId"));
    expect(databases.map(({ id }) => id).sort()).toEqual(declared.sort());
    expect(databases.flatMap(({ instances }) => instances)).toHaveLength(
      ofKind(environment, "alloydb/instance:Instance").length,
    );
    for (const id of declared) expect(svg).toContain(`>${id}<`);
  });

  test("shows every Deployment", () => {
    const shown = map().namespaces.flatMap(({ workloads }) => workloads.filter(({ kind }) => kind === "service"));
    expect(shown).toHaveLength(ofKind(environment, "apps/v1:Deployment").length);
  });

  test("has nothing that is declared and not let through", () => {
    expect(map().shut).toEqual([]);
  });

  test("draws every way, or tells it", () => {
    const svg = drawMap(map());
    const arrows = [...svg.matchAll(/data-from="([^"]*)" data-to="([^"]*)"/g)];
    for (const { from, to } of map().ways) {
      const isDrawn = arrows.some(([, sources, target]) => sources!.split(" ").includes(from) && target === to);
      expect(isDrawn || svg.includes(`to ${to}<`), `${from} → ${to}`).toBe(true);
    }
  });
});
