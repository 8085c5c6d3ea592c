import { describe, expect, test } from "vitest";
import { mistakesOf, sampleConfig, sampleFiles } from "../../test/sample.ts";

const edge = (change: Record<string, unknown> = {}, tenants: Record<string, unknown> = {}) =>
  sampleFiles({
    "3-services": { "bulkhead:edge": { domain: "api.example.com", ...change } },
    ...(Object.keys(tenants).length > 0 && { "4-tenants": tenants }),
  });
const problems = (files: ReturnType<typeof sampleFiles>) =>
  mistakesOf(files).map(({ path, problem }) => `${path.replace(/^stacks\//, "")} ${problem}`);

test("a domain is enough", () => {
  expect(problems(edge())).toEqual([]);
});

describe("refused", () => {
  test("a higher tier with less than a lower one, over whatever interval", () => {
    expect(problems(edge({ rateLimits: { pro: { requests: 1500, intervalSec: 3600 } } }))).toEqual([
      "3-services/Pulumi.test.yaml bulkhead:edge.rateLimits.pro allows less than free",
    ]);
  });

  test("a ban on more than Cloud Armor counts where it bans", () => {
    const limit = { requests: 20_000, banSec: 60 };
    expect(problems(edge({ rateLimits: { enterprise: limit } }))).toEqual([
      "3-services/Pulumi.test.yaml bulkhead:edge.rateLimits.enterprise.requests is more than Cloud Armor counts where it bans",
    ]);
    expect(problems(edge({ rateLimits: { enterprise: { ...limit, banSec: 0 } } }))).toEqual([]);
  });

  test("a gateway that gives up before a statement does", () => {
    expect(problems(edge({ timeoutSec: 60 }))).toEqual([
      "3-services/Pulumi.test.yaml bulkhead:edge.timeoutSec is no longer than a statement of tier enterprise may run, 60s",
    ]);
  });

  test("an internal gateway in a region without a range for its proxies", () => {
    expect(problems(edge({ admin: {} }))).toEqual([
      "3-services/Pulumi.test.yaml bulkhead:edge.admin needs a range for the proxies of europe-west1",
    ]);
    const foundation = sampleConfig()["1-foundation"];
    const region = (foundation["bulkhead:regions"] as Record<string, object>)["europe-west1"];
    const regions = { "europe-west1": { ...region, proxies: "10.9.0.0/23" } };
    expect(
      problems(
        sampleFiles({
          "1-foundation": { "bulkhead:regions": regions },
          "3-services": { "bulkhead:edge": { domain: "api.example.com", admin: {} } },
        }),
      ),
    ).toEqual([]);
  });

  test("a tenant whose host would be a cell's; a pooled one has no host", () => {
    const tenants = { "bulkhead:tenants": { eu1: { isolation: "database" } } };
    expect(problems(edge({}, tenants))).toEqual([
      "4-tenants/Pulumi.test.yaml bulkhead:tenants.eu1 would have the host of cell eu1",
    ]);
    expect(problems(edge({}, { "bulkhead:tenants": { eu1: {} } }))).toEqual([]);
    expect(problems(sampleFiles({ "4-tenants": tenants }))).toEqual([]);
  });
});
