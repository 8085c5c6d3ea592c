/** Tenants that are refused: each with the place, the value found there and what to write instead. */
import { describe, expect, test } from "vitest";
import { type Bad, expectOne, FILE, matching, TENANTS } from "../test/refused.ts";
import { LAYER_FILES, mistakesOf, sampleFiles } from "../test/sample.ts";
import { accountIdOf } from "./index.ts";

const UUID = "6f0e1c1e-8a52-4a0b-9c37-0d4f2f9a7b11";

const badEntries: Record<string, Bad> = {
  "a list in place of the map": {
    tenants: [{ id: "acme" }],
    path: TENANTS,
    value: [{ id: "acme" }],
    remedy: "give a map from tenant id to its settings",
  },
  "text in place of the map": { tenants: "acme", path: TENANTS, value: "acme", remedy: /give a map/ },
  "text in place of an entry": {
    tenants: { acme: "pooled" },
    path: `${TENANTS}.acme`,
    value: "pooled",
    remedy: "give a map",
    problem: /is a string/,
  },
  "an unknown isolation": {
    tenants: { acme: { isolation: "shared" } },
    path: `${TENANTS}.acme.isolation`,
    value: "shared",
    remedy: "use one of pooled, schema, database, instance",
  },
  "a misspelt isolation": {
    tenants: { acme: { isolation: "shcema" } },
    path: `${TENANTS}.acme.isolation`,
    value: "shcema",
    remedy: /^did you mean "schema"\?/,
  },
  "an isolation of another case": {
    tenants: { acme: { isolation: "Pooled" } },
    path: `${TENANTS}.acme.isolation`,
    value: "Pooled",
    remedy: /^did you mean "pooled"\?/,
  },
  "isolation as a list": {
    tenants: { acme: { isolation: ["schema"] } },
    path: `${TENANTS}.acme.isolation`,
    value: ["schema"],
    remedy: /use one of/,
  },
  "a machine for a tenant that has none of its own": {
    tenants: { acme: { isolation: "database", instance: { cpuCount: 4 } } },
    path: `${TENANTS}.acme.instance`,
    value: { cpuCount: 4 },
    remedy: "remove it, or use isolation: instance",
  },
  "an unknown cell": {
    tenants: { acme: { cell: "us7" } },
    path: `${TENANTS}.acme.cell`,
    value: "us7",
    remedy: "use one of eu1",
  },
  "a misspelt cell": {
    tenants: { acme: { cell: "ue1" } },
    path: `${TENANTS}.acme.cell`,
    value: "ue1",
    remedy: 'did you mean "eu1"?',
  },
  "a cell every object has": {
    tenants: { acme: { cell: "constructor" } },
    path: `${TENANTS}.acme.cell`,
    value: "constructor",
    remedy: "use one of eu1",
  },
  "an unknown tier": {
    tenants: { acme: { tier: "gold" } },
    path: `${TENANTS}.acme.tier`,
    value: "gold",
    remedy: "use one of free, pro, enterprise",
  },
  "an unknown channel": {
    tenants: { acme: { channel: "beta" } },
    path: `${TENANTS}.acme.channel`,
    value: "beta",
    remedy: "use one of stable, canary",
  },
  "an unknown status": {
    tenants: { acme: { status: "paused" } },
    path: `${TENANTS}.acme.status`,
    value: "paused",
    remedy: "use one of active, suspended, archived, deleted",
  },
  "a null status": {
    tenants: { acme: { status: null } },
    path: `${TENANTS}.acme.status`,
    value: null,
    remedy: /use one of active/,
  },
  "an unknown parent": {
    tenants: { acme: { parent: "initech" } },
    path: `${TENANTS}.acme.parent`,
    value: "initech",
    remedy: "add that tenant, or remove the parent",
  },
  "a misspelt parent": {
    tenants: { acme: {}, globex: { parent: "acem" } },
    path: `${TENANTS}.globex.parent`,
    value: "acem",
    remedy: 'did you mean "acme"?',
  },
  "itself as parent": {
    tenants: { acme: { parent: "acme" } },
    path: `${TENANTS}.acme.parent`,
    value: "acme",
    remedy: "name another tenant, or none",
  },
  "a cycle of two": {
    tenants: { globex: { parent: "acme" }, acme: { parent: "globex" } },
    path: `${TENANTS}.acme.parent`,
    value: "globex",
    remedy: "remove the parent of one of them",
    problem: /acme → globex → acme/,
  },
  "a cycle of three, with a tail": {
    tenants: { a1: { parent: "b1" }, b1: { parent: "c1" }, c1: { parent: "a1" }, tail: { parent: "b1" } },
    path: `${TENANTS}.a1.parent`,
    value: "b1",
    remedy: "remove the parent of one of them",
    problem: /a1 → b1 → c1 → a1/,
  },
  "deleted without confirmation": {
    tenants: { acme: { status: "deleted" } },
    path: `${TENANTS}.acme.deletionConfirmed`,
    value: undefined,
    remedy: "write deletionConfirmed: acme, or another status",
  },
  "deleted with the id of another": {
    tenants: { acme: { status: "deleted", deletionConfirmed: "globex" } },
    path: `${TENANTS}.acme.deletionConfirmed`,
    value: "globex",
    remedy: "write deletionConfirmed: acme, or another status",
  },
  "deletion confirmed by a boolean": {
    tenants: { acme: { status: "deleted", deletionConfirmed: true } },
    path: `${TENANTS}.acme.deletionConfirmed`,
    value: true,
    remedy: 'give a string, in quotes: "true"',
  },
  "a confirmation left behind": {
    tenants: { acme: { status: "archived", deletionConfirmed: "acme" } },
    path: `${TENANTS}.acme.deletionConfirmed`,
    value: "acme",
    remedy: /^remove it/,
  },
  "an account id that is none": {
    tenants: { acme: { accountId: "42" } },
    path: `${TENANTS}.acme.accountId`,
    value: "42",
    remedy: /^use a UUID/,
  },
  "an account id of two tenants": {
    tenants: { acme: { accountId: UUID }, globex: { accountId: UUID } },
    path: `${TENANTS}.globex.accountId`,
    value: UUID,
    remedy: /one of its own/,
    problem: /account id of acme too/,
  },
  "an account id of two tenants, one in upper case": {
    tenants: { acme: { accountId: UUID.toUpperCase() }, globex: { accountId: UUID } },
    path: `${TENANTS}.globex.accountId`,
    value: UUID,
    remedy: /one of its own/,
  },
  "an account id that another derives": {
    tenants: { acme: { accountId: accountIdOf("globex") }, globex: {} },
    path: `${TENANTS}.acme.accountId`,
    value: accountIdOf("globex"),
    remedy: /leave it out/,
    problem: /account id of globex too/,
  },
  "a residency that the cell does not satisfy": {
    tenants: { acme: { residency: "us" } },
    path: `${TENANTS}.acme.residency`,
    value: "us",
    remedy: "add a cell in a region that satisfies it",
    problem: /cell eu1 in europe-west1/,
  },
  "an unknown residency": {
    tenants: { acme: { residency: "mars" } },
    path: `${TENANTS}.acme.residency`,
    value: "mars",
    remedy: /use one of eu, uk, ch/,
  },
  "a label that is a number": {
    tenants: { acme: { labels: { "cost-centre": 42 } } },
    path: `${TENANTS}.acme.labels.cost-centre`,
    value: 42,
    remedy: 'give a string, in quotes: "42"',
  },
  "a label's key in upper case": {
    tenants: { acme: { labels: { Team: "red" } } },
    path: `${TENANTS}.acme.labels.Team`,
    value: "Team",
    remedy: /use 1 to 63 of a-z/,
  },
  "labels as a list": {
    tenants: { acme: { labels: ["red"] } },
    path: `${TENANTS}.acme.labels`,
    value: ["red"],
    remedy: "give a map",
  },
  "the prototype among the labels": {
    tenants: { acme: { labels: Object.fromEntries([["__proto__", "x"]]) } },
    path: `${TENANTS}.acme.labels.__proto__`,
    value: "__proto__",
    remedy: "remove it",
  },
  "a misspelt key": {
    tenants: { acme: { teir: "pro" } },
    path: `${TENANTS}.acme.teir`,
    value: "pro",
    remedy: 'did you mean "tier"?',
  },
  "a key that nothing is near to": {
    tenants: { acme: { colour: "red" } },
    path: `${TENANTS}.acme.colour`,
    value: "red",
    remedy: /use one of isolation, cell, tier/,
  },
};

