/** Tenants that are refused: each with the place, the value found there and what to write instead. */
import { describe, expect, test } from "vitest";
import { LAYER_FILES, mistakesOf, sampleFiles } from "../test/sample.ts";
import { accountIdOf, ConfigError, renderMistake } from "./index.ts";

const FILE = "stacks/4-tenants/Pulumi.test.yaml";
const T = `${FILE} bulkhead:tenants`;
const UUID = "6f0e1c1e-8a52-4a0b-9c37-0d4f2f9a7b11";
const LONG = "a".repeat(41);

interface Bad {
  /** What stands under `bulkhead:tenants`. */
  tenants: unknown;
  path: string;
  value: unknown;
  remedy: string | RegExp;
  problem?: RegExp;
}

const badIds: Record<string, Omit<Bad, "tenants" | "path"> & { id: string; shown?: string }> = {
  "upper case and a space": {
    id: "Acme Corp",
    value: "Acme Corp",
    remedy: 'use "acme-corp"',
    problem: /^upper case and a space$/,
  },
  "an underscore": { id: "acme_corp", value: "acme_corp", remedy: 'use "acme-corp"', shown: ".acme_corp" },
  empty: { id: "", value: "", remedy: /a letter first, such as "acme-corp"/, problem: /^an empty id$/ },
  "one character": { id: "a", value: "a", remedy: /2 to 40/, problem: /shorter than 2/, shown: ".a" },
  "41 characters": {
    id: LONG,
    value: LONG,
    remedy: `use "${"a".repeat(40)}"`,
    problem: /41 characters, over the limit of 40/,
    shown: `.${LONG}`,
  },
  "a digit first": { id: "1acme", value: "1acme", remedy: 'use "acme"', problem: /a digit first/ },
  "a hyphen at the end": { id: "acme-", value: "acme-", remedy: 'use "acme"', shown: ".acme-" },
  "two hyphens": { id: "ac--me", value: "ac--me", remedy: 'use "ac-me"', shown: ".ac--me" },
  reserved: { id: "postgres", value: "postgres", remedy: /postgres-tenant/, shown: ".postgres" },
  "reserved, of the platform": { id: "defaults", value: "defaults", remedy: /defaults-tenant/, shown: ".defaults" },
  "a name every object has": { id: "constructor", value: "constructor", remedy: /use another/, shown: ".constructor" },
  "the prototype": { id: "__proto__", value: "__proto__", remedy: 'use "proto"', shown: ".__proto__" },
  accents: { id: "café", value: "café", remedy: 'use "cafe"', problem: /not plain ASCII \(U\+00E9\)/ },
  "a Cyrillic homoglyph": {
    id: "аcme",
    value: "аcme",
    remedy: /^use 2 to 40 of a-z/,
    problem: /not plain ASCII \(U\+0430\)/,
  },
  "a zero-width space": {
    id: "ac\u200bme",
    value: "ac\u200bme",
    remedy: 'use "acme"',
    problem: /U\+200B/,
    shown: '."ac\\u200bme"',
  },
  "right-to-left override": {
    id: "acme\u202egpj",
    value: "acme\u202egpj",
    remedy: 'use "acmegpj"',
    problem: /U\+202E/,
    shown: '."acme\\u202egpj"',
  },
  "full-width letters": { id: "ａｃｍｅ", value: "ａｃｍｅ", remedy: 'use "acme"', problem: /U\+FF41/ },
  "an emoji": { id: "🚢", value: "🚢", remedy: /^use 2 to 40/, problem: /U\+1F6A2/ },
  "SQL with quotes": {
    id: 'x"; drop schema app cascade; --',
    value: 'x"; drop schema app cascade; --',
    remedy: 'use "x-drop-schema-app-cascade"',
    shown: '."x\\"; drop schema app cascade; --"',
  },
  "SQL with an apostrophe": { id: "a' or '1'='1", value: "a' or '1'='1", remedy: 'use "a-or-1-1"' },
  "a path": { id: "../../etc/passwd", value: "../../etc/passwd", remedy: 'use "etc-passwd"' },
  "a newline": { id: "acme\n", value: "acme\n", remedy: 'use "acme"', shown: '."acme\\n"' },
};

