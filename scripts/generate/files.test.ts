import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { generatedFiles, staleFiles, writeFiles } from "./files.ts";

test("what the repository holds is current", () => {
  const stale = staleFiles(
    resolve(import.meta.dirname, "../.."),
    generatedFiles(resolve(import.meta.dirname, "../..")),
  );
  expect(stale, "run npm run generate and commit the result").toEqual([]);
});

describe("in a folder", () => {
  const files = new Map([
    ["packages/config/schemas/a.json", "{}\n"],
    ["docs/b.svg", "<svg/>\n"],
  ]);
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "bulkhead-generate-"));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  test("what is missing is stale, and is written once", () => {
    expect(staleFiles(root, files)).toEqual(["docs/b.svg", "packages/config/schemas/a.json"]);
    expect(writeFiles(root, files)).toHaveLength(2);
    expect(readFileSync(join(root, "docs/b.svg"), "utf8")).toBe("<svg/>\n");
    expect(staleFiles(root, files)).toEqual([]);
    expect(writeFiles(root, files)).toEqual([]);
  });

  test("what was edited by hand is stale", () => {
    writeFiles(root, files);
    writeFileSync(join(root, "docs/b.svg"), "<svg></svg>\n");
    expect(staleFiles(root, files)).toEqual(["docs/b.svg"]);
  });

  test("a schema that nothing writes any more is stale, and goes; other files stay", () => {
    writeFiles(root, files);
    mkdirSync(join(root, "docs"), { recursive: true });
    writeFileSync(join(root, "docs/by-hand.md"), "text");
    writeFileSync(join(root, "packages/config/schemas/old.json"), "{}");
    expect(staleFiles(root, files)).toEqual(["packages/config/schemas/old.json"]);
    writeFiles(root, files);
    expect(existsSync(join(root, "packages/config/schemas/old.json"))).toBe(false);
    expect(existsSync(join(root, "docs/by-hand.md"))).toBe(true);
  });
});
