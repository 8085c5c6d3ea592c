/** What the edge opens, and what it leaves closed: one region, and several. */
import type { CellDatabaseOutputs, FoundationOutputs, SiteOutputs } from "@bulkhead/components";
import { all, at, cellDatabase, type Declared, FOUNDATION, nameOf, podsOf, record } from "@bulkhead/components/testing";
import { parseServices } from "@bulkhead/config";
import { describe, expect, test } from "vitest";
import { cellServices } from "./cell.ts";
import { adminPaths, edgeServices, refuseUnprepared } from "./edge.ts";

const HOME_REGION = { ...FOUNDATION.regions["europe-west1"]!, proxyRange: "10.9.0.0/23", membership: "europe-west1" };
const ONE: FoundationOutputs = { ...FOUNDATION, regions: { "europe-west1": HOME_REGION } };
const TWO: FoundationOutputs = {
  ...ONE,
  regions: { ...ONE.regions, "us-east4": { ...HOME_REGION, kubeconfig: '{"us":1}', membership: "us-east4" } },
};

/** A cell at home in one region, with a secondary in the other. */
function withSecondary(cell: string, region: string, other: string): CellDatabaseOutputs {
  const entry = cellDatabase(cell);
  const site = (at: string, role: SiteOutputs["role"]): SiteOutputs => ({ ...entry.sites.home!, region: at, role });
  return { ...entry, region, sites: { home: site(region, "writer"), dr: site(other, "reader") } };
}

interface Setup {
  readonly foundation?: FoundationOutputs;
  readonly cells?: Readonly<Record<string, CellDatabaseOutputs>>;
  readonly edge?: Record<string, unknown>;
}

function configOf(change: Record<string, unknown> = {}) {
  const { mistakes, value } = parseServices(
    {
      images: { runtime: "registry/bulkhead-runtime:0.1.0" },
      tokens: { jwks: { keys: [{ kty: "EC", crv: "P-256", kid: "one", alg: "ES256", x: "eA", y: "eQ" }] } },
      shards: 2,
      edge: { domain: "api.example.com", ...change },
    },
    import.meta.dirname,
  );
  expect(mistakes).toEqual([]);
  return value!;
}

const recorded = new Map<string, Promise<readonly Declared[]>>();

/** What layer 3 declares; the same is recorded once. */
function services(setup: Setup = {}): Promise<readonly Declared[]> {
  const key = JSON.stringify(setup);
  const before = recorded.get(key) ?? declare(setup);
  recorded.set(key, before);
  return before;
}

async function declare({ foundation = ONE, cells = { eu1: cellDatabase("eu1") }, edge: change = {} }: Setup) {
  const config = configOf(change);
  const edge = config.edge!;
  const { resources } = await record(() => {
    const made = Object.fromEntries(
      Object.entries(cells).map(([cell, database]) => [
        cell,
        cellServices({ environment: "dev", cell, database, foundation, config, paths: adminPaths(edge) }),
      ]),
    );
    const database = { defaultCell: Object.keys(cells)[0]!, cells };
    const outputs = edgeServices({ edge, config, foundation, database, cells: made });
    return new Promise((resolve) => outputs.apply(resolve));
  });
  return resources;
}

type Rule = {
  readonly backendRefs: readonly { readonly name: string; readonly kind: string; readonly port: number }[];
  readonly matches: readonly Record<string, unknown>[];
};
const rulesOf = (route: Declared) => (at(route.inputs, "spec.rules") as Rule[]) ?? [];
const gatewayOf = (route: Declared) => String(at(route.inputs, "spec.parentRefs.0.name"));
const routesOf = (resources: readonly Declared[], gateway: string) =>
  all(resources, "HTTPRoute")
    .filter((route) => gatewayOf(route) === gateway && nameOf(route) !== "redirect-to-https")
    .sort((a, b) => (a.name < b.name ? -1 : 1));
const backendsOf = (routes: readonly Declared[]) =>
  routes.flatMap((route) => rulesOf(route).flatMap(({ backendRefs }) => backendRefs.map(({ name }) => name)));

const ADMIN = { admin: {} };

