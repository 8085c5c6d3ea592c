import { afterEach, describe, expect, test, vi } from "vitest";
import { imageDigest } from "./image-digest.ts";
import { toPolicy } from "./rule.ts";
import { UNKNOWN } from "./values.ts";

const PINNED = `gcr.io/acme/app:1.2@sha256:${"ab".repeat(32)}`;
const PLACEHOLDER = `gcr.io/acme/app:1.2@sha256:${"0".repeat(64)}`;

afterEach(() => vi.unstubAllEnvs());

function faults(image: unknown, environment?: string, kind = "containers") {
  const pod = { containers: [{ name: "app", image: PINNED }], [kind]: [{ name: "app", image }] };
  const props = { kind: "Job", spec: { template: { spec: pod } } };
  return imageDigest.faults({ type: "kubernetes:batch/v1:Job", props, ...(environment ? { environment } : {}) });
}

describe("outside local", () => {
  test.each([
    ["by tag", "gcr.io/acme/app:1.2"],
    ["by latest", "gcr.io/acme/app"],
    ["by a digest cut short", "gcr.io/acme/app@sha256:abc"],
    ["by another hash", `gcr.io/acme/app@sha1:${"ab".repeat(32)}`],
    ["by none", undefined],
  ])("an image named %s is refused", (_how, image) => {
    for (const environment of ["dev", "prod", undefined]) {
      expect(faults(image, environment)).toEqual([expect.stringContaining("spec.template.spec.containers[0].image")]);
    }
  });

  test("init containers and ephemeral ones are containers too", () => {
    for (const kind of ["initContainers", "ephemeralContainers"])
      expect(faults("gcr.io/acme/app:1.2", "dev", kind)).toHaveLength(1);
  });

  test("an image by digest passes, and one that is not known yet", () => {
    expect(faults(PINNED, "prod")).toEqual([]);
    expect(faults(UNKNOWN, "prod")).toEqual([]);
  });

  test("a placeholder passes a rehearsal, and nothing real", () => {
    vi.stubEnv("BULKHEAD_CLOUD", "record");
    expect(faults(PLACEHOLDER, "dev")).toEqual([]);
    vi.stubEnv("BULKHEAD_CLOUD", undefined);
    expect(faults(PLACEHOLDER, "dev")).toEqual([expect.stringContaining("placeholder")]);
  });
});

test("on this machine images stand for programs, by their tag", () => {
  expect(faults("gcr.io/acme/app:1.2", "local")).toEqual([]);
});

test("the environment is the stack of the resource's URN", () => {
  const reported: string[] = [];
  const { validateResource } = toPolicy(imageDigest);
  const props = { spec: { containers: [{ name: "app", image: "app:1" }] } };
  for (const stack of ["local", "dev"]) {
    const urn = `urn:pulumi:${stack}::3-services::kubernetes:core/v1:Pod::app`;
    const args = { type: "kubernetes:core/v1:Pod", props, urn } as unknown as Parameters<
      Extract<typeof validateResource, (...args: never[]) => unknown>
    >[0];
    if (typeof validateResource === "function")
      validateResource(args, (message) => reported.push(`${stack}: ${message}`));
  }
  expect(reported).toEqual([expect.stringMatching(/^dev: Container "app" runs app:1, not by digest/)]);
});
