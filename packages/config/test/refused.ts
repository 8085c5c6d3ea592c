/** Asserts that one thing is wrong with a tenants map, and that it is said where, what was found, and what to write instead. */
import { expect } from "vitest";
import { mistakesOf, sampleFiles } from "./sample.ts";

export const FILE = "stacks/4-tenants/Pulumi.test.yaml";
export const TENANTS = `${FILE} bulkhead:tenants`;

export interface Bad {
  /** What stands under `bulkhead:tenants`. */
  tenants: unknown;
  path: string;
  value: unknown;
  remedy: string | RegExp;
  problem?: RegExp;
}

export function expectOne({ tenants, path, value, remedy, problem }: Bad): void {
  const mistakes = mistakesOf(sampleFiles({ "4-tenants": { "bulkhead:tenants": tenants } }));
  expect(mistakes).toHaveLength(1);
  expect(mistakes[0]).toMatchObject({ path, remedy: matching(remedy) });
  expect(mistakes[0]!.value).toEqual(value);
  if (problem) expect(mistakes[0]!.problem).toMatch(problem);
}

export function matching(remedy: string | RegExp): unknown {
  return typeof remedy === "string" ? remedy : expect.stringMatching(remedy);
}
