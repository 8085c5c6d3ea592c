/** Tokens that the issuer did not sign, or not so: refused at every tier, where the same claims, well signed, are served. */
import { createPublicKey } from "node:crypto";
import { base64url, exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type Claims, Stage } from "../support/stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open(inject("platformRoot"));
});
afterAll(() => stage?.close());

const now = () => Math.floor(Date.now() / 1000);
const encode = (value: unknown) => base64url.encode(JSON.stringify(value));
const GOOD: JWTHeaderParameters = { alg: "ES256", kid: "local", typ: "JWT" };

type Forge = (claims: Claims) => Promise<string>;
const resigned =
  (change: (claims: Claims) => Claims): Forge =>
  (claims) =>
    stage.sign(change(claims));
const without =
  (name: string): Forge =>
  (claims) =>
    stage.sign(Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name)));
const unsigned =
  (header: object, signature = ""): Forge =>
  async (claims) =>
    `${encode(header)}.${encode(claims)}.${signature}`;

/** A token by a key of the attacker's own. */
const otherKey =
  (header: (key: JWK) => JWTHeaderParameters): Forge =>
  async (claims) => {
    const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
    return new SignJWT(claims).setProtectedHeader(header(await exportJWK(publicKey))).sign(privateKey);
  };

/** The public key is no secret: whoever verifies an HMAC with it takes tokens that anybody can make. */
const confused =
  (secret: (jwk: JWK) => string): Forge =>
  (claims) =>
    new SignJWT(claims)
      .setProtectedHeader({ ...GOOD, alg: "HS256" })
      .sign(new TextEncoder().encode(secret(stage.publicKey())));

const FORGERIES: readonly (readonly [string, Forge])[] = [
  ["another key under the same kid", otherKey(() => GOOD)],
  ["another key, carried along in the header", otherKey((jwk) => ({ ...GOOD, jwk }))],
  ["another key under a kid of its own", otherKey(() => ({ ...GOOD, kid: "attacker" }))],
  ["alg none", unsigned({ alg: "none", typ: "JWT" })],
  ["alg None, with the kid", unsigned({ alg: "None", kid: "local", typ: "JWT" })],
  ["no signature under ES256", unsigned(GOOD)],
  ["a signature of zeros", unsigned(GOOD, base64url.encode(new Uint8Array(64)))],
  [
    "HS256 with the public key's PEM as the secret",
    confused((jwk) => String(createPublicKey({ key: jwk, format: "jwk" }).export({ type: "spki", format: "pem" }))),
  ],
  ["HS256 with the public JWK as the secret", confused((jwk) => JSON.stringify(jwk))],
  ["HS256 with the JWKS file as the secret", confused((jwk) => `${JSON.stringify({ keys: [jwk] }, null, 2)}\n`)],
  [
    "claims changed after signing",
    async (claims) => {
      const [header, , signature] = (await stage.sign({ ...claims, sub: "somebody else" })).split(".");
      return [header, encode(claims), signature].join(".");
    },
  ],
  ["expired", resigned((claims) => ({ ...claims, exp: now() - 120 }))],
  ["not valid yet", resigned((claims) => ({ ...claims, nbf: now() + 3600 }))],
  ["issued in the future", resigned((claims) => ({ ...claims, iat: now() + 3600 }))],
  ["another audience", resigned((claims) => ({ ...claims, aud: "another-platform" }))],
  ["an audience in another case", resigned((claims) => ({ ...claims, aud: "BULKHEAD" }))],
  ["a list of other audiences", resigned((claims) => ({ ...claims, aud: ["another-platform", "bulkhead-dev"] }))],
  ["an empty audience", resigned((claims) => ({ ...claims, aud: "" }))],
  ["an empty list of audiences", resigned((claims) => ({ ...claims, aud: [] }))],
  ["a list of one empty audience", resigned((claims) => ({ ...claims, aud: [""] }))],
  ["a null audience", resigned((claims) => ({ ...claims, aud: null as unknown as string }))],
  ["a number for an audience", resigned((claims) => ({ ...claims, aud: 7 as unknown as string }))],
  ["an object for an audience", resigned((claims) => ({ ...claims, aud: { bulkhead: true } as unknown as string }))],
  ["no audience", without("aud")],
  ["no expiry", without("exp")],
  ["a null expiry", resigned((claims) => ({ ...claims, exp: null as unknown as number }))],
  [
    "the expiry as a string",
    async (claims) => {
      const key = { ...claims, exp: String(now() + 600) };
      return stage.sign(key as unknown as Claims);
    },
  ],
  ["no role", without("role")],
  ["no token at all", async () => ""],
  ["a word for a token", async () => "letmein"],
];

describe.each(["client", "shard-0", "tenant-umbrella", "admin"])("at %s", (service) => {
  const tenants: Readonly<Record<string, string>> = {
    client: "acme",
    "shard-0": "initech",
    "tenant-umbrella": "umbrella",
  };
  const tenant = tenants[service];
  const claims = () => (tenant ? stage.claims(tenant) : stage.adminClaims());
  const read = (token: string | undefined) =>
    stage.with(token, service, tenant ? stage.schema(tenant) : "app").get("/bases?select=id,name");

  test.each(FORGERIES)("%s", async (_title, forge) => {
    const served = await read(await stage.sign(claims()));
    expect(served.status, served.text).toBe(200);
    expect((served.body as unknown[]).length).toBeGreaterThan(0);

    const refused = await read((await forge(claims())) || undefined);
    expect([401, 403], refused.text).toContain(refused.status);
    expect(refused.text).not.toMatch(/Hello from/);
  });

  test("a list with the platform's audience in it is an audience", async () => {
    const answer = await read(await stage.sign({ ...claims(), aud: ["another-platform", "bulkhead"] }));
    expect(answer.status, answer.text).toBe(200);
  });
});
