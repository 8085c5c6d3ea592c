import { expect, test } from "vitest";
import { vaultAgent } from "./agent.ts";

const PLACE = { address: "https://vault.vault.svc:8200", caCertificate: null, namespace: null };

test("the Agent's pod: the login in memory, readable by its user alone, renewed while the Job runs, revoked at its end", () => {
  const { annotations, environment, volumes } = vaultAgent({
    vault: PLACE,
    auth: "bulkhead-dev-europe-west1",
    role: "bulkhead-dev-nightly",
    reviewer: "vault",
    credentials: "bulkhead-dev-database/creds/db_admin_eu1",
    database: { host: "127.0.0.1", port: 5433, name: "platform" },
    caSecret: "vault-nightly-ca",
  });
  expect(annotations).toMatchObject({
    "vault.hashicorp.com/agent-inject": "true",
    "vault.hashicorp.com/auth-path": "auth/bulkhead-dev-europe-west1",
    "vault.hashicorp.com/role": "bulkhead-dev-nightly",
    "vault.hashicorp.com/agent-inject-secret-pg_service.conf": "bulkhead-dev-database/creds/db_admin_eu1",
    "vault.hashicorp.com/agent-inject-perms-pg_service.conf": "0400",
    "vault.hashicorp.com/agent-revoke-on-shutdown": "true",
    "vault.hashicorp.com/agent-enable-quit": "true",
    "vault.hashicorp.com/agent-service-account-token-volume-name": "vault-token",
  });
  expect(annotations).not.toHaveProperty("vault.hashicorp.com/agent-pre-populate-only");
  expect(volumes[0]?.projected.sources[0]?.serviceAccountToken.audience).toBe("vault");
  expect(environment).toEqual({ PGSERVICEFILE: "/vault/secrets/pg_service.conf", PGSERVICE: "bulkhead" });
});
