import { expect, test } from "vitest";
import { mistakesOf, PUBLIC_KEY, sampleFiles } from "../../test/sample.ts";
import { parseServices } from "../layers.ts";
import { chooseReadPool, peakConnections } from "./fleet.ts";
import type { ServicesConfig } from "./services.ts";

const SERVICES = {
  images: { runtime: "registry/runtime:0.1.0" },
  tokens: { jwks: { keys: [PUBLIC_KEY] } },
  client: { replicas: { min: 2, max: 10 }, pool: 10 },
  admin: { replicas: { min: 1, max: 2 }, pool: 5 },
  shard: { replicas: { min: 2, max: 10 }, pool: 10 },
  reads: { replicas: { min: 2, max: 10 }, pool: 10 },
};

function services(change: Record<string, unknown> = {}): ServicesConfig {
  const { value, mistakes } = parseServices({ ...SERVICES, ...change }, ".");
  if (!value) throw new Error(JSON.stringify(mistakes));
  return value;
}

/** Of an environment whose cell, services and tenants are these. */
function mistakes(cell: object, change: Record<string, unknown> = {}, tenants: object = { acme: {} }) {
  const bulkhead = Object.entries({ ...SERVICES, ...change }).map(([key, value]) => [`bulkhead:${key}`, value]);
  return mistakesOf(
    sampleFiles({
      "2-database": { "bulkhead:cells": { eu1: { region: "europe-west1", ...cell } } },
      "3-services": Object.fromEntries(bulkhead),
      "4-tenants": { "bulkhead:tenants": tenants },
    }),
  );
}

test("the peak is everything at its largest, LISTEN beside each pool, and what is reserved", () => {
  const fleet = 10 * 11 + 2 * 6 + 10 * 11;
  expect(peakConnections(services())).toBe(fleet + 20);
  expect(peakConnections(services({ shards: 3 }))).toBe(fleet + 2 * 10 * 11 + 20);
});

test("tenants' own PostgRESTs, LISTENs of what reads from replicas and the shared proxy are in it", () => {
  const base = peakConnections(services());
  expect(peakConnections(services(), { databaseTenants: 4, readingSites: 0 })).toBe(base + 4 * 3 * 6);
  // client-reads and shard-0-reads, ten replicas each: their pools are on the replica, one connection of each on the primary.
  expect(peakConnections(services(), { databaseTenants: 0, readingSites: 2 })).toBe(base + 2 * 2 * 10);
  const callers = { reports: { namespace: "reports", podLabels: { app: "reports" } } };
  expect(peakConnections(services({ sharedProxy: { callers } }))).toBe(base + 5 * 20);
});

test("a cell whose tenants need more than it takes is refused before anything is touched", () => {
  const tenants = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`tenant-${n}`, { isolation: "database" }]));
  // 252 of the fleet, 180 of the tenants.
  expect(mistakes({ maxConnections: 432 }, {}, tenants)).toEqual([]);
  expect(mistakes({ maxConnections: 431 }, {}, tenants)).toMatchObject([
    {
      path: expect.stringContaining("stacks/2-database/Pulumi.test.yaml bulkhead:cells.eu1.maxConnections"),
      problem: expect.stringContaining("10 database tenants can open at their peak, 432"),
    },
  ]);
});

test("what reads from a pool must fit there too", () => {
  const readPools = { api: { nodes: 1 } };
  // 20 replicas with a pool of ten, and what is reserved; the primary takes the LISTENs.
  const change = { reads: { replicas: { min: 2, max: 20 }, pool: 10 } };
  expect(mistakes({ maxConnections: 420, readPools }, change)).toEqual([]);
  expect(mistakes({ maxConnections: 419, readPools }, change)).toMatchObject([
    { path: expect.stringContaining("readPools.api.nodes"), problem: expect.stringContaining("at their peak, 420") },
  ]);
  expect(mistakes({ maxConnections: 419, readPools: { api: { nodes: 2 } } }, change)).toEqual([]);
});

test("of several pools one is named, and every site has it or none", () => {
  const readPools = { api: {}, reports: {} };
  expect(mistakes({ readPools })).toMatchObject([{ problem: expect.stringContaining("none is named to read from") }]);
  expect(mistakes({ readPools }, { reads: { readPool: "api" } })).toEqual([]);
  expect(mistakes({ readPools }, { reads: { readPool: "apj" } })).toMatchObject([
    { problem: expect.stringContaining('has no pool "apj"') },
  ]);
});

test("the pool to read from", () => {
  expect(chooseReadPool({}, "api")).toBeNull();
  expect(chooseReadPool({ only: {} })).toBe("only");
  expect(chooseReadPool({ a: {}, b: {} })).toBeUndefined();
  expect(chooseReadPool({ a: {}, b: {} }, "b")).toBe("b");
});
