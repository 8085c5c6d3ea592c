/** Ids that are refused: each with the place, the value found there and what to write instead. */
import { describe, expect, test } from "vitest";
import { type Bad, expectOne, TENANTS } from "../test/refused.ts";
import { mistakesOf, sampleFiles } from "../test/sample.ts";
import { ConfigError, renderMistake } from "./index.ts";

const LONG = "a".repeat(41);

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
    expectOne({ tenants, path: `${TENANTS}${shown ?? `.${JSON.stringify(id)}`}`, ...expected });
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
