import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Gcloud, readLag, switchoverCommand, Unreachable } from "./alloydb.ts";

const CLUSTER = "projects/bulkhead-prod/locations/us-east4/clusters/bulkhead-eu1-dr";
const SITE = { region: "us-east4", cluster: CLUSTER, instance: "", readPools: {}, role: "reader" } as const;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bulkhead-gcloud-"));
  vi.stubEnv("PATH", folder + delimiter + process.env.PATH);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** A `gcloud` on PATH that writes down its arguments and does what a line of shell says. */
function gcloud(script: string): () => string {
  const log = join(folder, "log");
  writeFileSync(join(folder, "gcloud"), `#!/bin/sh\necho "$@" >> ${log}\n${script}\n`);
  chmodSync(join(folder, "gcloud"), 0o755);
  return () => readFileSync(log, "utf8");
}

test("a cluster's state, with that of its instances", async () => {
  const asked = gcloud(`case $2 in
    clusters) echo '{"state":"READY","clusterType":"SECONDARY"}' ;;
    *) echo '[{"name":"${CLUSTER}/instances/primary","state":"READY"},{"name":"${CLUSTER}/instances/read-reports","state":"STOPPED","instanceType":"READ_POOL"}]' ;;
  esac`);
  expect(await new Gcloud().look(SITE)).toEqual({
    state: "READY",
    type: "SECONDARY",
    instances: [
      { name: "primary", state: "READY", pool: false },
      { name: "read-reports", state: "STOPPED", pool: true },
    ],
  });
  expect(asked()).toBe(
    "alloydb clusters describe bulkhead-eu1-dr --region=us-east4 --project=bulkhead-prod --format=json\n" +
      "alloydb instances list --cluster=bulkhead-eu1-dr --region=us-east4 --project=bulkhead-prod --format=json\n",
  );
});

test("an API that does not answer is unreachable, with what gcloud said", async () => {
  gcloud('echo "ERROR: (gcloud.alloydb.clusters.describe) UNAVAILABLE: region" >&2; exit 1');
  await expect(new Gcloud().look(SITE)).rejects.toThrow(Unreachable);
  await expect(new Gcloud().look(SITE)).rejects.toThrow("UNAVAILABLE");
});

test("an instance is stopped by its activation policy, and nothing is asked back", async () => {
  const asked = gcloud("exit 0");
  await new Gcloud().stop(SITE, "main");
  expect(asked().trim()).toBe(
    "alloydb instances update main --cluster=bulkhead-eu1-dr --region=us-east4 --project=bulkhead-prod --activation-policy=NEVER --quiet",
  );
});

test("a switchover is asked of the secondary, without a question nobody answers", async () => {
  const asked = gcloud("exit 0");
  await new Gcloud().switchover(SITE);
  expect(asked().trim()).toBe(`${switchoverCommand(CLUSTER).slice(1).join(" ")} --quiet`);
  expect(asked()).toContain("alloydb clusters switchover bulkhead-eu1-dr --region=us-east4 --project=bulkhead-prod");
});

test("the lag of either cluster; the token is in no argument", async () => {
  const asked = gcloud("echo a-token");
  const requests: [string, unknown][] = [];
  const answer = {
    timeSeries: [
      { unit: "ms", points: [{ interval: { endTime: "2026-01-01T00:00:00Z" }, value: { int64Value: "2500" } }] },
    ],
  };
  const found = await new Gcloud(async (url, init) => {
    requests.push([String(url), init?.headers]);
    return Response.json(answer);
  }).lag({ ...SITE, cluster: CLUSTER.replace("-dr", "") }, SITE);
  expect(found).toEqual({ seconds: 2.5, at: Date.parse("2026-01-01T00:00:00Z") });
  const [[url, headers]] = requests as [[string, unknown]];
  expect(new URL(url).searchParams.get("filter")).toContain('one_of("bulkhead-eu1", "bulkhead-eu1-dr")');
  expect(headers).toEqual({ authorization: "Bearer a-token" });
  expect(url + asked()).not.toContain("a-token");
});

test("the worst of the last five minutes counts, and what was never measured is unknown", () => {
  const point = (minute: number, ms: number) => ({
    interval: { endTime: new Date(minute * 60_000).toISOString() },
    value: { int64Value: String(ms) },
  });
  expect(
    readLag({ timeSeries: [{ points: [point(60, 100), point(58, 4000)] }, { points: [point(10, 90_000)] }] }),
  ).toEqual({
    seconds: 4,
    at: 3_600_000,
  });
  expect(readLag({})).toBeUndefined();
});
