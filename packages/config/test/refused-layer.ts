/** Asserts that one thing is wrong with the config of a layer, and that it is said where, what was found, and what to write instead. */
import { expect, test } from "vitest";
import type { Layer } from "../src/index.ts";
import { mistakesOf, sampleFiles } from "./sample.ts";

export interface BadLayer {
  layer: Layer;
  /** Keys that replace the sample's. */
  config: Record<string, unknown>;
  /** Below the layer's file. */
  path: string;
  value: unknown;
  remedy: string | RegExp;
  problem?: RegExp;
}

/** What is said of it. */
export type Told = Omit<BadLayer, "layer" | "config">;

/** A test for each. */
export function testRefused(bad: Readonly<Record<string, BadLayer>>): void {
  test.each(Object.entries(bad))("%s", (_name, { layer, config, path, value, remedy, problem }) => {
    const mistakes = mistakesOf(sampleFiles({ [layer]: config }));
    // A cell that is refused also leaves the tenants without one: only this layer's mistakes are counted here.
    const own = mistakes.filter((mistake) => mistake.path.includes(layer));
    expect(own).toHaveLength(1);
    expect(own[0]!.path).toBe(`stacks/${layer}/Pulumi.test.yaml ${path}`);
    expect(own[0]!.value).toEqual(value);
    if (typeof remedy === "string") expect(own[0]!.remedy).toBe(remedy);
    else expect(own[0]!.remedy).toMatch(remedy);
    if (problem) expect(own[0]!.problem).toMatch(problem);
  });
}
