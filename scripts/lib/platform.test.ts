import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalJWKSet, jwtVerify } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Platform, platformAt, prepareHome } from "./platform.ts";
import { describeResources } from "./progress.ts";
import { holdRoot } from "./root-lock.ts";
import { curlLines, table } from "./summary.ts";
import { mintToken, prepareKeys, tenantClaims } from "./tokens.ts";

let platform: Platform;
beforeAll(async () => {
  const root = mkdtempSync(join(tmpdir(), "bulkhead-home-"));
  platform = platformAt(root, join(root, ".bulkhead"), "local", "realise");
  prepareHome(platform);
  await prepareKeys(platform);
});
afterAll(() => rmSync(platform.root, { recursive: true }));

const mode = (name: string) => (statSync(join(platform.home, name)).mode & 0o777).toString(8);

test("the home is its owner's alone, and so is every secret in it", () => {
  chmodSync(platform.home, 0o755);
  prepareHome(platform);
  expect(mode(".")).toBe("700");
  expect(mode("passphrase")).toBe("600");
  expect(mode("signing-key.json")).toBe("600");
});

test("keys and passphrase stay over runs; the public half holds no secret", async () => {
  const before = ["passphrase", "signing-key.json", "jwks.json"].map((name) =>
    readFileSync(join(platform.home, name), "utf8"),
  );
  prepareHome(platform);
  await prepareKeys(platform);
  expect(
    ["passphrase", "signing-key.json", "jwks.json"].map((name) => readFileSync(join(platform.home, name), "utf8")),
  ).toEqual(before);
  expect(Object.keys(JSON.parse(before[2]!).keys[0])).not.toContain("d");
});

test("a token says who, for whom and until when, and the public keys verify it", async () => {
  const claims = tenantClaims({ id: "ac-me", isolation: "schema", accountId: "33245b16-5915-5687-9318-ffd834747139" });
  const token = await mintToken(platform, { ...claims, subject: "tester", audience: "bulkhead", lifetime: 60 });
  const keys = createLocalJWKSet(JSON.parse(readFileSync(join(platform.home, "jwks.json"), "utf8")));
  const { payload } = await jwtVerify(token, keys, { audience: "bulkhead" });
  expect(payload).toMatchObject({
    role: "tenant_ac_me",
    account_id: "33245b16-5915-5687-9318-ffd834747139",
    sub: "tester",
    aud: "bulkhead",
  });
  expect(payload.exp! - payload.iat!).toBe(60);
});

test("one run at a time in a folder; a lock of a process that is gone is taken over", () => {
  const release = holdRoot(platform);
  expect(() => holdRoot(platform)).toThrow(`another npm run up or down is at work here (process ${process.pid})`);
  release();
  holdRoot(platform)();
});

test("what was done to resources, in words", () => {
  expect(describeResources({ same: 4 })).toBe("nothing to change");
  expect(describeResources({ same: 4, create: 2, replace: 1, delete: 3, update: 5 })).toBe(
    "2 created, 5 updated, 1 replaced, 3 deleted",
  );
});

test("tables align", () => {
  expect(table(["a", "long"], [["longer", "b"]])).toEqual(["  a       long", "  longer  b"]);
});

test("the two commands to paste hold no token and quote the address for the shell", () => {
  const tenant = (id: string) => ({ id, isolation: "pooled", status: "active", phase: "ready" }) as never;
  const lines = curlLines([tenant("acme"), tenant("globex")], {
    cells: {},
    tenants: { acme: "http://127.0.0.1:1", globex: "http://127.0.0.1:1" },
  });
  expect(lines[1]).toBe(
    `  curl -s -H "Authorization: Bearer $(npm run -s token -- acme)" 'http://127.0.0.1:1/bases?select=name,account_id'`,
  );
  expect(lines[3]).toContain("-- globex)");
});
