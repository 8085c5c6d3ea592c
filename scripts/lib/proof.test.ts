import { expect, test } from "vitest";
import { proofOf } from "./proof.ts";

test("the result of the last attempt, without the progress before and between", () => {
  const log =
    "   0.4s  pairs of tenants attacked: 1 of 12\nisolation NOT proven: 1 leaks\n  claims door: a\n   0.9s  pairs\nisolation proven: 486 attacks, no leak\n";
  expect(proofOf(log)).toEqual(["isolation proven: 486 attacks, no leak"]);
});

test("a failed proof keeps its leaks, a proof without an end is none", () => {
  expect(proofOf("isolation NOT proven: 1 leaks\n  claims door: a\n\n")).toEqual([
    "isolation NOT proven: 1 leaks",
    "  claims door: a",
  ]);
  expect(proofOf("   0.4s  pairs of tenants attacked: 1 of 12\n")).toEqual([
    "not proven: the last proof came to no end; npm run up tries again",
  ]);
});
