import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { applyEdits, parseEdit } from "./edit.ts";

describe("an edit on the command line", () => {
  test.each([
    ["bulkhead:tenants.acme.tier=enterprise", "4-tenants", ["bulkhead:tenants", "acme", "tier"], "enterprise"],
    ["bulkhead:cells.eu1.cpuCount=8", "2-database", ["bulkhead:cells", "eu1", "cpuCount"], 8],
    [
      "bulkhead:tenants.hooli={ isolation: schema }",
      "4-tenants",
      ["bulkhead:tenants", "hooli"],
      { isolation: "schema" },
    ],
    ['bulkhead:cells.eu1.flags."work_mem.x"="1"', "2-database", ["bulkhead:cells", "eu1", "flags", "work_mem.x"], "1"],
    ["bulkhead:tenants.acme=", "4-tenants", ["bulkhead:tenants", "acme"], undefined],
    ["bulkhead:project=a=b", "1-foundation", ["bulkhead:project"], "a=b"],
  ])("%s", (text, layer, path, value) => {
    expect(parseEdit(text)).toEqual({ layer, path, value });
  });

  test.each([
    ["tenants.acme=1", /is not an edit: give .*bulkhead:/],
    ["bulkhead:tenants.acme.tier", /is not an edit/],
    ["bulkhead:tenant.acme.tier=pro", /"bulkhead:tenant" is no key of a stack file; there are .*tenants/],
    ["bulkhead:tenants.acme={", /no YAML/],
  ])("%s is refused, with a way out", (text, words) => {
    expect(() => parseEdit(text)).toThrow(words);
  });
});

describe("in a stack file", () => {
  let root: string;
  const file = () => join(root, "stacks/4-tenants/Pulumi.dev.yaml");
  const edit = (...texts: string[]) => applyEdits(root, "dev", texts.map(parseEdit));
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "bulkhead-edit-"));
    mkdirSync(join(root, "stacks/4-tenants"), { recursive: true });
    writeFileSync(file(), "# the tenants\nconfig:\n  bulkhead:tenants:\n    acme: {} # the first\n    globex:\n");
  });
  afterEach(() => rmSync(root, { recursive: true }));

  test("comments stay, and an entry without a value takes one", () => {
    edit("bulkhead:tenants.acme.tier=pro", "bulkhead:tenants.globex.tier=free", "bulkhead:tenants.hooli={}");
    const text = readFileSync(file(), "utf8");
    expect(text).toContain("# the tenants");
    expect(text).toContain("# the first");
    expect(text).toMatch(/acme:[\s\S]*tier: pro/);
    expect(text).toMatch(/globex:\s*\n?\s*\{?\s*tier: free/);
    expect(text).toContain("hooli: {}");
  });

  test("an entry goes; one that is not there cannot", () => {
    edit("bulkhead:tenants.acme=");
    expect(readFileSync(file(), "utf8")).not.toContain("acme");
    expect(() => edit("bulkhead:tenants.acme=")).toThrow("has no bulkhead:tenants.acme");
  });
});
