import type { EdgeOutputs } from "@bulkhead/components";
import { all, at, type Declared, inventory, nameOf, record } from "@bulkhead/components/testing";
import { accountIdOf, type PlacedTenant } from "@bulkhead/config";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { tenantRoutes } from "./routes.ts";
import { placeCell } from "./shards.ts";

const EDGE: EdgeOutputs = {
  domain: "api.example.com",
  region: "europe-west1",
  multiCluster: false,
  gateway: { name: "bulkhead-public", namespace: "bulkhead-edge" },
  address: "203.0.113.1",
  records: [],
  securityPolicies: { free: "bulkhead-edge-free", pro: "bulkhead-edge-pro", enterprise: "bulkhead-edge-enterprise" },
  settings: { timeoutSec: 75, drainSec: 30, logSampleRate: 1 },
  cells: { eu1: { host: "api.example.com", namespace: "bulkhead-eu1", readsNear: false } },
  admin: null,
};

function tenant(id: string, change: Partial<PlacedTenant> = {}): PlacedTenant {
  return {
    id,
    accountId: accountIdOf(id),
    isolation: "schema",
    cell: "eu1",
    tier: "free",
    status: "active",
    channel: "stable",
    labels: {},
    ...(change.isolation === undefined && { shard: 0 }),
    ...change,
  };
}

async function routes(tenants: readonly PlacedTenant[], change: Partial<EdgeOutputs> = {}, region = "europe-west1") {
  const { resources } = await record(() => {
    const providers = { home: new k8s.Provider("home", {}), gateway: new k8s.Provider("gateway", {}) };
    const own = tenants.filter(({ isolation }) => isolation === "database" || isolation === "instance");
    const apis = Object.fromEntries(
      own.map(({ id }) => [
        id,
        { namespace: pulumi.output("bulkhead-eu1-tenants"), service: pulumi.output(`tenant-${id}`) },
      ]),
    );
    const after = new k8s.batch.v1.Job("migrate", { metadata: { name: "migrate" } });
    tenantRoutes({ cell: "eu1", region, edge: { ...EDGE, ...change }, tenants, apis, providers, after });
  });
  return resources;
}

type Rule = {
  readonly backendRefs: readonly Record<string, unknown>[];
  readonly filters?: readonly unknown[];
  readonly matches: readonly unknown[];
};
const rulesOf = (route: Declared) => at(route.inputs, "spec.rules") as Rule[];
const filtersOf = (schema: string) => [
  {
    type: "RequestHeaderModifier",
    requestHeaderModifier: {
      set: [
        { name: "Accept-Profile", value: schema },
        { name: "Content-Profile", value: schema },
      ],
    },
  },
];

describe("schema tenants", () => {
  test("whatever profile a client names, its host's own schema is asked, on every rule", async () => {
    const readsNear = { cells: { eu1: { ...EDGE.cells.eu1!, readsNear: true } } };
    const [route] = all(await routes([tenant("a-corp", { shard: 1, tier: "pro" })], readsNear), "HTTPRoute");
    expect(at(route!.inputs, "spec.hostnames")).toEqual(["a-corp.api.example.com"]);
    expect(at(route!.inputs, "metadata.namespace")).toBe("bulkhead-eu1");
    expect(rulesOf(route!).map(({ filters }) => filters)).toEqual([
      filtersOf("tenant_a_corp"),
      filtersOf("tenant_a_corp"),
    ]);
    expect(rulesOf(route!).map(({ backendRefs }) => backendRefs)).toEqual([
      [{ group: "", kind: "Service", name: "shard-1-reads-pro", port: 80, weight: 1 }],
      [{ group: "", kind: "Service", name: "shard-1-pro", port: 80, weight: 1 }],
    ]);
    expect(rulesOf(route!)[0]!.matches).toEqual([
      { path: { type: "PathPrefix", value: "/" }, headers: [{ type: "Exact", name: "bulkhead-read", value: "near" }] },
    ]);
  });

  test("a host waits for its schema", async () => {
    const resources = await routes([tenant("acme")]);
    const [job] = all(resources, "Job");
    expect(all(resources, "HTTPRoute")[0]!.dependsOn).toContain(job!.urn);
  });

  test("a suspended one keeps its host, where it is told why; an archived one has none", async () => {
    const names = async (status: PlacedTenant["status"]) =>
      all(await routes([tenant("acme", { status })]), "HTTPRoute").map(nameOf);
    expect(await names("suspended")).toEqual(["tenant-acme"]);
    expect(await names("archived")).toEqual([]);
  });
});

