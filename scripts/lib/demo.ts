/** A first row for each new tenant of the local stack, written over its API with its own token: something to see. */
import type { Environment } from "@bulkhead/config";
import type { RegisteredTenant } from "@bulkhead/runtime";
import type { Addresses } from "./local.ts";
import type { Platform } from "./platform.ts";
import { mintToken, tenantClaims } from "./tokens.ts";

/** PostgREST serves a new schema a moment after it was told of it. */
const PATIENCE_MS = 10_000;

export async function greet(
  platform: Platform,
  environment: Environment,
  tenants: readonly RegisteredTenant[],
  addresses: Addresses,
): Promise<void> {
  const ready = tenants.filter(
    (tenant) =>
      tenant.phase === "ready" && tenant.status === "active" && addresses.tenants[tenant.id]?.startsWith("http"),
  );
  // A demonstration: of many tenants, the first few will do.
  for (const tenant of ready.slice(0, 10)) {
    const token = await mintToken(platform, {
      ...tenantClaims(tenant),
      subject: "npm run up",
      audience: environment.services.tokens.audience,
      lifetime: 60,
    });
    const headers: Record<string, string> = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    if (tenant.isolation === "schema") headers["content-profile"] = tenant.roleName!;
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const response = await fetch(`${addresses.tenants[tenant.id]}/bases`, {
        method: "POST",
        headers,
        body: JSON.stringify({ name: `Hello from ${tenant.id}` }),
      }).catch(() => undefined);
      await response?.body?.cancel();
      if (response?.ok || Date.now() > deadline) break;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }
}
