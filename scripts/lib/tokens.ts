/** Development tokens of the local stack: a key pair made here, whose public half the platform is configured with. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { accountIdOf, type Tenant, tenantRole } from "@bulkhead/config";
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from "jose";
import { type Platform, secretFile, writePrivate } from "./platform.ts";

const ALGORITHM = "ES256";

/** Makes the signing key if there is none, and the JWKS that the stacks' config names. */
export async function prepareKeys(platform: Platform): Promise<void> {
  const keyFile = join(platform.home, "signing-key.json");
  if (!existsSync(keyFile)) {
    const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
    const jwk = { ...(await exportJWK(privateKey)), alg: ALGORITHM, use: "sig", kid: "local" };
    secretFile(keyFile, () => JSON.stringify(jwk));
  }
  const { d: _secret, ...publicKey } = JSON.parse(readFileSync(keyFile, "utf8")) as JWK;
  const jwks = `${JSON.stringify({ keys: [publicKey] }, null, 2)}\n`;
  const jwksFile = join(platform.home, "jwks.json");
  if (!existsSync(jwksFile) || readFileSync(jwksFile, "utf8") !== jwks) writePrivate(jwksFile, jwks);
}

export interface TokenRequest {
  /** Role claim. */
  readonly role: string;
  /** Account claim; none for an administrator. */
  readonly accountId?: string;
  readonly subject: string;
  readonly audience: string;
  /** Seconds until it expires. */
  readonly lifetime: number;
}

/** Signs a token with the local key. */
export async function mintToken(platform: Platform, request: TokenRequest): Promise<string> {
  const keyFile = join(platform.home, "signing-key.json");
  if (!existsSync(keyFile)) throw new Error("there is no signing key yet; run npm run up first");
  const key = await importJWK(JSON.parse(readFileSync(keyFile, "utf8")) as JWK, ALGORITHM);
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ role: request.role, ...(request.accountId ? { account_id: request.accountId } : {}) })
    .setProtectedHeader({ alg: ALGORITHM, kid: "local", typ: "JWT" })
    .setSubject(request.subject)
    .setAudience(request.audience)
    .setIssuedAt(now)
    .setExpirationTime(now + request.lifetime)
    .sign(key);
}

/** What a tenant's token says. */
export function tenantClaims(tenant: Pick<Tenant, "id" | "isolation" | "accountId">): {
  role: string;
  accountId: string;
} {
  return {
    role: tenant.isolation === "pooled" ? "api_user" : tenantRole(tenant.id),
    accountId: tenant.accountId ?? accountIdOf(tenant.id),
  };
}
