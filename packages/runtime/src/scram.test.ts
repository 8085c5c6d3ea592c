import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { expect, test } from "vitest";
import { scramVerifier } from "./scram.ts";

test("a verifier that only the password answers, with a salt of its own each time", () => {
  const verifier = scramVerifier("a password");
  const match = /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):(.+)$/.exec(verifier);
  expect(match).not.toBeNull();
  const [, iterations, salt, storedKey] = match!;
  const stored = (password: string) => {
    const salted = pbkdf2Sync(password, Buffer.from(salt!, "base64"), Number(iterations), 32, "sha256");
    return createHash("sha256").update(createHmac("sha256", salted).update("Client Key").digest()).digest("base64");
  };
  expect(stored("a password")).toBe(storedKey);
  expect(stored("another")).not.toBe(storedKey);
  expect(scramVerifier("a password")).not.toBe(verifier);
});
