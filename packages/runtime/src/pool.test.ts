import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { eachBounded } from "./pool.ts";

test("every item once, never more than the limit at a time", async () => {
  let running = 0;
  let most = 0;
  const seen: number[] = [];
  await eachBounded([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    most = Math.max(most, ++running);
    await sleep(Math.random() * 5);
    seen.push(item);
    running--;
  });
  expect(seen.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(most).toBe(3);
});

test("an error stops what has not begun, and is thrown when all workers are at rest", async () => {
  const begun: number[] = [];
  let running = 0;
  const failing = eachBounded([1, 2, 3, 4, 5, 6], 2, async (item) => {
    begun.push(item);
    running++;
    await sleep(item === 1 ? 1 : 20);
    running--;
    if (item === 1) throw new Error("one");
  });
  await expect(failing).rejects.toThrow("one");
  expect(running).toBe(0);
  expect(begun).toEqual([1, 2]);
});

test("nothing to do is done", async () => {
  await eachBounded([], 4, async () => expect.unreachable());
});
