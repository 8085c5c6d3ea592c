/** Every example of the docs is sound, and does in its environment what a reader expects: it changes something, and puts no data at risk. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readEnvironment } from "@bulkhead/config";
import { afterAll, beforeAll, expect, test } from "vitest";
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

test.each(examples)("$at is a sound part of its stack file", (example) => {
  const root = copyStacks(REPOSITORY, folder);
  applyExample(root, example);
  expect(readEnvironment(join(root, "stacks"), example.environment).name).toBe(example.environment);
});

const onWhatStands = examples.filter(({ after }) => after === undefined);

test.each(onWhatStands)("$at changes its layer, and puts no data at risk", async (example) => {
  const root = copyStacks(REPOSITORY, folder);
  applyExample(root, example);
  const { environment, layer } = example;
  const changes = (await previewStates(root, environment, openStates(environment), [layer]))[layer]!;
  expect(changes.length).toBeGreaterThan(0);
  expect(dataAtRisk(changes)).toEqual([]);
});
