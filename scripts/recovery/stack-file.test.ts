import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { withSites, writeStackFile } from "./stack-file.ts";

const TEXT = `# yaml-language-server: $schema=../../packages/config/schemas/database.json
config:
  bulkhead:cells:
    # Europe. Ask Ada before touching this.
    eu1:
      region: europe-west1   # Belgium
      cpuCount: 16

      secondaries:
        dr: { region: us-east4, cpuCount: 16 } # as big as the primary
      flags:
        max_wal_size:   "4096"
    us1: {region: us-east4}
`;

test("a promotion adds two lines beside the region, and nothing else changes", () => {
  const edited = withSites(TEXT, "eu1", { writer: "dr", fenced: ["home"], unreachable: [] });
  expect(edited.split("\n").filter((line) => !TEXT.split("\n").includes(line))).toEqual([
    "      writer: dr",
    "      fenced: [home]",
  ]);
  expect(edited.split("\n").filter((line) => !/writer|fenced/.test(line))).toEqual(TEXT.split("\n"));
  expect(edited.indexOf("writer: dr")).toBeGreaterThan(edited.indexOf("# Belgium"));
});

test("a second edit replaces what the first has written, and going home takes it out", () => {
  const first = withSites(TEXT, "eu1", { writer: "dr", fenced: ["home"], unreachable: [] });
  expect(withSites(TEXT, "eu1", { writer: "dr", fenced: ["home"], unreachable: ["home"] })).toContain(
    "      writer: dr\n      fenced: [home]\n      unreachable: [home]\n",
  );
  const second = withSites(first, "eu1", { writer: "back", fenced: ["home", "dr"], unreachable: [] });
  expect(parse(second).config["bulkhead:cells"].eu1).toMatchObject({ writer: "back", fenced: ["home", "dr"] });
  expect(second).toContain("# Ask Ada".slice(2));
  expect(withSites(second, "eu1", { writer: "home", fenced: [], unreachable: [] })).toBe(TEXT);
});

test.each([
  ["a list over several lines", TEXT.replace("      cpuCount", "      fenced:\n        - old\n      cpuCount")],
  [
    "a cell on one line",
    TEXT.replace(
      / {4}eu1:[\s\S]*(?= {4}us1)/,
      "    eu1: {region: europe-west1, secondaries: {dr: {region: us-east4}}}\n",
    ),
  ],
  ["no line break at the end", "config:\n  bulkhead:cells:\n    eu1:\n      region: europe-west1"],
  ["a quoted key", TEXT.replace("bulkhead:cells:", '"bulkhead:cells":')],
])("%s is edited too", (_, text) => {
  const edited = withSites(text, "eu1", { writer: "dr", fenced: ["home"], unreachable: [] });
  const { eu1, ...others } = parse(edited).config["bulkhead:cells"];
  const before = parse(text).config["bulkhead:cells"];
  expect(eu1).toEqual({ ...before.eu1, writer: "dr", fenced: ["home"] });
  expect({ ...others, eu1: before.eu1 }).toEqual(before);
  expect(edited.match(/#.*/g)).toEqual(text.match(/#.*/g));
});

test("writing keeps the file's permissions", () => {
  const folder = mkdtempSync(join(tmpdir(), "bulkhead-stack-file-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "Pulumi.prod.yaml");
  writeFileSync(file, TEXT, { mode: 0o640 });
  writeStackFile(file, "config: {}\n");
  expect(statSync(file).mode & 0o777).toBe(0o640);
});
