/** What the project has once, for all of its clusters. */
import { expect, test } from "vitest";
import { all, one } from "../testing/find.ts";
import { record } from "../testing/mocks.ts";
import { ImagePolicy } from "./image-policy.ts";
import { MultiCluster } from "./multi-cluster.ts";
import { NodeServiceAccount } from "./node-service-account.ts";

const REPOSITORIES = {
  platform: "europe-west1-docker.pkg.dev/acme-dev/bulkhead",
  "docker-hub": "europe-west1-docker.pkg.dev/acme-dev/bulkhead-docker-hub",
};

test("nodes may write logs and metrics, and read the platform's repositories: no more", async () => {
  const { resources } = await record(
    () =>
      new NodeServiceAccount("bulkhead-nodes", {
        project: "acme-dev",
        registryRegion: "europe-west1",
        repositories: REPOSITORIES,
      }),
  );
  expect(all(resources, "IAMMember").map(({ inputs }) => inputs.role)).toEqual([
    "roles/container.defaultNodeServiceAccount",
  ]);
  expect(all(resources, "RepositoryIamMember").map(({ inputs }) => [inputs.repository, inputs.role])).toEqual([
    ["bulkhead", "roles/artifactregistry.reader"],
    ["bulkhead-docker-hub", "roles/artifactregistry.reader"],
  ]);
  // Google's limit of an account's id.
  expect(String(one(resources, "Account").inputs.accountId).length).toBeLessThanOrEqual(30);
});

test.each([
  ["enforce", "ENFORCED_BLOCK_AND_AUDIT_LOG"],
  ["dryRun", "DRYRUN_AUDIT_LOG_ONLY"],
] as const)("with %s, every image is denied but those of known origins", async (mode, enforcementMode) => {
  const { resources } = await record(
    () =>
      new ImagePolicy("bulkhead", {
        project: "acme-dev",
        mode,
        repositories: REPOSITORIES,
        allow: { "auth-proxy": "gcr.io/alloydb-connectors/alloydb-auth-proxy*" },
      }),
  );
  expect(one(resources, "Policy").inputs).toMatchObject({
    globalPolicyEvaluationMode: "ENABLE",
    defaultAdmissionRule: { evaluationMode: "ALWAYS_DENY", enforcementMode },
    admissionWhitelistPatterns: [
      { namePattern: "europe-west1-docker.pkg.dev/acme-dev/bulkhead/**" },
      { namePattern: "europe-west1-docker.pkg.dev/acme-dev/bulkhead-docker-hub/**" },
      { namePattern: "gcr.io/alloydb-connectors/alloydb-auth-proxy*" },
    ],
  });
});

test("the fleet's features name the cluster of the gateways, after their controllers may work", async () => {
  const membership = "projects/acme-dev/locations/europe-west1/memberships/bulkhead-europe-west1";
  const { resources } = await record(
    () => new MultiCluster("bulkhead", { project: "acme-dev", configMembership: membership }),
  );
  const gateways = one(resources, "Feature", "bulkhead-gateways");
  expect(gateways.inputs).toMatchObject({
    location: "global",
    name: "multiclusteringress",
    spec: { multiclusteringress: { configMembership: membership } },
  });
  expect(one(resources, "Feature", "bulkhead-services").inputs.name).toBe("multiclusterservicediscovery");
  const roles = all(resources, "IAMMember").map(({ inputs }) => String(inputs.role));
  expect(roles.sort()).toEqual(["roles/compute.networkViewer", "roles/container.admin"]);
  for (const { urn } of all(resources, "IAMMember")) expect(gateways.dependsOn).toContain(urn);
});
