import { parseServices } from "@bulkhead/config";
import { describe, expect, test } from "vitest";
import { all, at, inventory, one, texts } from "../testing/find.ts";
import { record } from "../testing/mocks.ts";
import { IMAGES, INSTANCE, identity, JWKS } from "../testing/samples.ts";
import { VaultDatabase } from "./database.ts";
import { VaultEngine } from "./engine.ts";
import { VaultLogins, type VaultLoginsArgs } from "./logins.ts";
import { vaultPath } from "./network.ts";
import { dbAdminStatements, runtimeUserStatements, tenantStatements } from "./statements.ts";
import { VaultWorkload, type VaultWorkloadArgs } from "./workload.ts";

const CA = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
const PLACE = { address: "https://vault.vault.svc:8200", caCertificate: CA, namespace: null };
const LEASE = { default: 1800, max: 3600 };

const engine = () =>
  record(
    () =>
      new VaultEngine("vault", {
        path: "bulkhead-dev",
        audit: { type: "file", target: "stdout" },
        maxLease: 3600,
        clusters: {
          "europe-west1": { host: "https://kubernetes.default.svc", reviewer: "vault" },
          "us-east1": { host: "https://10.0.0.2", caCertificate: CA, reviewer: "client" },
        },
      }),
  );

describe("the engine", () => {
  test("a mount whose leases end within the hour, and an auth method for each region's cluster", async () => {
    const { resources } = await engine();
    expect(inventory(resources)).toEqual([
      "Audit vault",
      "AuthBackend vault-europe-west1",
      "AuthBackend vault-us-east1",
      "AuthBackendConfig vault-europe-west1",
      "AuthBackendConfig vault-us-east1",
      "Mount vault-database",
      "VaultEngine vault",
    ]);
    expect(one(resources, "Mount").inputs).toMatchObject({
      path: "bulkhead-dev-database",
      type: "database",
      maxLeaseTtlSeconds: 3600,
    });
  });

  test("Vault's own pod reviews its cluster's tokens, and keeps none of another cluster's", async () => {
    const { resources } = await engine();
    const [home, other] = ["vault-europe-west1", "vault-us-east1"].map((name) =>
      one(resources, "AuthBackendConfig", name),
    );
    expect(home!.inputs).toMatchObject({ kubernetesHost: "https://kubernetes.default.svc", disableLocalCaJwt: false });
    expect(other!.inputs).toMatchObject({ kubernetesCaCert: CA, disableLocalCaJwt: true });
    expect(texts(resources.map(({ inputs }) => inputs)).join()).not.toMatch(/tokenReviewerJwt/);
  });

  test("what happens is recorded from the first request, and secrets in it are hashed", async () => {
    const { resources } = await engine();
    const audit = one(resources, "Audit");
    expect(audit.inputs.options).toMatchObject({ file_path: "stdout", log_raw: "false", hmac_accessor: "true" });
    expect(one(resources, "Mount").dependsOn).toContain(audit.urn);
  });
});

test("from another cluster than Vault's there is no way to it that nobody named", () => {
  const { value } = parseServices(
    {
      images: { runtime: "a/runtime:1" },
      tokens: { jwks: JWKS },
      vault: { address: "https://vault.vault.svc:8200" },
    },
    ".",
  );
  const args = { namespace: "bulkhead-us1", name: "allow-vault", apps: ["vault-logins"], region: "us-east1" };
  expect(() => vaultPath("us1-allow-vault", value!.vault!, { ...args, sameCluster: false }, {})).toThrow(
    /bulkhead:vault.ranges: .* a cell in us-east1/,
  );
});

