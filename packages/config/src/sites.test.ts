/** Which site of a cell writes, and which changes of that AlloyDB could not follow. */
import { describe, expect, test } from "vitest";
import { type CellSites, checkSiteMoves, type KnownSites, siteRoles } from "./index.ts";

const cell = (change: Partial<CellSites> = {}): CellSites => ({
  region: "europe-west1",
  secondaries: { dr: { region: "europe-west4" }, far: { region: "us-east4" } },
  writer: "home",
  fenced: [],
  ...change,
});

/** As it was applied. */
const known = (change: Partial<CellSites> = {}): KnownSites => {
  const sites = cell(change);
  return { writer: sites.writer, sites: siteRoles(sites) };
};

const roles = (change: Partial<CellSites>) =>
  Object.fromEntries(Object.entries(siteRoles(cell(change))).map(([name, site]) => [name, site.role]));

describe("roles", () => {
  test("home writes, the others replicate from it", () => {
    expect(siteRoles(cell())).toEqual({
      home: { region: "europe-west1", role: "writer", replicates: null },
      dr: { region: "europe-west4", role: "reader", replicates: "home" },
      far: { region: "us-east4", role: "reader", replicates: "home" },
    });
  });

  test("a switchover turns replication round", () => {
    const sites = siteRoles(cell({ writer: "dr" }));
    expect([sites.home?.replicates, sites.dr?.replicates, sites.far?.replicates]).toEqual(["dr", null, "dr"]);
  });

  test("a promotion leaves home behind, replicating from nobody", () => {
    expect(roles({ writer: "dr", fenced: ["home", "far"] })).toEqual({ home: "fenced", dr: "writer", far: "fenced" });
    expect(siteRoles(cell({ writer: "dr", fenced: ["home"] })).home?.replicates).toBeNull();
  });

  test.each([{}, { writer: "dr" }, { writer: "dr", fenced: ["home"] }, { fenced: ["dr", "far"] }])(
    "exactly one site writes: %j",
    (change) => {
      expect(Object.values(roles(change)).filter((role) => role === "writer")).toHaveLength(1);
    },
  );
});

describe("moves", () => {
  const moves = (before: Partial<CellSites>, now: Partial<CellSites>) =>
    checkSiteMoves("bulkhead:cells.eu1", known(before), cell(now)).map(({ path, value, problem }) => [
      path,
      value,
      problem,
    ]);

  test.each([
    ["nothing", {}, {}],
    ["a promotion, the others fenced", {}, { writer: "dr", fenced: ["home", "far"] }],
    ["a switchover", {}, { writer: "dr" }],
    ["a switchover back", { writer: "dr" }, {}],
    ["a rebuild", { writer: "dr", fenced: ["home", "far"] }, { writer: "dr", fenced: ["far"] }],
    ["a secondary less", {}, { secondaries: { dr: { region: "europe-west4" } } }],
    [
      "a promotion, the other taken away",
      {},
      { secondaries: { dr: { region: "europe-west4" } }, writer: "dr", fenced: ["home"] },
    ],
  ])("%s is followed", (_name, before, now) => {
    expect(moves(before, now)).toEqual([]);
  });

  test("a new cell may have any writer", () => {
    expect(checkSiteMoves("bulkhead:cells.eu1", undefined, cell({ writer: "dr", fenced: ["home"] }))).toEqual([]);
  });

  test("a promotion with another secondary left on the old writer is refused", () => {
    expect(moves({}, { writer: "dr", fenced: ["home"] })).toEqual([
      ["bulkhead:cells.eu1.secondaries", "far", "replicates from home, which a promotion leaves behind"],
    ]);
  });

  test("home, too, cannot follow another writer once its own is left behind", () => {
    expect(moves({ writer: "dr" }, { writer: "far", fenced: ["dr"] })).toEqual([
      ["bulkhead:cells.eu1.fenced", "home", "replicates from dr, which a promotion leaves behind"],
    ]);
  });

  test("a writer that is not there yet would be empty", () => {
    expect(moves({ secondaries: {} }, { writer: "dr", secondaries: { dr: { region: "europe-west4" } } })).toEqual([
      ["bulkhead:cells.eu1.writer", "dr", "is not there yet and would begin empty"],
    ]);
  });

  test("a site that was left behind does not write again: it lacks what was written since", () => {
    expect(moves({ writer: "dr", fenced: ["home", "far"] }, { fenced: ["dr", "far"] })).toEqual([
      ["bulkhead:cells.eu1.writer", "home", "was left behind by a promotion: it lacks what dr wrote since"],
    ]);
  });

  test("a new site cannot begin fenced", () => {
    expect(moves({ secondaries: {} }, { secondaries: { dr: { region: "europe-west4" } }, fenced: ["dr"] })).toEqual([
      ["bulkhead:cells.eu1.fenced", "dr", "is not there yet"],
    ]);
  });
});
