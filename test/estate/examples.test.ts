/** Every example of the docs is sound, and does in its environment what a reader expects: it changes something, and puts no data at risk. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readEnvironment } from "@bulkhead/config";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { REPOSITORY } from "../../scripts/lib/platform.ts";
import { dataAtRisk } from "../../scripts/rehearsal/changes.ts";
import { copyStacks } from "../../scripts/rehearsal/edit.ts";
import { previewStates } from "../../scripts/rehearsal/release.ts";
import { openStates } from "../support/estate.ts";
import { applyExample, examplesOfDocs } from "../support/examples.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "bulkhead-examples-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const examples = examplesOfDocs();

test("there are examples of a region, a cell, a secondary and a read pool", () => {
  const texts = examples.map(({ text }) => text).join("\n");
  for (const word of ["bulkhead:regions", "bulkhead:cells", "secondaries", "readPools"]) expect(texts).toContain(word);
});

describe.each(examples)("$at", (example) => {
  test("is a sound part of its stack file", () => {
    const root = copyStacks(REPOSITORY, folder);
    applyExample(root, example);
    expect(readEnvironment(join(root, "stacks"), example.environment).name).toBe(example.environment);
  });

  test.runIf(example.after === undefined)("changes its layer, and puts no data at risk", async () => {
    const root = copyStacks(REPOSITORY, folder);
    applyExample(root, example);
    const changes = (await previewStates(root, example.environment, openStates(example.environment), [example.layer]))[
      example.layer
    ]!;
    expect(changes.length).toBeGreaterThan(0);
    expect(dataAtRisk(changes)).toEqual([]);
  });
});