describe("a database", () => {
  const database = () =>
    record(
      () =>
        new VaultDatabase("vault-eu1", {
          mount: "bulkhead-dev-database",
          connection: "eu1",
          host: { address: "database-eu1.bulkhead-vault.svc.cluster.local:5432", sslMode: "disable" },
          database: "platform",
          login: "vault_admin",
          roles: {
            db_admin_eu1: { statements: dbAdminStatements(), lease: { default: 300, max: 3600 } },
            runtime_user_eu1: { statements: runtimeUserStatements(), lease: LEASE },
          },
          elsewhere: ["stable_legacy"],
        }),
    );

  test("the program gives the connection no password, now or later, and Vault's roles alone may use it", async () => {
    const { inputs } = one((await database()).resources, "SecretBackendConnection");
    expect(inputs).toMatchObject({
      allowedRoles: ["db_admin_eu1", "runtime_user_eu1", "stable_legacy"],
      verifyConnection: false,
      postgresql: { username: "vault_admin", passwordAuthentication: "scram-sha-256" },
    });
    expect(at(inputs, "postgresql.connectionUrl")).toBe(
      "postgresql://{{username}}:{{password}}@database-eu1.bulkhead-vault.svc.cluster.local:5432/platform?sslmode=disable",
    );
    for (const key of ["password", "passwordWo"]) expect(at(inputs, `postgresql.${key}`)).toBeUndefined();
  });

  test("leases of 5 and 30 minutes, an hour at most", async () => {
    const leases = all((await database()).resources, "SecretBackendRole").map(({ inputs }) => [
      inputs.name,
      inputs.defaultTtl,
      inputs.maxTtl,
    ]);
    expect(leases.sort()).toEqual([
      ["db_admin_eu1", 300, 3600],
      ["runtime_user_eu1", 1800, 3600],
    ]);
  });
});

