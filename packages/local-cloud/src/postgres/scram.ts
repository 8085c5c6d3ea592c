import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";

const ITERATIONS = 4096;

/**
 * The verifier PostgreSQL stores for a password (RFC 5802 as PostgreSQL writes it). Made here, so that the server never
 * sees the password: no log, no statistics view and no error message can show it.
 */
export function scramVerifier(password: string, salt = randomBytes(16)): string {
  const salted = pbkdf2Sync(password.normalize("NFKC"), salt, ITERATIONS, 32, "sha256");
  const hmac = (label: string) => createHmac("sha256", salted).update(label).digest();
  const stored = createHash("sha256").update(hmac("Client Key")).digest("base64");
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString("base64")}$${stored}:${hmac("Server Key").toString("base64")}`;
}

export function newPassword(): string {
  return randomBytes(24).toString("base64url");
}