describe("exposure", () => {
  test("the public gateway leads to the client tier alone, and every Service stays within its cluster", async () => {
    const resources = await services({ edge: ADMIN });
    expect(backendsOf(routesOf(resources, "bulkhead-public"))).toEqual(["client"]);
    for (const { inputs } of all(resources, "Service")) expect(at(inputs, "spec.type")).toBe("ClusterIP");
    expect(
      all(resources, "Gateway")
        .map(({ inputs }) => at(inputs, "spec.gatewayClassName"))
        .sort(),
    ).toEqual(["gke-l7-global-external-managed", "gke-l7-rilb"]);
  });

  test("the admin port is on no Service and in no route: only health checks go there", async () => {
    const resources = await services({ edge: ADMIN });
    for (const { inputs } of all(resources, "Service"))
      expect((at(inputs, "spec.ports") as { targetPort: unknown }[]).map(({ targetPort }) => targetPort)).not.toContain(
        "admin",
      );
    for (const route of all(resources, "HTTPRoute"))
      for (const { backendRefs = [] } of rulesOf(route)) for (const { port } of backendRefs) expect(port).toBe(80);
    const checked = all(resources, "HealthCheckPolicy");
    expect(checked.length).toBe(all(resources, "GCPBackendPolicy").length);
    for (const { inputs } of checked)
      expect(at(inputs, "spec.default.config")).toEqual({
        type: "HTTP",
        httpHealthCheck: { portSpecification: "USE_FIXED_PORT", port: 3001, requestPath: "/ready" },
      });
  });

  test("what is reached from the internet is limited: every backend of the public gateway has its tier's policy", async () => {
    const resources = await services({ edge: ADMIN });
    const policies = all(resources, "GCPBackendPolicy").map(({ inputs }) => [
      at(inputs, "spec.targetRef.name"),
      at(inputs, "spec.default.securityPolicy"),
    ]);
    expect(Object.fromEntries(policies)).toEqual({
      client: "bulkhead-edge-free",
      "shard-0-free": "bulkhead-edge-free",
      "shard-0-pro": "bulkhead-edge-pro",
      "shard-0-enterprise": "bulkhead-edge-enterprise",
      "shard-1-free": "bulkhead-edge-free",
      "shard-1-pro": "bulkhead-edge-pro",
      "shard-1-enterprise": "bulkhead-edge-enterprise",
      admin: undefined,
    });
  });

  test("a Service of a tier selects the pods of its shard, and nothing else", async () => {
    const resources = await services();
    const apps = new Set(podsOf(resources).map(({ labels }) => labels.app));
    for (const service of all(resources, "Service").filter((one) => nameOf(one).startsWith("shard-"))) {
      const { app } = at(service.inputs, "spec.selector") as { app: string };
      expect(apps).toContain(app);
      expect(nameOf(service)).toMatch(new RegExp(`^${app}(?:-reads)?(?:-(?:free|pro|enterprise))?$`));
    }
  });
});

describe("the admin tier", () => {
  const reaching = (resources: readonly Declared[]) =>
    all(resources, "NetworkPolicy").filter(({ inputs }) =>
      ((at(inputs, "spec.podSelector.matchExpressions.0.values") as string[] | undefined) ?? []).includes("admin"),
    );

  test("without its gateway, nothing leads to it and nothing may call it", async () => {
    const resources = await services();
    expect(backendsOf(all(resources, "HTTPRoute").filter((route) => nameOf(route) === "admin"))).toEqual([]);
    expect(reaching(resources)).toEqual([]);
    expect(all(resources, "Gateway")).toHaveLength(1);
  });

  test("with it, the region's proxies may call its API, and health checks its admin port", async () => {
    const resources = await services({ edge: ADMIN });
    expect(reaching(resources).map((policy) => [nameOf(policy), at(policy.inputs, "spec.ingress")])).toEqual([
      [
        "allow-internal-gateway",
        [{ from: [{ ipBlock: { cidr: "10.9.0.0/23" } }], ports: [{ protocol: "TCP", port: "http" }] }],
      ],
      [
        "allow-internal-health-checks",
        [
          {
            from: [{ ipBlock: { cidr: "130.211.0.0/22" } }, { ipBlock: { cidr: "35.191.0.0/16" } }],
            ports: [{ protocol: "TCP", port: "admin" }],
          },
        ],
      ],
    ]);
    const [route] = routesOf(resources, "bulkhead-admin-europe-west1");
    expect(at(route!.inputs, "spec.hostnames")).toEqual(["eu1.admin.api.example.com"]);
    expect(backendsOf([route!])).toEqual(["admin"]);
  });

  test("its address is private, its listener is HTTPS only, and other namespaces' routes are not taken", async () => {
    const resources = await services({ edge: ADMIN });
    const [address] = all(resources, "compute/address:Address");
    expect(address!.inputs).toMatchObject({ addressType: "INTERNAL", region: "europe-west1" });
    const gateway = all(resources, "Gateway").find((one) => nameOf(one) === "bulkhead-admin-europe-west1")!;
    const listeners = at(gateway.inputs, "spec.listeners") as Record<string, unknown>[];
    expect(listeners.map(({ protocol }) => protocol)).toEqual(["HTTPS"]);
    expect(at(listeners[0], "allowedRoutes.namespaces.selector.matchExpressions")).toEqual([
      { key: "kubernetes.io/metadata.name", operator: "In", values: ["bulkhead-eu1"] },
    ]);
  });

  test("without a range for the proxies it is refused, with what to do", () => {
    const foundation = { ...ONE, regions: { "europe-west1": { ...HOME_REGION, proxyRange: null } } };
    const database = { defaultCell: "eu1", cells: { eu1: cellDatabase("eu1") } };
    expect(() => refuseUnprepared(configOf(ADMIN).edge!, foundation, database)).toThrow(
      /bulkhead:regions\.europe-west1\.proxies/,
    );
    expect(() => refuseUnprepared(configOf().edge!, foundation, database)).not.toThrow();
  });
});

