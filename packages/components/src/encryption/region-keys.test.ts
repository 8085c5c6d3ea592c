import { expect, test } from "vitest";
import { ImageRegistry } from "../registry/registry.ts";
import { all, inventory, one } from "../testing/find.ts";
import { record } from "../testing/mocks.ts";
import { RegionKeys, type RegionKeysArgs } from "./region-keys.ts";
import { ServiceAgents } from "./service-agents.ts";

const keys = (more: Partial<RegionKeysArgs> = {}) =>
  record(() => {
    const agents = new ServiceAgents("bulkhead", { project: "acme-dev" });
    return new RegionKeys("bulkhead-europe-west1", {
      project: "acme-dev",
      region: "europe-west1",
      keyRing: "bulkhead",
      agents: agents.members,
      ...more,
    });
  });

test("a key per purpose, in the region of what it encrypts, rotated, recoverable and protected", async () => {
  const { resources } = await keys();
  expect(one(resources, "KeyRing")).toMatchObject({
    inputs: { location: "europe-west1", name: "bulkhead" },
    protect: true,
  });
  const made = all(resources, "CryptoKey");
  expect(made.map(({ inputs }) => inputs.name).sort()).toEqual(["cluster", "database", "logs", "registry", "secrets"]);
  for (const { inputs, protect } of made) {
    expect(inputs).toMatchObject({ rotationPeriod: "7776000s", destroyScheduledDuration: "2592000s" });
    expect(protect).toBe(true);
  }
});

test("each key is for the agents of its services, to encrypt and decrypt, and for nobody else", async () => {
  const { resources } = await keys();
  const agent = (domain: string) => `serviceAccount:service-123456789@${domain}.iam.gserviceaccount.com`;
  const grants = all(resources, "CryptoKeyIAMMember").map(({ inputs }) => [inputs.cryptoKeyId, inputs.member]);
  expect(grants.sort()).toEqual([
    ["bulkhead-europe-west1-cluster-id", agent("compute-system")],
    ["bulkhead-europe-west1-cluster-id", agent("container-engine-robot")],
    ["bulkhead-europe-west1-database-id", agent("gcp-sa-alloydb")],
    ["bulkhead-europe-west1-logs-id", "serviceAccount:cmek-p123456789@gcp-sa-logging.iam.gserviceaccount.com"],
    ["bulkhead-europe-west1-registry-id", agent("gcp-sa-artifactregistry")],
    ["bulkhead-europe-west1-secrets-id", agent("gcp-sa-secretmanager")],
  ]);
  for (const { inputs } of all(resources, "CryptoKeyIAMMember"))
    expect(inputs.role).toBe("roles/cloudkms.cryptoKeyEncrypterDecrypter");
});

test("agents that come with the first use of their service are made before", async () => {
  const { resources } = await keys();
  expect(inventory(all(resources, "ServiceIdentity"))).toEqual([
    "ServiceIdentity bulkhead-alloydb",
    "ServiceIdentity bulkhead-artifactregistry",
    "ServiceIdentity bulkhead-secretmanager",
  ]);
  const { dependsOn } = one(resources, "CryptoKeyIAMMember", "bulkhead-europe-west1-database-alloydb");
  expect(dependsOn).toContain(one(resources, "ServiceIdentity", "bulkhead-alloydb").urn);
});

test("what takes a key waits for its grants", async () => {
  const { resources } = await record(() => {
    const { members } = new ServiceAgents("bulkhead", { project: "acme-dev" });
    const common = { project: "acme-dev", region: "europe-west1" };
    const { keys } = new RegionKeys("bulkhead-europe-west1", { ...common, keyRing: "bulkhead", agents: members });
    return new ImageRegistry("bulkhead", { ...common, kmsKey: keys.registry });
  });
  expect(one(resources, "Repository").dependsOn).toContain(
    one(resources, "CryptoKeyIAMMember", "bulkhead-europe-west1-registry-artifactregistry").urn,
  );
});

test("protection and rotation are config's to say", async () => {
  const { resources } = await keys({ protect: false, rotationDays: 30 });
  for (const { inputs, protect } of all(resources, "CryptoKey"))
    expect([inputs.rotationPeriod, protect]).toEqual(["2592000s", false]);
});
