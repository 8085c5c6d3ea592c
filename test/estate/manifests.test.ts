/** Every Kubernetes object of every environment is one that its clusters' API servers take. */
import { LAYERS } from "@bulkhead/config";
import { beforeAll, describe, expect, test } from "vitest";
import { REPOSITORY } from "../../scripts/lib/platform.ts";
import { describeFault, validateObjects } from "../../scripts/validate/environment.ts";
import { kubernetesMinor } from "../../scripts/validate/minor.ts";
import { readSources, type Sources } from "../../scripts/validate/sources.ts";
import { ENVIRONMENTS, resourcesByLayer } from "../support/estate.ts";

let sources: Sources;
beforeAll(async () => {
  sources = await readSources();
});

describe.each(ENVIRONMENTS)("%s", (environment) => {
  test("each object passes strict validation against its clusters' minor version, and none is declared twice", () => {
    const layers = resourcesByLayer(environment);
    const resources = LAYERS.flatMap((layer) => layers[layer]);
    const { kinds, faults } = validateObjects(resources, sources, kubernetesMinor(REPOSITORY, environment));
    expect(faults.map(describeFault)).toEqual([]);
    // That there was something to validate, of each sort.
    for (const kind of ["apps/v1 Deployment", "batch/v1 Job", "networking.k8s.io/v1 NetworkPolicy", "v1 Namespace"])
      expect(kinds[kind]).toBeGreaterThan(0);
  });
});
