import { all, at, cellDatabase, type Declared, FOUNDATION, one, record } from "@bulkhead/components/testing";
import { parseServices } from "@bulkhead/config";
import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { cellServices } from "./cell.ts";
import { VaultServices } from "./vault.ts";

const KUBECONFIG = JSON.stringify({
  clusters: [{ cluster: { server: "https://10.0.0.2", "certificate-authority-data": "Q0E=" } }],
});

async function services(vault: object, region = "europe-west1") {
  const raw = {
    images: { runtime: "registry/bulkhead-runtime:0.1.0" },
    tokens: { jwks: { keys: [{ kty: "EC", crv: "P-256", kid: "one", alg: "ES256", x: "eA", y: "eQ" }] } },
    vault: { address: "https://vault.vault.svc:8200", ...vault },
  };
  const { value: config, mistakes } = parseServices(raw, import.meta.dirname);
  if (!config?.vault) throw new Error(JSON.stringify(mistakes));
  const foundation = {
    ...FOUNDATION,
    regions: {
      ...FOUNDATION.regions,
      "us-east1": { ...FOUNDATION.regions["europe-west1"]!, kubeconfig: KUBECONFIG },
    },
  };
  const database = { ...cellDatabase("eu1"), region };
  const cells = { eu1: { ...database, sites: { home: { ...database.sites.home!, region } } } };
  let outputs: unknown;
  const { resources } = await record(() => {
    const inVault = new VaultServices({
      ...{ environment: "dev", vault: config.vault!, images: config.images, foundation },
      database: { defaultCell: "eu1", cells },
    });
    cellServices({
      ...{ environment: "dev", cell: "eu1", database: cells.eu1, foundation, config },
      vault: (parts) => inVault.cell(parts),
    });
    inVault.outputs.apply((value) => {
      outputs = value;
    });
    return pulumi.output(null);
  });
  return { resources, outputs };
}

/** Types, without those that every cell has. */
const typesIn = (resources: readonly Declared[], pattern: RegExp) =>
  [...new Set(resources.map(({ type }) => type).filter((type) => pattern.test(type)))].sort();

test("Vault reaches the cell by an Auth Proxy that lets its pods alone in, and passes passwords through", async () => {
  const { resources } = await services({});
  expect(at(one(resources, "SecretBackendConnection").inputs, "postgresql.connectionUrl")).toContain(
    "@database-eu1.bulkhead-vault.svc.cluster.local:5432/platform",
  );
  const callers = all(resources, "NetworkPolicy").find(
    ({ inputs }) => at(inputs, "metadata.name") === "allow-database-eu1-callers",
  );
  expect(at(callers?.inputs, "spec.ingress")).toEqual([
    {
      from: [
        {
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "vault" } },
          podSelector: { matchLabels: { "app.kubernetes.io/name": "vault" } },
        },
      ],
      ports: [{ protocol: "TCP", port: 5432 }],
    },
  ]);
  const proxy = one(resources, "Deployment", "vault-eu1");
  expect(JSON.stringify(proxy.inputs)).not.toContain("auto-iam-authn");
});

test("Vault is given its logins after the bootstrap, once it knows the connection and may be reached", async () => {
  const { resources } = await services({});
  const job = one(resources, "Job", "eu1-vault-logins");
  expect(job.dependsOn).toEqual(
    expect.arrayContaining([
      one(resources, "Job", "eu1-bootstrap").urn,
      one(resources, "SecretBackendConnection").urn,
      one(resources, "NetworkPolicy", "eu1-allow-vault").urn,
    ]),
  );
  expect(at(one(resources, "NetworkPolicy", "eu1-allow-vault").inputs, "spec.podSelector")).toEqual({
    matchExpressions: [{ key: "app", operator: "In", values: ["vault-logins"] }],
  });
});

