import { describe, expect, test } from "vitest";
import { inventory } from "./inventory.ts";

const resource = (name: string, type: string, inputs: Record<string, unknown>, protect = false) => ({
  urn: `urn:pulumi:dev::bulkhead-x::${type}::${name}`,
  type,
  custom: true,
  inputs,
  protect,
});
const of = (...resources: ReturnType<typeof resource>[]) => inventory({ "1-foundation": resources });

describe("an inventory", () => {
  test("is the same whatever the order of resources and properties", () => {
    const a = resource("a", "gcp:x:X", { b: 1, a: { d: 1, c: 2 } });
    const b = resource("b", "gcp:x:X", { name: "b" });
    const turned = resource("a", "gcp:x:X", { a: { c: 2, d: 1 }, b: 1 });
    expect(of(a, b)).toBe(of(b, turned));
  });

  test("holds no secret, not even an encrypted one", () => {
    const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1:abc" };
    const text = of(resource("a", "gcp:x:X", { password: secret, list: [{ token: secret }] }));
    expect(text).not.toContain("v1:abc");
    expect(text.match(/\(secret\)/g)).toHaveLength(2);
  });

  test("an edit of a long text or of hashed content shows, an attempt does not", () => {
    const long = (end: string) => of(resource("a", "gcp:x:X", { text: "x".repeat(500) + end }));
    expect(long("1")).not.toBe(long("2"));
    const job = (hash: string) => of(resource("a", "kubernetes:batch/v1:Job", { metadata: { name: `prove-${hash}` } }));
    expect(job("0123456789")).toBe(job("abcdef0123"));
  });

  test("says what is protected", () => {
    expect(of(resource("a", "gcp:x:X", {}, true))).toContain("(protected): true");
  });
});
