/** What a map says of resources: each arrow by what lets it through, and nothing allowed left out. */
import { describe, expect, test } from "vitest";
import type { StateResource } from "../rehearsal/rehearsal.ts";
import { mapOf } from "./extract.ts";
import {
  cluster,
  HOME_REGION,
  instance,
  lettingIn,
  OTHER_REGION,
  object,
  policy,
  route,
  smallEstate,
} from "./testing.ts";

const map = (resources: readonly StateResource[] = smallEstate()) => mapOf("test", resources);
const without = (end: string) => smallEstate().filter(({ urn }) => !urn.endsWith(end));
const arrows = (kind: string, resources?: readonly StateResource[]) =>
  map(resources)
    .ways.filter((way) => way.kind === kind)
    .map(({ from, to }) => `${from} → ${to}`);

const CLIENT = "europe-west1/edge/public → europe-west1/bulkhead-eu1/client";

describe("ways", () => {
  test("lead from the gateways to what their routes name, to the databases that proxies name, and along replication", () => {
    expect(arrows("public")).toEqual([CLIENT, "internet → europe-west1/edge/public"]);
    expect(arrows("admin")).toEqual([
      "administrators → europe-west1/edge/internal",
      "europe-west1/edge/internal → europe-west1/bulkhead-eu1/admin",
    ]);
    expect(arrows("database")).toEqual([
      "europe-west1/bulkhead-eu1/admin → bulkhead-eu1/primary",
      "europe-west1/bulkhead-eu1/client → bulkhead-eu1/primary",
      "europe-west1/bulkhead-eu1/jobs → bulkhead-eu1/primary",
      "europe-west1/bulkhead-eu1/shard-0 → bulkhead-eu1/primary",
      "us-east4/bulkhead-eu1/client-reads → bulkhead-eu1/primary",
      "us-east4/bulkhead-eu1/client-reads → bulkhead-eu1-dr/main",
    ]);
    expect(arrows("replication")).toEqual(["bulkhead-eu1 → bulkhead-eu1-dr"]);
    expect(map().shut).toEqual([]);
  });

  test("say which resources let them through", () => {
    expect(map().ways.find(({ from, to }) => `${from} → ${to}` === CLIENT)?.by).toEqual([
      "HTTPRoute bulkhead-eu1/client-route",
      "Service bulkhead-eu1/client",
      "NetworkPolicy bulkhead-eu1/allow-gateway",
      "Firewall google-in",
    ]);
  });

  test.each(["::europe-west1-bulkhead-eu1-allow-gateway", "::google-in"])(
    "there is none without %s, and the route is told to lead nowhere",
    (missing) => {
      expect(arrows("public", without(missing))).not.toContain(CLIENT);
      expect(map(without(missing)).shut).toEqual([
        "HTTPRoute bulkhead-eu1/client-route leads to bulkhead-eu1/client, which its gateway is not let through to",
      ]);
    },
  );

  test.each(["::europe-west1-bulkhead-eu1-allow-alloydb", "::databases-out"])(
    "there is none to AlloyDB without %s",
    (missing) => {
      expect(arrows("database", without(missing)).filter((way) => way.startsWith(HOME_REGION))).toEqual([]);
      expect(map(without(missing)).shut).toContain(
        "bulkhead-eu1/client is told to connect to bulkhead-eu1/primary, and is not let through to AlloyDB",
      );
    },
  );

  test("a public route to the admin tier is an arrow only where the admin tier lets the public in", () => {
    const routed = [...smallEstate(), route("bulkhead-eu1", "admin", "public", "oops.example.com")];
    const ADMIN = "europe-west1/edge/public → europe-west1/bulkhead-eu1/admin";
    expect(arrows("public", routed)).not.toContain(ADMIN);
    const open = [...routed, lettingIn(HOME_REGION, "bulkhead-eu1", "allow-oops", ["admin"])];
    expect(arrows("public", open)).toContain(ADMIN);
  });
});

describe("sites", () => {
  const promoted = [
    ...smallEstate().filter(({ type, urn }) => !/alloydb/.test(type) || /bulkhead-eu1-dr-main$/.test(urn)),
    cluster("bulkhead-eu1-dr", OTHER_REGION),
    cluster("bulkhead-eu1", HOME_REGION),
    instance("bulkhead-eu1", "primary", { activationPolicy: "NEVER" }),
  ];

  test("have the role that their clusters have", () => {
    expect(map().databases.map(({ id, role, site }) => [id, site, role])).toEqual([
      ["bulkhead-eu1", "home", "writer"],
      ["bulkhead-eu1-dr", "dr", "reader"],
    ]);
  });

  test("that a promotion left behind are fenced, and no arrow ends there", () => {
    expect(map(promoted).databases.map(({ id, role }) => [id, role])).toEqual([
      ["bulkhead-eu1", "fenced"],
      ["bulkhead-eu1-dr", "writer"],
    ]);
    expect(map(promoted).ways.filter(({ to }) => to.startsWith("bulkhead-eu1/"))).toEqual([]);
    expect(map(promoted).shut).toContain(
      "bulkhead-eu1/client is told to connect to bulkhead-eu1/primary, which is fenced",
    );
  });

  test("of tenants with a cluster of their own are theirs, and no cell's", () => {
    const own = [...smallEstate(), cluster("bulkhead-t-dr", HOME_REGION), instance("bulkhead-t-dr", "primary")];
    expect(map(own).databases.at(-1)).toMatchObject({ tenant: "dr", cell: "eu1", role: "writer" });
    expect(map(own).databases.at(-1)?.site).toBeUndefined();
  });
});

test("tenants stand at what serves them", () => {
  const served = map().namespaces.flatMap(({ workloads }) => workloads.map(({ name, tenants }) => [name, tenants]));
  expect(Object.fromEntries(served)).toMatchObject({ client: ["acme"], "shard-0": ["globex"], admin: [] });
});

describe("also allowed", () => {
  test("is what no arrow shows", () => {
    expect(map().also).toEqual([
      "AlloyDB's other addresses too (10.16.0.0/20, TCP 5433), where IAM and the database decide: every namespace with pods",
      "Google's load balancers to shard-0, where no route leads: bulkhead-eu1",
    ]);
  });

  test("names a policy that an arrow needs and that lets in more", () => {
    const open = [
      ...smallEstate(),
      policy(HOME_REGION, "bulkhead-eu1", "allow-all", { podSelector: {}, policyTypes: ["Ingress"], ingress: [{}] }),
    ];
    expect(map(open).also).toContain("0.0.0.0/0 to every pod (all): bulkhead-eu1");
  });

  test("names pods that no policy closes", () => {
    expect(map(without("::us-east4-bulkhead-eu1-default-deny")).also).toContain(
      "bulkhead-eu1/client-reads may be called by every pod: no policy closes it",
    );
  });

  test("names ways in beside the gateways", () => {
    const service = object(HOME_REGION, "core/v1:Service", "bulkhead-eu1", "side", { spec: { type: "LoadBalancer" } });
    const open = instance("bulkhead-eu1", "side", { networkConfig: { enablePublicIp: true } });
    expect(map([...smallEstate(), service, open]).also).toEqual(
      expect.arrayContaining([
        "AlloyDB instance side has a public address",
        "Service bulkhead-eu1/side is a LoadBalancer, beside every gateway",
      ]),
    );
  });
});