test("a pooled tenant has no route", async () => {
  expect(all(await routes([tenant("acme", { isolation: "pooled" })]), "HTTPRoute")).toEqual([]);
});

test("a database tenant's host leads to its own Service alone, limited by its tier, and no header is set", async () => {
  const resources = await routes([tenant("umbrella", { isolation: "database", tier: "enterprise" })]);
  const [route] = all(resources, "HTTPRoute");
  expect(at(route!.inputs, "metadata.namespace")).toBe("bulkhead-eu1-tenants");
  expect(rulesOf(route!)).toEqual([
    {
      matches: [{ path: { type: "PathPrefix", value: "/" } }],
      backendRefs: [{ group: "", kind: "Service", name: "tenant-umbrella", port: 80, weight: 1 }],
    },
  ]);
  const [policy] = all(resources, "GCPBackendPolicy");
  expect(at(policy!.inputs, "spec")).toMatchObject({
    default: { securityPolicy: "bulkhead-edge-enterprise", timeoutSec: 75 },
    targetRef: { kind: "Service", name: "tenant-umbrella" },
  });
});

test("one more tenant adds its own; of the others nothing changes", async () => {
  const others = [tenant("globex"), tenant("umbrella", { isolation: "database" })];
  const before = await routes(others);
  const after = await routes([tenant("acme"), ...others]);
  const of = (resources: readonly Declared[]) =>
    resources.filter(({ name }) => /globex|umbrella/.test(name)).map(({ inputs, urn }) => ({ inputs, urn }));
  expect(of(after)).toEqual(of(before));
  expect(inventory(after).filter((entry) => !inventory(before).includes(entry))).toEqual([
    "HTTPRoute eu1-tenant-acme-route",
  ]);
});

test("over several clusters, routes are in the gateway's, and what they lead to is exported from the cell's", async () => {
  const resources = await routes([tenant("umbrella", { isolation: "database" })], { multiCluster: true }, "us-east4");
  const [route] = all(resources, "HTTPRoute");
  expect(rulesOf(route!)[0]!.backendRefs[0]).toMatchObject({
    group: "net.gke.io",
    kind: "ServiceImport",
    name: "tenant-umbrella",
  });
  const [mirror] = all(resources, "Namespace");
  expect(nameOf(mirror!)).toBe("bulkhead-eu1-tenants");
  expect(at(mirror!.inputs, "metadata.labels")).toMatchObject({ "bulkhead/edge": "public" });
  expect(all(resources, "ServiceExport").map(nameOf)).toEqual(["tenant-umbrella"]);
  expect(at(all(resources, "HealthCheckPolicy")[0]!.inputs, "spec.targetRef")).toMatchObject({ kind: "ServiceImport" });
});

describe("shards", () => {
  const services = { shards: 1, schemasPerShard: 2 };

  test("those recorded stay, retained tenants keep their room, and the rest follow", () => {
    const placed = placeCell(
      "eu1",
      [tenant("b"), tenant("c", { isolation: "pooled" })],
      [tenant("gone")],
      { gone: 0, other: 3 },
      services,
    );
    expect(placed.shards).toEqual({ gone: 0, b: 0 });
    expect(placed.tenants.map(({ id, shard }) => [id, shard])).toEqual([
      ["b", 0],
      ["c", undefined],
    ]);
    expect(() => placeCell("eu1", [tenant("a"), tenant("b")], [tenant("gone")], { gone: 0 }, services)).toThrow(
      /1 schema tenants of cell eu1 find no place \(b\)/,
    );
  });
});
