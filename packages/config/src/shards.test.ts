import { describe, expect, test } from "vitest";
import { placeInShards } from "./shards.ts";

const LIMITS = { shards: 2, schemasPerShard: 2 };

describe("places", () => {
  test("the first shard with room, in the order of the ids", () => {
    expect(placeInShards(["c", "a", "b"], {}, LIMITS)).toEqual({ shards: { a: 0, b: 0, c: 1 }, homeless: [] });
  });

  test("a new tenant moves no other, whatever its name, and one that is gone leaves its place to nobody", () => {
    const before = placeInShards(["b", "c", "d"], {}, LIMITS).shards;
    const after = placeInShards(["a", "b", "d"], before, LIMITS).shards;
    expect(after).toMatchObject(before);
    expect(after.a).toBe(1);
    expect(Object.values(after).filter((shard) => shard === 0)).toHaveLength(2);
  });

  test("more shards move nobody", () => {
    const before = placeInShards(["a", "b", "c"], {}, LIMITS).shards;
    expect(placeInShards(["a", "b", "c"], before, { shards: 50, schemasPerShard: 1 }).shards).toEqual(before);
  });

  test("who finds no room is named, and nobody is squeezed in", () => {
    const { homeless, shards } = placeInShards(["a", "b", "c", "d", "e"], {}, LIMITS);
    expect(homeless).toEqual(["e"]);
    expect(shards.e).toBeUndefined();
  });
});