describe("several regions", () => {
  const cells = {
    eu1: withSecondary("eu1", "europe-west1", "us-east4"),
    us1: withSecondary("us1", "us-east4", "europe-west1"),
  };
  const exportsOf = (resources: readonly Declared[], service: string) =>
    all(resources, "ServiceExport")
      .filter((one) => nameOf(one) === service)
      .map((one) => `${at(one.inputs, "metadata.namespace")} ${one.name.split("-export-")[1]}`)
      .sort();

  test("what writes is exported from home alone, what reads from every region; routes lead to the fleet's Services", async () => {
    const resources = await services({ foundation: TWO, cells });
    expect(exportsOf(resources, "client")).toEqual(["bulkhead-eu1 europe-west1", "bulkhead-us1 us-east4"]);
    expect(exportsOf(resources, "client-reads")).toEqual([
      "bulkhead-eu1 europe-west1",
      "bulkhead-eu1 us-east4",
      "bulkhead-us1 europe-west1",
      "bulkhead-us1 us-east4",
    ]);
    const routes = routesOf(resources, "bulkhead-public");
    expect(routes.map(({ inputs }) => at(inputs, "spec.hostnames"))).toEqual([
      ["api.example.com", "eu1.api.example.com"],
      ["us1.api.example.com"],
    ]);
    for (const route of routes)
      for (const { backendRefs } of rulesOf(route))
        expect(backendRefs.map(({ kind }) => kind)).toEqual(["ServiceImport"]);
  });

  test("who is nearest to home reads from the tier that writes, where home has no replica", async () => {
    const resources = await services({ foundation: TWO, cells: { eu1: cells.eu1 } });
    const selected = (service: string) =>
      all(resources, "Service")
        .filter((one) => nameOf(one) === service)
        .map(({ inputs }) => at(inputs, "spec.selector.app"))
        .sort();
    expect(selected("client-reads")).toEqual(["client", "client-reads"]);
    expect(selected("shard-1-reads-pro")).toEqual(["shard-1", "shard-1-reads"]);
  });

  test("a request goes home unless it says that it may read nearby", async () => {
    const [route] = routesOf(await services({ foundation: TWO, cells }), "bulkhead-public");
    expect(rulesOf(route!).map(({ backendRefs, matches }) => [backendRefs[0]!.name, matches[0]!.headers])).toEqual([
      ["client-reads", [{ type: "Exact", name: "bulkhead-read", value: "near" }]],
      ["client", undefined],
    ]);
  });

  test("a cluster outside of the fleet is refused", () => {
    const foundation = { ...TWO, regions: { ...TWO.regions, "us-east4": { ...HOME_REGION, membership: null } } };
    expect(() => refuseUnprepared(configOf().edge!, foundation, { defaultCell: "eu1", cells })).toThrow(
      /us-east4 are in no fleet/,
    );
  });
});
