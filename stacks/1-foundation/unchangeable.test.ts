import type { FoundationOutputs } from "@bulkhead/components";
import { FOUNDATION } from "@bulkhead/components/testing";
import type { FoundationConfig } from "@bulkhead/config";
import { parseFoundation } from "@bulkhead/config";
import { describe, expect, test } from "vitest";
import { checkUnchanged } from "./unchangeable.ts";

const config = (more: Readonly<Record<string, unknown>> = {}): FoundationConfig => {
  const region = { nodes: "10.0.0.0/20", pods: "10.4.0.0/14", services: "10.8.0.0/20", controlPlane: "172.16.0.0/28" };
  const { value, mistakes } = parseFoundation({
    project: "acme-dev",
    regions: { "europe-west1": { ...region, ...(more.databaseAccess === "psc" && { endpoints: "10.16.0.0/24" }) } },
    databaseRange: "10.16.0.0/20",
    ...more,
  });
  if (!value) throw new Error(JSON.stringify(mistakes));
  return value;
};

/** An environment that stands, with keys or without. */
const standing = (keys: FoundationOutputs["regions"][string]["keys"]): FoundationOutputs => ({
  ...FOUNDATION,
  regions: { "europe-west1": { ...FOUNDATION.regions["europe-west1"]!, keys } },
});
const KEYS = { database: "projects/acme-dev/locations/europe-west1/keyRings/bulkhead/cryptoKeys/database" };

describe("what cannot be changed", () => {
  test("a first apply may choose", () => {
    expect(checkUnchanged(undefined, config({ databaseAccess: "psc", encryption: { enabled: false } }))).toEqual([]);
  });

  test("what stays as it was passes", () => {
    expect(checkUnchanged(standing(KEYS), config())).toEqual([]);
    expect(checkUnchanged(standing({}), config({ encryption: { enabled: false } }))).toEqual([]);
  });

  test("both changes are refused at once, each with what to keep", () => {
    const changed = config({ databaseAccess: "psc", encryption: { enabled: false } });
    expect(checkUnchanged(standing(KEYS), changed).map(({ path, value, remedy }) => [path, value, remedy])).toEqual([
      ["bulkhead:databaseAccess", "psc", expect.stringMatching(/^keep psa/)],
      ["bulkhead:encryption.enabled", false, expect.stringMatching(/^set it to true/)],
    ]);
  });

  test("an environment of a release that knew neither counts as peered and without keys", () => {
    const { databaseAccess: _, ...rest } = FOUNDATION;
    const { keys: __, ...region } = FOUNDATION.regions["europe-west1"]!;
    const before = { ...rest, regions: { "europe-west1": region } } as unknown as FoundationOutputs;
    expect(checkUnchanged(before, config({ encryption: { enabled: false } }))).toEqual([]);
    expect(checkUnchanged(before, config())).toHaveLength(1);
  });
});
