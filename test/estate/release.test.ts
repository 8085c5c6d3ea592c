/** Upgrades: the state of the last release, under its own stack files and today's programs. `npm run rehearse -- prod --release` keeps a new one. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LAYERS } from "@bulkhead/config";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { REPOSITORY } from "../../scripts/lib/platform.ts";
import { type Change, dataAtRisk } from "../../scripts/rehearsal/changes.ts";
import { copyStacks } from "../../scripts/rehearsal/edit.ts";
import { previewRelease, type Release, readRelease } from "../../scripts/rehearsal/release.ts";
import { ENVIRONMENTS } from "../support/estate.ts";

let folder: string;
const changed = new Map<string, Change[]>();
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "bulkhead-release-"));
  const each = ENVIRONMENTS.map(async (environment) => {
    changed.set(environment, await changesOf(readRelease(REPOSITORY, environment)));
  });
  await Promise.all(each);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Made anew under a new name whenever their content changes, and hold nothing. */
const NAMED_AFTER_CONTENT = /^kubernetes:(?:batch\/v1:Job|core\/v1:ConfigMap)$/;

async function changesOf(release: Release): Promise<Change[]> {
  const layers = await previewRelease(copyStacks(REPOSITORY, folder), release);
  return LAYERS.flatMap((layer) => layers[layer]);
}

describe.each(ENVIRONMENTS)("%s as the last release left it", (environment) => {
  test("nothing is replaced but what is named after its content", () => {
    expect(
      changed.get(environment)!.filter(({ op, type }) => op === "replace" && !NAMED_AFTER_CONTENT.test(type)),
    ).toEqual([]);
  });

  test("nothing that holds data is deleted or replaced", () => {
    expect(dataAtRisk(changed.get(environment)!)).toEqual([]);
  });
});

test("a cluster whose name in the program changed would be seen", async () => {
  const release = JSON.stringify(readRelease(REPOSITORY, "dev")).replaceAll(
    "gcp:alloydb/cluster:Cluster::bulkhead-eu1",
    "gcp:alloydb/cluster:Cluster::renamed-eu1",
  );
  const changes = await changesOf(JSON.parse(release));
  expect(dataAtRisk(changes)).toContainEqual(
    expect.objectContaining({ op: "delete", type: "gcp:alloydb/cluster:Cluster", name: "renamed-eu1" }),
  );
});