test("every statement is one, as Vault splits them; each creation can be barred, and each revocation bars first", () => {
  for (const statements of [
    dbAdminStatements(),
    runtimeUserStatements(),
    tenantStatements({ id: "initech", isolation: "schema" }),
    tenantStatements({ id: "umbrella", isolation: "database" }),
  ]) {
    for (const list of Object.values(statements) as string[][])
      for (const statement of list) {
        expect(statement).not.toMatch(/;|--|:["']/);
        // Vault runs what has this word in it whole.
        expect(statement).not.toMatch(/\bEND\b/);
      }
    expect(statements.creationStatements.join()).toContain("to login_keeper with admin true");
    expect(statements.revocationStatements[0]).toContain("bar_login");
    expect(statements.rollbackStatements).toEqual(statements.revocationStatements);
  }
});

describe("a workload", () => {
  const workload = (change: Partial<VaultWorkloadArgs> = {}) =>
    record(
      () =>
        new VaultWorkload("vault-workload-reports", {
          workload: "reports",
          path: "bulkhead-dev",
          vault: PLACE,
          mount: "bulkhead-dev-database",
          auth: "bulkhead-dev-europe-west1",
          credentials: "creds/runtime_user_eu1",
          stable: false,
          lease: LEASE,
          namespace: "bulkhead-eu1",
          by: "vso",
          restart: ["reports-api"],
          reviewer: "vault",
          ...change,
        }),
    );
  const spec = (resource: { inputs: Readonly<Record<string, unknown>> }) => resource.inputs.spec as object;

  test("its service account alone may read its credentials alone, with a token that is for Vault", async () => {
    const { resources } = await workload();
    expect(one(resources, "AuthBackendRole").inputs).toMatchObject({
      boundServiceAccountNames: ["vault-reports"],
      boundServiceAccountNamespaces: ["bulkhead-eu1"],
      audience: "vault",
      tokenPolicies: ["bulkhead-dev-reports"],
    });
    const policy = String(one(resources, "Policy").inputs.policy);
    expect(policy.match(/path "[^"]+"/g)).toEqual([
      'path "bulkhead-dev-database/creds/runtime_user_eu1"',
      'path "sys/leases/revoke"',
    ]);
    expect(policy).toContain('"lease_id" = ["bulkhead-dev-database/creds/runtime_user_eu1/*"]');
    expect(one(resources, "ServiceAccount").inputs).toMatchObject({ automountServiceAccountToken: false });
  });

  test("by the Secrets Operator: renewed at two thirds, revoked at the end, the Deployments rolled", async () => {
    const { resources } = await workload();
    expect(spec(one(resources, "VaultDynamicSecret"))).toEqual({
      vaultAuthRef: "vault-reports",
      mount: "bulkhead-dev-database",
      path: "creds/runtime_user_eu1",
      renewalPercent: 67,
      revoke: true,
      destination: expect.objectContaining({ name: "vault-reports", create: true }),
      rolloutRestartTargets: [{ kind: "Deployment", name: "reports-api" }],
    });
    expect(spec(one(resources, "VaultConnection"))).toMatchObject({
      skipTLSVerify: false,
      caCertSecretRef: "vault-reports-ca",
    });
    // The token outlives its leases.
    expect(one(resources, "AuthBackendRole").inputs).toMatchObject({ tokenPeriod: 3600 });
  });

  test("by the External Secrets Operator: a new login before the last one ends, and a token that cannot be ended early", async () => {
    const { resources } = await workload({ by: "eso", restart: [] });
    const external = one(resources, "ExternalSecret");
    expect(at(external.inputs, "spec.refreshInterval")).toBe("1206s");
    expect(at(external.inputs, "spec.target.name")).toBe("vault-reports");
    expect(one(resources, "AuthBackendRole").inputs).toMatchObject({ tokenType: "batch", tokenTtl: 3600 });
    expect(String(one(resources, "Policy").inputs.policy)).not.toContain("sys/");
  });

  test("by the Agent: no Secret but Vault's public CA; a login that stays: no lease to renew", async () => {
    const agent = await workload({ by: "agent", restart: [], credentials: "creds/db_admin_eu1" });
    expect(inventory(agent.resources).filter((name) => /Secret|External/.test(name))).toEqual([
      "Secret vault-workload-reports-ca",
    ]);
    expect(agent.result.secret).toBeNull();
    const stable = await workload({ stable: true, credentials: "static-creds/stable_legacy" });
    expect(spec(one(stable.resources, "VaultDynamicSecret"))).toMatchObject({ allowStaticCreds: true });
    expect(spec(one(stable.resources, "VaultDynamicSecret"))).not.toHaveProperty("revoke");
  });

  test("in another cluster than Vault's it may have its own token reviewed, which is for that cluster then", async () => {
    const { resources } = await workload({ reviewer: "client" });
    expect(one(resources, "AuthBackendRole").inputs).not.toHaveProperty("audience");
    expect(one(resources, "ClusterRoleBinding").inputs).toMatchObject({
      roleRef: { kind: "ClusterRole", name: "system:auth-delegator" },
      subjects: [{ kind: "ServiceAccount", name: "vault-reports", namespace: "bulkhead-eu1" }],
    });
    expect(all((await workload()).resources, "ClusterRoleBinding")).toEqual([]);
  });
});

describe("Vault's own logins", () => {
  const logins = async (change: Partial<VaultLoginsArgs> = {}) =>
    (
      await record(
        () =>
          new VaultLogins("eu1-vault-logins", {
            namespace: "bulkhead-eu1",
            job: "vault-logins",
            images: IMAGES,
            administrator: identity("db-create"),
            instance: INSTANCE,
            path: "bulkhead-dev",
            vault: PLACE,
            mount: "bulkhead-dev-database",
            auth: "bulkhead-dev-europe-west1",
            connections: { eu1: "platform" },
            schemaTenants: [],
            stable: {},
            generation: 1,
            after: [],
            reviewer: "vault",
            ...change,
          }),
      )
    ).resources;

  test("the Job may say a password and have it changed, and nothing else about the connection", async () => {
    const policy = String(one(await logins(), "Policy").inputs.policy);
    expect(policy.match(/path "[^"]+"/g)).toEqual([
      'path "bulkhead-dev-database/config/eu1"',
      'path "bulkhead-dev-database/rotate-root/eu1"',
    ]);
    expect(policy).toContain('"password" = []');
    expect(policy).not.toMatch(/read|list|create|sudo|\*/);
  });

  test("by the administrator's identity, with a token of minutes that is for Vault alone, and no secret in its manifest", async () => {
    const resources = await logins();
    expect(one(resources, "AuthBackendRole").inputs).toMatchObject({
      boundServiceAccountNames: ["db-create"],
      audience: "vault",
      tokenMaxTtl: 600,
    });
    const job = one(resources, "Job");
    expect(at(job.inputs, "spec.template.spec.volumes.0.projected.sources.0.serviceAccountToken")).toEqual({
      path: "token",
      audience: "vault",
      expirationSeconds: 600,
    });
    expect(at(job.inputs, "spec.template.spec.containers.0.args")).toEqual([
      ...["vault", "--connection", "eu1=platform", "--generation", "1"],
    ]);
    expect(all(resources, "core/v1:Secret")).toEqual([]);
  });

  test("another connection or generation is another Job; the same in another order is not", async () => {
    const name = async (change: Partial<VaultLoginsArgs>) =>
      at(one(await logins(change), "Job").inputs, "metadata.name");
    const same = await name({ connections: { "tenant-a": "a", "tenant-b": "b" } });
    expect(await name({ connections: { "tenant-b": "b", "tenant-a": "a" } })).toBe(same);
    expect(await name({ generation: 2 })).not.toBe(await name({}));
  });
});