describe("ids that are refused", () => {
  test.each(Object.entries(badIds))("%s", (_name, { id, shown, ...expected }) => {
    const tenants = Object.fromEntries([[id, {}]]);
    expectOne({ tenants, path: `${T}${shown ?? `.${JSON.stringify(id)}`}`, ...expected });
  });
});

const badEntries: Record<string, Bad> = {
  "a list in place of the map": {
    tenants: [{ id: "acme" }],
    path: T,
    value: [{ id: "acme" }],
    remedy: "give a map from tenant id to its settings",
  },
  "text in place of the map": { tenants: "acme", path: T, value: "acme", remedy: /give a map/ },
  "text in place of an entry": {
    tenants: { acme: "pooled" },
    path: `${T}.acme`,
    value: "pooled",
    remedy: "give a map",
    problem: /is a string/,
  },
  "an unknown isolation": {
    tenants: { acme: { isolation: "shared" } },
    path: `${T}.acme.isolation`,
    value: "shared",
    remedy: "use one of pooled, schema, database, instance",
  },
  "a misspelt isolation": {
    tenants: { acme: { isolation: "shcema" } },
    path: `${T}.acme.isolation`,
    value: "shcema",
    remedy: /^did you mean "schema"\?/,
  },
  "an isolation of another case": {
    tenants: { acme: { isolation: "Pooled" } },
    path: `${T}.acme.isolation`,
    value: "Pooled",
    remedy: /^did you mean "pooled"\?/,
  },
  "isolation as a list": {
    tenants: { acme: { isolation: ["schema"] } },
    path: `${T}.acme.isolation`,
    value: ["schema"],
    remedy: /use one of/,
  },
  "an unknown cell": {
    tenants: { acme: { cell: "us7" } },
    path: `${T}.acme.cell`,
    value: "us7",
    remedy: "use one of eu1",
  },
  "a misspelt cell": {
    tenants: { acme: { cell: "ue1" } },
    path: `${T}.acme.cell`,
    value: "ue1",
    remedy: 'did you mean "eu1"?',
  },
  "a cell every object has": {
    tenants: { acme: { cell: "constructor" } },
    path: `${T}.acme.cell`,
    value: "constructor",
    remedy: "use one of eu1",
  },
  "an unknown tier": {
    tenants: { acme: { tier: "gold" } },
    path: `${T}.acme.tier`,
    value: "gold",
    remedy: "use one of free, pro, enterprise",
  },
  "an unknown channel": {
    tenants: { acme: { channel: "beta" } },
    path: `${T}.acme.channel`,
    value: "beta",
    remedy: "use one of stable, canary",
  },
  "an unknown status": {
    tenants: { acme: { status: "paused" } },
    path: `${T}.acme.status`,
    value: "paused",
    remedy: "use one of active, suspended, archived, deleted",
  },
  "a null status": {
    tenants: { acme: { status: null } },
    path: `${T}.acme.status`,
    value: null,
    remedy: /use one of active/,
  },
  "an unknown parent": {
    tenants: { acme: { parent: "initech" } },
    path: `${T}.acme.parent`,
    value: "initech",
    remedy: "add that tenant, or remove the parent",
  },
  "a misspelt parent": {
    tenants: { acme: {}, globex: { parent: "acem" } },
    path: `${T}.globex.parent`,
    value: "acem",
    remedy: 'did you mean "acme"?',
  },
  "itself as parent": {
    tenants: { acme: { parent: "acme" } },
    path: `${T}.acme.parent`,
    value: "acme",
    remedy: "name another tenant, or none",
  },
  "a cycle of two": {
    tenants: { globex: { parent: "acme" }, acme: { parent: "globex" } },
    path: `${T}.acme.parent`,
    value: "globex",
    remedy: "remove the parent of one of them",
    problem: /acme → globex → acme/,
  },
  "a cycle of three, with a tail": {
    tenants: { a1: { parent: "b1" }, b1: { parent: "c1" }, c1: { parent: "a1" }, tail: { parent: "b1" } },
    path: `${T}.a1.parent`,
    value: "b1",
    remedy: "remove the parent of one of them",
    problem: /a1 → b1 → c1 → a1/,
  },
  "deleted without confirmation": {
    tenants: { acme: { status: "deleted" } },
    path: `${T}.acme.deletionConfirmed`,
    value: undefined,
    remedy: "write deletionConfirmed: acme, or another status",
  },
  "deleted with the id of another": {
    tenants: { acme: { status: "deleted", deletionConfirmed: "globex" } },
    path: `${T}.acme.deletionConfirmed`,
    value: "globex",
    remedy: "write deletionConfirmed: acme, or another status",
  },
  "deletion confirmed by a boolean": {
    tenants: { acme: { status: "deleted", deletionConfirmed: true } },
    path: `${T}.acme.deletionConfirmed`,
    value: true,
    remedy: 'give a string, in quotes: "true"',
  },
  "a confirmation left behind": {
    tenants: { acme: { status: "archived", deletionConfirmed: "acme" } },
    path: `${T}.acme.deletionConfirmed`,
    value: "acme",
    remedy: /^remove it/,
  },
  "an account id that is none": {
    tenants: { acme: { accountId: "42" } },
    path: `${T}.acme.accountId`,
    value: "42",
    remedy: /^use a UUID/,
  },
  "an account id of two tenants": {
    tenants: { acme: { accountId: UUID }, globex: { accountId: UUID } },
    path: `${T}.globex.accountId`,
    value: UUID,
    remedy: /one of its own/,
    problem: /account id of acme too/,
  },
  "an account id of two tenants, one in upper case": {
    tenants: { acme: { accountId: UUID.toUpperCase() }, globex: { accountId: UUID } },
    path: `${T}.globex.accountId`,
    value: UUID,
    remedy: /one of its own/,
  },
  "an account id that another derives": {
    tenants: { acme: { accountId: accountIdOf("globex") }, globex: {} },
    path: `${T}.acme.accountId`,
    value: accountIdOf("globex"),
    remedy: /leave it out/,
    problem: /account id of globex too/,
  },
  "a residency that the cell does not satisfy": {
    tenants: { acme: { residency: "us" } },
    path: `${T}.acme.residency`,
    value: "us",
    remedy: "add a cell in a region that satisfies it",
    problem: /cell eu1 in europe-west1/,
  },
  "an unknown residency": {
    tenants: { acme: { residency: "mars" } },
    path: `${T}.acme.residency`,
    value: "mars",
    remedy: /use one of eu, uk, ch/,
  },
  "a label that is a number": {
    tenants: { acme: { labels: { "cost-centre": 42 } } },
    path: `${T}.acme.labels.cost-centre`,
    value: 42,
    remedy: 'give a string, in quotes: "42"',
  },
  "a label's key in upper case": {
    tenants: { acme: { labels: { Team: "red" } } },
    path: `${T}.acme.labels.Team`,
    value: "Team",
    remedy: /use 1 to 63 of a-z/,
  },
  "labels as a list": {
    tenants: { acme: { labels: ["red"] } },
    path: `${T}.acme.labels`,
    value: ["red"],
    remedy: "give a map",
  },
  "the prototype among the labels": {
    tenants: { acme: { labels: Object.fromEntries([["__proto__", "x"]]) } },
    path: `${T}.acme.labels.__proto__`,
    value: "__proto__",
    remedy: "remove it",
  },
  "a misspelt key": {
    tenants: { acme: { teir: "pro" } },
    path: `${T}.acme.teir`,
    value: "pro",
    remedy: 'did you mean "tier"?',
  },
  "a key that nothing is near to": {
    tenants: { acme: { colour: "red" } },
    path: `${T}.acme.colour`,
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

test("a mistake is one line, whatever an id holds", () => {
  const id = `a\u202e\n\u0000${"x".repeat(500)}`;
  const [mistake] = mistakesOf(sampleFiles({ "4-tenants": { "bulkhead:tenants": { [id]: {} } } }));
  const line = renderMistake(mistake!);
  expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(line.length).toBeLessThan(500);
  expect(new ConfigError([mistake!]).message.split("\n")).toHaveLength(2);
});

function expectOne({ tenants, path, value, remedy, problem }: Bad): void {
  const mistakes = mistakesOf(sampleFiles({ "4-tenants": { "bulkhead:tenants": tenants } }));
  expect(mistakes).toHaveLength(1);
  expect(mistakes[0]).toMatchObject({ path, remedy: matching(remedy) });
  expect(mistakes[0]!.value).toEqual(value);
  if (problem) expect(mistakes[0]!.problem).toMatch(problem);
}

function matching(remedy: string | RegExp): unknown {
  return typeof remedy === "string" ? remedy : expect.stringMatching(remedy);
}
