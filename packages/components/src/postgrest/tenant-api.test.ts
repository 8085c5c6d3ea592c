import { expect, test } from "vitest";
import { all, below, inventory, nameOf, one } from "../testing/find.ts";
import { type Declared, record } from "../testing/mocks.ts";
import { podsOf } from "../testing/pods.ts";
import { CLUSTER, IMAGES, INSTANCE, JWKS, LONGEST } from "../testing/samples.ts";
import { TenantApi, tenantIdentity } from "./tenant-api.ts";

const api = (tenant: string, environment = "dev") =>
  record(() => {
    const identity = tenantIdentity({
      project: "acme-dev",
      workloadPool: "acme-dev.svc.id.goog",
      namespace: "bulkhead-eu1-tenants",
      cluster: CLUSTER,
      environment,
      tenant,
    });
    return new TenantApi(`eu1-tenant-${tenant}`, {
      namespace: "bulkhead-eu1-tenants",
      tenant,
      identity,
      instance: INSTANCE,
      services: { images: IMAGES, tokens: { audience: "bulkhead", jwks: JWKS }, customMetrics: false },
    });
  });

const settingsOf = (resources: readonly Declared[]) =>
  all(resources, "ConfigMap").find(({ name }) => name.endsWith("-settings"))!.inputs.data as Record<string, string>;

test("a PostgREST of the tenant's own: its login, its role's authenticator, its database", async () => {
  const { resources } = await api("acme-corp");
  const component = one(resources, "TenantApi");
  expect(component.type).toBe("bulkhead:postgrest:TenantApi");
  expect(component.outputs).toEqual({ service: "tenant-acme-corp" });
  expect(inventory(below(resources, component))).toEqual([
    "ConfigMap eu1-tenant-acme-corp-keys",
    "ConfigMap eu1-tenant-acme-corp-settings",
    "Deployment eu1-tenant-acme-corp",
    "HorizontalPodAutoscaler eu1-tenant-acme-corp",
    "PodDisruptionBudget eu1-tenant-acme-corp",
    "PodMonitoring eu1-tenant-acme-corp",
    "PostgrestTier eu1-tenant-acme-corp",
    "Service eu1-tenant-acme-corp",
  ]);
  expect(settingsOf(resources)).toMatchObject({
    PGUSER: "t-dev-acme-corp@acme-dev.iam",
    PGDATABASE: "tenant_acme_corp",
    PGOPTIONS: "-c role=authenticator_acme_corp",
    PGRST_DB_ANON_ROLE: "anon",
  });
  expect(podsOf(resources)[0]!.serviceAccountName).toBe("tenant-acme-corp");
});

test("its login is no superuser's and may become nobody before the rollout grants it", async () => {
  const { resources } = await api("acme-corp");
  expect(one(resources, "User").inputs.databaseRoles).toEqual(["alloydbiamuser"]);
});

test("names are in the limits of who stores them, for the longest tenant and environment", async () => {
  const { resources } = await api(LONGEST.tenant, LONGEST.environment);
  expect(LONGEST.tenant).toHaveLength(40);
  for (const kind of ["Deployment", "Service", "ServiceAccount", "HorizontalPodAutoscaler", "PodDisruptionBudget"])
    expect(nameOf(one(resources, kind))).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
  for (const configMap of all(resources, "ConfigMap"))
    expect(nameOf(configMap)).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,251}[a-z0-9])$/);
  for (const { labels } of podsOf(resources))
    for (const value of Object.values(labels))
      expect(value).toMatch(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/);
  expect(one(resources, "Account").inputs.accountId).toMatch(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/);
  expect(String(one(resources, "Account").inputs.displayName).length).toBeLessThanOrEqual(100);
  const { PGAPPNAME = "", PGDATABASE = "", PGUSER = "" } = settingsOf(resources);
  for (const name of [PGAPPNAME, PGDATABASE, PGUSER]) expect(name.length).toBeLessThanOrEqual(63);
});
