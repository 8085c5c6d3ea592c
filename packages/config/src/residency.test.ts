import { expect, test } from "vitest";
import { checkTenants } from "./tenants.ts";

const cells = {
  eu1: { region: "europe-west1", secondaries: { dr: { region: "us-east4" } } },
  eu2: { region: "europe-west4", sites: { home: { region: "europe-west4" }, dr: { region: "europe-west1" } } },
};
const problems = (entry: object) =>
  checkTenants({ acme: { residency: "eu", ...entry } }, { cells, defaultCell: "eu1" }).mistakes.map(
    ({ problem, remedy }) => `${problem}; ${remedy}`,
  );

test("a cell whose replica lies abroad does not satisfy a residency", () => {
  expect(problems({})).toEqual([
    "is not satisfied by cell eu1 in europe-west1, whose replicas take its data to us-east4; use cell eu2",
  ]);
  expect(problems({ isolation: "database" })).toHaveLength(1);
});

test("one whose replicas lie within it does, and so does a cluster of the tenant's own, which has none", () => {
  expect(problems({ cell: "eu2" })).toEqual([]);
  expect(problems({ isolation: "instance" })).toEqual([]);
});
