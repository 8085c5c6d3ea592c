import type { CellDatabaseOutputs } from "@bulkhead/components";
import { type CellConfig, checkTenants, HOME, parseDatabase, siteRoles } from "@bulkhead/config";
import { describe, expect, test } from "vitest";
import { planPromotion, planSwitchover, Refusal, refuseResidency } from "./plan.ts";

const DR = { dr: { region: "us-east4" } };

function config(fields: Record<string, unknown> = { secondaries: DR }): CellConfig {
  const { value, mistakes } = parseDatabase({ cells: { eu1: { region: "europe-west1", ...fields } } });
  if (!value) throw new Error(JSON.stringify(mistakes));
  return value.cells.eu1!;
}

/** What layer 2 hands on where a config was applied. */
function applied(cell: CellConfig): Pick<CellDatabaseOutputs, "writer" | "sites"> {
  const sites = Object.entries(siteRoles(cell)).map(([name, { region, role }]) => {
    const cluster = `projects/p/locations/${region}/clusters/bulkhead-eu1${name === HOME ? "" : `-${name}`}`;
    return [name, { region, role, cluster, instance: `${cluster}/instances/primary`, readPools: {} }];
  });
  return { writer: cell.writer, sites: Object.fromEntries(sites) };
}

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal);
    expect((error as Refusal).exitCode).toBe(2);
    return (error as Refusal).message;
  }
  throw new Error("it was not refused");
}

describe("promotion", () => {
  test("the lone secondary is the target, and what wrote is fenced", () => {
    const cell = config();
    expect(planPromotion("eu1", cell, applied(cell), {})).toEqual({
      cell: "eu1",
      from: "home",
      to: "dr",
      sites: { writer: "dr", fenced: ["home"], unreachable: [] },
      resumed: false,
    });
  });

  test("a run that was cut short goes on to the same target, and to no other", () => {
    const promoted = config({ secondaries: DR, writer: "dr", fenced: ["home"] });
    const before = applied(config());
    expect(planPromotion("eu1", promoted, before, {})).toMatchObject({ from: "home", to: "dr", resumed: true });
    expect(refusal(() => planPromotion("eu1", promoted, before, { to: "home" }))).toContain("to dr is under way");
  });

  test("a region that does not answer is written down until it does", () => {
    const cell = config();
    const lost = planPromotion("eu1", cell, applied(cell), { unreachable: true });
    expect(lost.sites).toEqual({ writer: "dr", fenced: ["home"], unreachable: ["home"] });
    const promoted = config({ secondaries: DR, ...lost.sites });
    expect(planPromotion("eu1", promoted, applied(promoted), {})).toMatchObject({
      from: "home",
      to: "dr",
      sites: { unreachable: [] },
      resumed: true,
    });
  });

  test("what was promoted already is gone over once more", () => {
    const promoted = config({ secondaries: DR, writer: "dr", fenced: ["home"] });
    expect(planPromotion("eu1", promoted, applied(promoted), {})).toMatchObject({ to: "dr", resumed: true });
  });

  test("a secondary that was never applied is no target", () => {
    expect(refusal(() => planPromotion("eu1", config(), applied(config({})), {}))).toContain("is not there yet");
  });

  test("further secondaries would be orphans, unless they are fenced too", () => {
    const cell = config({ secondaries: { ...DR, far: { region: "asia-east1" } } });
    const words = refusal(() => planPromotion("eu1", cell, applied(cell), { to: "dr" }));
    expect(words).toContain("far of eu1 replicates from home");
    expect(words).toContain("--fence-others");
    const plan = planPromotion("eu1", cell, applied(cell), { to: "dr", fenceOthers: true });
    expect(plan.sites).toEqual({ writer: "dr", fenced: ["home", "far"], unreachable: [] });
  });

  test("a second promotion keeps what the first has fenced", () => {
    const cell = config({ secondaries: { ...DR, far: { region: "asia-east1" } }, writer: "dr", fenced: ["home"] });
    expect(planPromotion("eu1", cell, applied(cell), {}).sites).toEqual({
      writer: "far",
      fenced: ["home", "dr"],
      unreachable: [],
    });
  });

  test.each([
    ["no secondary", {}, {}, "no secondary"],
    ["the writer itself", { secondaries: DR }, { to: "home" }, "writes already"],
    ["a name that is nearly one", { secondaries: DR }, { to: "dt" }, "did you mean dr?"],
    [
      "a fenced site",
      { secondaries: { ...DR, far: { region: "asia-east1" } }, writer: "dr", fenced: ["home"] },
      { to: "home" },
      "home of eu1 is fenced",
    ],
    ["a choice", { secondaries: { ...DR, far: { region: "asia-east1" } } }, {}, "say which with --to"],
  ])("%s is refused", (_, fields, options, words) => {
    const cell = config(fields);
    expect(refusal(() => planPromotion("eu1", cell, applied(cell), options))).toContain(words);
  });
});

test("tenants are not led out of where their data has to lie", () => {
  const cell = config();
  const plan = planPromotion("eu1", cell, applied(cell), {});
  const { tenants } = checkTenants(
    { acme: {}, initech: { residency: "eu" } },
    { cells: { eu1: cell }, defaultCell: "eu1" },
  );
  const words = refusal(() => refuseResidency(plan, "us-east4", tenants));
  expect(words).toContain("initech (eu)");
  expect(words).not.toContain("acme");
  refuseResidency(plan, "europe-west4", tenants);
});

describe("switchover", () => {
  test("nothing is fenced", () => {
    const cell = config();
    expect(planSwitchover("eu1", cell, applied(cell), {}).sites).toEqual({ writer: "dr", fenced: [], unreachable: [] });
  });

  test("it goes back home, and the old cluster stays its secondary", () => {
    const cell = config({ secondaries: DR, writer: "dr" });
    expect(planSwitchover("eu1", cell, applied(cell), {})).toMatchObject({ from: "dr", to: "home" });
  });

  test("neither finishes what the other has begun", () => {
    const switched = config({ secondaries: DR, writer: "dr" });
    const promoted = config({ secondaries: DR, writer: "dr", fenced: ["home"] });
    const before = applied(config());
    expect(refusal(() => planPromotion("eu1", switched, before, {}))).toContain("that is a switchover");
    expect(refusal(() => planSwitchover("eu1", promoted, before, {}))).toContain("that is a promotion");
  });
});
