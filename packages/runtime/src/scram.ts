/** A SCRAM-SHA-256 verifier, made on this side, so that no password appears in a statement or a server's log. */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";

/** Rounds of PBKDF2, PostgreSQL's own default. */
const ITERATIONS = 4096;

/**
 * The verifier of a password of plain ASCII, as PostgreSQL stores it.
 * Source: RFC 5802 and PostgreSQL's `src/common/scram-common.c`: `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`.
 */
export function scramVerifier(password: string): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, "sha256");
  const hmac = (text: string) => createHmac("sha256", salted).update(text).digest();
  const storedKey = createHash("sha256").update(hmac("Client Key")).digest("base64");
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString("base64")}$${storedKey}:${hmac("Server Key").toString("base64")}`;
}