test("administration and runtime differ in secret, service account and rights", async () => {
  const { resources, outputs } = await services({
    workloads: { reports: { restart: ["reports-api"] }, nightly: { role: "db-admin" }, legacy: { role: "stable" } },
  });
  const roles = Object.fromEntries(all(resources, "AuthBackendRole").map(({ inputs }) => [inputs.roleName, inputs]));
  const accounts = ["reports", "nightly"].map((name) => roles[`bulkhead-dev-${name}`]?.boundServiceAccountNames);
  expect(accounts).toEqual([["vault-reports"], ["vault-nightly"]]);
  const policyOf = (name: string) => String(one(resources, "Policy", `vault-workload-${name}`).inputs.policy);
  expect(policyOf("reports")).toContain("creds/runtime_user_eu1");
  expect(policyOf("nightly")).toContain("creds/db_admin_eu1");
  const secrets = all(resources, "VaultDynamicSecret").map(({ inputs }) => at(inputs, "spec.destination.name"));
  expect(secrets.sort()).toEqual(["vault-legacy", "vault-reports"]);
  expect(Object.keys(at(outputs, "agents") as object)).toEqual(["nightly"]);
  const fixed = one(resources, "SecretBackendStaticRole");
  expect(fixed.inputs).toMatchObject({ username: "stable_legacy", dbName: "eu1", rotationPeriod: 86_400 });
  expect(fixed.dependsOn).toContain(one(resources, "Job", "eu1-vault-logins").urn);
});

test("a cell in another cluster than Vault's goes to the ranges that Vault answers from", async () => {
  const { resources } = await services(
    { ranges: { vault: "10.9.0.5/32" }, address: "https://vault.internal" },
    "us-east1",
  );
  expect(at(one(resources, "NetworkPolicy", "eu1-allow-vault").inputs, "spec.egress")).toEqual([
    { to: [{ ipBlock: { cidr: "10.9.0.5/32" } }], ports: [{ protocol: "TCP", port: 443 }] },
  ]);
  expect(one(resources, "AuthBackendConfig", "vault-us-east1").inputs).toMatchObject({
    ...{ kubernetesHost: "https://10.0.0.2", kubernetesCaCert: "CA", disableLocalCaJwt: true },
  });
});

test("a Vault outside without a way of its own is given one: a private address, for its ranges alone", async () => {
  const { resources } = await services({
    ...{ outside: true, ranges: { office: "10.8.0.0/24" } },
    kubernetes: { "europe-west1": { host: "https://gke.example.net", publicCertificate: true } },
  });
  const balancers = all(resources, "core/v1:Service").filter(
    ({ inputs }) => at(inputs, "spec.type") === "LoadBalancer",
  );
  expect(balancers.map(({ inputs }) => at(inputs, "metadata.name"))).toEqual(["database-eu1"]);
  expect(at(balancers[0]?.inputs, "spec.loadBalancerSourceRanges")).toEqual(["10.8.0.0/24"]);
  expect(at(balancers[0]?.inputs, "metadata.annotations")).toHaveProperty(
    ["networking.gke.io/load-balancer-type"],
    "Internal",
  );
  expect(one(resources, "compute/address:Address").inputs).toMatchObject({
    ...{ name: "bulkhead-vault-eu1", addressType: "INTERNAL", region: "europe-west1" },
    subnetwork: "projects/acme-dev/regions/europe-west1/subnetworks/bulkhead-europe-west1",
  });
  // The one rule for who may call: no pod, whatever its labels.
  const callers = one(resources, "NetworkPolicy", "vault-eu1-europe-west1");
  expect(at(callers.inputs, "spec.ingress.0.from")).toEqual([{ ipBlock: { cidr: "10.8.0.0/24" } }]);
  expect(at(one(resources, "SecretBackendConnection").inputs, "postgresql.connectionUrl")).toContain(
    "@10.16.0.2:5432/platform",
  );
});

test("a Vault outside has its own way to the databases: no proxy is made", async () => {
  const { resources } = await services({
    ...{ outside: true, ranges: { office: "10.8.0.0/24" }, hosts: { eu1: { address: "127.0.0.1:6432" } } },
    kubernetes: { "europe-west1": { host: "https://gke.example.net", publicCertificate: true } },
  });
  expect(typesIn(resources, /SharedAuthProxy/)).toEqual([]);
  expect(at(one(resources, "SecretBackendConnection").inputs, "postgresql.connectionUrl")).toContain(
    "@127.0.0.1:6432/",
  );
  expect(one(resources, "AuthBackendConfig", "vault-europe-west1").inputs).not.toHaveProperty("kubernetesCaCert");
});

test("the provider is told the address, and no token", async () => {
  const { resources } = await services({});
  const provider = one(resources, "pulumi:providers:vault");
  expect(provider.inputs).toMatchObject({ address: "https://vault.vault.svc:8200" });
  expect(provider.inputs).not.toHaveProperty("token");
});
