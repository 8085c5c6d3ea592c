import { describe, expect, test } from "vitest";
import { deepDiff } from "./diff.ts";
import { missingProperties, replaces } from "./rules.ts";
import { hasUnknown, isSecret, markCredentials, redactProps, reveal, secret, UNKNOWN } from "./values.ts";

describe("required properties", () => {
  const required = ["name", "block.inner", "list.key", "block.deep.leaf"];

  test("are all reported at once, with their paths", () => {
    const found = missingProperties({ block: {}, list: [{ key: 1 }, {}] }, required).map((f) => f.property);
    expect(found).toEqual(["block.inner", "list[1].key", "name"]);
  });

  test("below a block only where the block is given", () => {
    expect(missingProperties({ name: "n" }, required)).toEqual([]);
  });

  test("count as given while unknown, also inside a secret", () => {
    expect(missingProperties({ name: UNKNOWN, block: secret({ inner: UNKNOWN }) }, required)).toEqual([]);
    expect(missingProperties({ name: "n", block: UNKNOWN }, required)).toEqual([]);
  });
});

describe("the diff", () => {
  test("names leaves, list elements and keys that are no words", () => {
    const changes = deepDiff(
      { a: { b: 1, c: [1, { d: 2 }] }, labels: { "x/y": "1" } },
      { a: { b: 2, c: [1, { d: 3 }, 4] }, labels: { "x/y": "2" } },
    );
    expect(changes.map((c) => [c.path, c.kind])).toEqual([
      ["a.b", "update"],
      ["a.c[1].d", "update"],
      ["a.c[2]", "add"],
      ['labels["x/y"]', "update"],
    ]);
  });

  test("sees no change in becoming a secret, in null for nothing, or in the order of keys", () => {
    expect(deepDiff({ a: "x", b: null, c: { d: 1, e: 2 } }, { a: secret("x"), c: { e: 2, d: 1 } })).toEqual([]);
  });

  test("takes an unknown for a change", () => {
    expect(deepDiff({ a: "x" }, { a: UNKNOWN }).map((c) => c.path)).toEqual(["a"]);
  });
});

describe("replacement", () => {
  const doReplace = (olds: object, news: object, listed: string[]) =>
    deepDiff(olds as never, news as never).some((c) => replaces(c, listed));

  test("by a listed field, at any depth and in any element", () => {
    expect(doReplace({ a: [{ b: 1 }] }, { a: [{ b: 2 }] }, ["a.b"])).toBe(true);
    expect(doReplace({ a: [{ c: 1 }] }, { a: [{ c: 2 }] }, ["a.b"])).toBe(false);
  });

  test("by a block that appears with a listed field in it", () => {
    expect(doReplace({}, { enc: { key: "k" } }, ["enc.key"])).toBe(true);
    expect(doReplace({}, { enc: { other: "k" } }, ["enc.key"])).toBe(false);
  });

  test("a listed map replaces by any key, a listed block only by its listed fields", () => {
    expect(doReplace({ m: { x: 1 } }, { m: { x: 2 } }, ["m"])).toBe(true);
    expect(doReplace({ m: { x: 1 } }, { m: { x: 2 } }, ["m", "m.y"])).toBe(false);
    expect(doReplace({ m: { y: 1 } }, { m: { y: 2 } }, ["m", "m.y"])).toBe(true);
  });
});

describe("values", () => {
  test("secrets are marked once, revealed at any depth, and blanked on request", () => {
    const marked = secret(secret("s"));
    expect(isSecret(marked)).toBe(true);
    expect(reveal({ a: [marked] })).toEqual({ a: ["s"] });
    expect(redactProps({ a: [marked], b: 1 })).toEqual({ a: ["[secret]"], b: 1 });
  });

  test("credentials are marked by their names, wherever they are", () => {
    const marked = markCredentials({ initialUser: { user: "u", password: "p" }, list: [{ password: "q" }] });
    expect(JSON.stringify(redactProps(marked))).not.toMatch(/"[pq]"/);
    expect(reveal(marked)).toEqual({ initialUser: { user: "u", password: "p" }, list: [{ password: "q" }] });
  });

  test("an unknown is found inside secrets and lists", () => {
    expect(hasUnknown({ a: [secret({ b: UNKNOWN })] })).toBe(true);
    expect(hasUnknown({ a: [secret({ b: "known" })] })).toBe(false);
  });
});
