/** The stack files of every layer. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { LAYERS, readEnvironment } from "@bulkhead/config";
import { describe, expect, test } from "vitest";

const stacks = resolve(import.meta.dirname, "..");
const files = LAYERS.flatMap((layer) => globSync(join(layer, "Pulumi.*.yaml"), { cwd: stacks })).sort();

describe.each(LAYERS)("%s", (layer) => {
  test("is in every environment: nothing is local only", () => {
    const environments = files.filter((file) => dirname(file) === layer);
    expect(environments).toEqual(
      expect.arrayContaining([join(layer, "Pulumi.dev.yaml"), join(layer, "Pulumi.local.yaml")]),
    );
  });
});

test.each(files)("%s names its layer's schema in its first line, so that editors check it", (file) => {
  const [, schema = ""] =
    /^# yaml-language-server: \$schema=(\S+)\n/.exec(readFileSync(join(stacks, file), "utf8")) ?? [];
  expect(schema).toMatch(new RegExp(`/${dirname(file).replace(/^\d-/, "")}\\.json$`));
  expect(existsSync(resolve(stacks, dirname(file), schema))).toBe(true);
});

test("dev is a whole and sound environment", () => {
  const environment = readEnvironment(stacks, "dev");
  expect(Object.keys(environment.database.cells)).not.toEqual([]);
  expect(environment.tenants.tenants).not.toEqual([]);
});
