import { expect, test } from "vitest";
import { at, one } from "../testing/find.ts";
import { record } from "../testing/mocks.ts";
import { ImageRegistry } from "./registry.ts";

const KEY = "projects/acme-dev/locations/europe-west1/keyRings/bulkhead/cryptoKeys/registry";
const registry = () =>
  record(
    () =>
      new ImageRegistry("bulkhead", {
        project: "acme-dev",
        region: "europe-west1",
        kmsKey: KEY,
        mirrors: { "docker-hub": "https://registry-1.docker.io" },
      }),
  );

test("the platform's images: tags that stay, the project's key, and no cleanup of what has a tag", async () => {
  const { resources } = await registry();
  const { inputs, protect } = one(resources, "Repository", "bulkhead");
  expect(protect).toBe(true);
  expect(inputs).toMatchObject({
    location: "europe-west1",
    format: "DOCKER",
    kmsKeyName: KEY,
    dockerConfig: { immutableTags: true },
  });
  const deleting = (at(inputs, "cleanupPolicies") as { action: string; condition?: { tagState: string } }[]).filter(
    ({ action }) => action === "DELETE",
  );
  expect(deleting.map(({ condition }) => condition?.tagState)).toEqual(["UNTAGGED"]);
});

test("a mirror fetches from its upstream, under the same key", async () => {
  const { resources } = await registry();
  expect(one(resources, "Repository", "bulkhead-docker-hub").inputs).toMatchObject({
    mode: "REMOTE_REPOSITORY",
    kmsKeyName: KEY,
    remoteRepositoryConfig: { commonRepository: { uri: "https://registry-1.docker.io" } },
  });
  expect(one(resources, "ImageRegistry").outputs).toEqual({
    url: "europe-west1-docker.pkg.dev/acme-dev/bulkhead",
    mirrors: { "docker-hub": "europe-west1-docker.pkg.dev/acme-dev/bulkhead-docker-hub" },
  });
});
