import type { CellDatabaseOutputs } from "@bulkhead/components";
import { all, at, FOUNDATION, one, record } from "@bulkhead/components/testing";
import { parseDatabase } from "@bulkhead/config";
import type * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { databaseCell } from "./cell.ts";

const region = FOUNDATION.regions["europe-west1"]!;
const key = (name: string) => `projects/acme-dev/locations/${name}/keyRings/bulkhead/cryptoKeys/database`;
const foundation = {
  ...FOUNDATION,
  notificationChannels: ["projects/acme-dev/notificationChannels/1"],
  regions: {
    "europe-west1": { ...region, keys: { database: key("europe-west1") } },
    "europe-west4": { ...region, keys: { database: key("europe-west4") } },
  },
};

const apply = async (change: object, last?: CellDatabaseOutputs) => {
  const secondaries = { dr: { region: "europe-west4", readPools: { api: {} } } };
  const { value } = parseDatabase({ cells: { eu1: { region: "europe-west1", secondaries, ...change } } });
  const { resources, result } = await record(async () => {
    const outputs = databaseCell("eu1", { environment: "dev", cell: value!.cells.eu1!, foundation, last });
    return new Promise<CellDatabaseOutputs>((resolve) => {
      (outputs as pulumi.Output<CellDatabaseOutputs>).apply(resolve);
    });
  });
  const cluster = (name: string) => one(resources, "alloydb/cluster:Cluster", name);
  return { resources, outputs: result, home: cluster("bulkhead-eu1"), dr: cluster("bulkhead-eu1-dr") };
};

const HOME = "projects/acme-dev/locations/europe-west1/clusters/bulkhead-eu1";
const DR = "projects/acme-dev/locations/europe-west4/clusters/bulkhead-eu1-dr";

test("what the layer hands on: where to write, and every site with what may read there", async () => {
  const { outputs } = await apply({ readPools: { api: {} }, maxConnections: 400 });
  expect(outputs).toMatchObject({
    region: "europe-west1",
    cluster: HOME,
    primary: `${HOME}/instances/primary`,
    maxConnections: 400,
    writer: "home",
  });
  expect(outputs.sites).toEqual({
    home: {
      region: "europe-west1",
      cluster: HOME,
      instance: `${HOME}/instances/primary`,
      readPools: { api: `${HOME}/instances/read-api` },
      role: "writer",
    },
    dr: {
      region: "europe-west4",
      cluster: DR,
      instance: `${DR}/instances/main`,
      readPools: { api: `${DR}/instances/read-api` },
      role: "reader",
    },
  });
});

test("after a promotion writes go to the secondary, and home is fenced", async () => {
  const before = await apply({});
  const { outputs, resources } = await apply({ writer: "dr", fenced: ["home"] }, before.outputs);
  expect(outputs).toMatchObject({ region: "europe-west4", cluster: DR, primary: `${DR}/instances/main`, writer: "dr" });
  expect([outputs.sites.home?.role, outputs.sites.dr?.role]).toEqual(["fenced", "writer"]);
  const stopped = all(resources, "Instance").filter(({ inputs }) => inputs.activationPolicy === "NEVER");
  expect(stopped.map(({ name }) => name)).toEqual(["bulkhead-eu1-primary"]);
  expect([...new Set(resources.map(({ urn }) => urn))]).toEqual(
    expect.arrayContaining([before.home.urn, before.dr.urn]),
  );
});

test("each cluster is under the key of its own region", async () => {
  const { home, dr } = await apply({});
  expect(at(home.inputs, "encryptionConfig.kmsKeyName")).toBe(key("europe-west1"));
  expect(at(dr.inputs, "encryptionConfig.kmsKeyName")).toBe(key("europe-west4"));
});

test("a secondary is protected as its cell is, unless it says otherwise", async () => {
  const protection = async (change: object) => {
    const { home, dr } = await apply(change);
    return [home, dr].map(({ inputs, protect }) => [inputs.deletionProtection, protect]);
  };
  expect(await protection({})).toEqual([
    [true, true],
    [true, true],
  ]);
  const secondaries = { dr: { region: "europe-west4", deletionProtection: true } };
  expect(await protection({ deletionProtection: false, secondaries })).toEqual([
    [false, false],
    [true, true],
  ]);
});

test("alerts tell those whom the foundation names", async () => {
  const { resources } = await apply({});
  for (const { inputs } of all(resources, "AlertPolicy"))
    expect(inputs.notificationChannels).toEqual(["projects/acme-dev/notificationChannels/1"]);
});