describe("entries that are refused", () => {
  test.each(Object.entries(badEntries))("%s", (_name, bad) => expectOne(bad));
});

describe("a tenants file that is refused", () => {
  test("the same id twice", () => {
    const text = "config:\n  bulkhead:tenants:\n    acme: {}\n    globex: {}\n    acme: { tier: pro }\n";
    expect(mistakesOf(sampleFiles({}, { [LAYER_FILES["4-tenants"]]: text }))).toEqual([
      { path: `${FILE}:5`, value: "acme", problem: "has the same key twice", remedy: "keep one of the two" },
    ]);
  });

  test("a misspelt key beside the tenants, and a bad tier", () => {
    const mistakes = mistakesOf(
      sampleFiles({
        "4-tenants": { "bulkhead:tennants": {}, "bulkhead:tiers": { fre: {}, pro: { statementTimeout: "5 seconds" } } },
      }),
    );
    expect(mistakes).toMatchObject(
      [
        { path: `${FILE} bulkhead:tiers.pro.statementTimeout`, value: "5 seconds", remedy: /500ms/ },
        { path: `${FILE} bulkhead:tiers.fre`, value: {}, remedy: 'did you mean "free"?' },
        { path: `${FILE} bulkhead:tennants`, value: {}, remedy: 'did you mean "tenants"?' },
      ].map((mistake) => ({ ...mistake, remedy: matching(mistake.remedy) })),
    );
  });
});
