import { describe, expect, test } from "vitest";
import { all, at, below, inventory, nameOf, one } from "../testing/find.ts";
import { record } from "../testing/mocks.ts";
import { LONGEST } from "../testing/samples.ts";
import { SealedNamespace } from "./namespace.ts";

const RANGES = { nodes: "10.0.0.0/20", databases: "10.16.0.0/20" };

async function sealed(gatewayReaches: string[] = ["client"], name = "bulkhead-eu1") {
  const { resources } = await record(
    () => new SealedNamespace("eu1-services", { name, ranges: RANGES, gatewayReaches }),
  );
  const policies = Object.fromEntries(
    all(resources, "NetworkPolicy").map((policy) => [nameOf(policy), policy.inputs.spec as Policy]),
  );
  return { resources, policies };
}

interface Policy {
  readonly podSelector: object;
  readonly policyTypes: readonly string[];
  readonly ingress?: readonly { readonly from?: readonly object[]; readonly ports?: readonly Port[] }[];
  readonly egress?: readonly { readonly to?: readonly object[]; readonly ports?: readonly Port[] }[];
}
interface Port {
  readonly protocol: string;
  readonly port: number | string;
}

/** `where:protocol/port` of everything that policies let a pod reach. */
function ways(policies: Readonly<Record<string, Policy>>): string[] {
  return Object.values(policies)
    .flatMap(({ egress }) => egress ?? [])
    .flatMap(({ to = [{}], ports = [{ protocol: "any", port: "any" }] }) =>
      to.flatMap((peer) =>
        ports.map(({ protocol, port }) => `${at(peer, "ipBlock.cidr") ?? JSON.stringify(peer)} ${protocol}/${port}`),
      ),
    )
    .sort();
}

test("what it makes, under names for life, all of it its own", async () => {
  const { resources } = await sealed();
  expect(inventory(resources)).toEqual([
    "Namespace eu1-services",
    "NetworkPolicy eu1-services-allow-alloydb",
    "NetworkPolicy eu1-services-allow-dns",
    "NetworkPolicy eu1-services-allow-gateway",
    "NetworkPolicy eu1-services-allow-google-apis",
    "NetworkPolicy eu1-services-allow-managed-prometheus",
    "NetworkPolicy eu1-services-allow-workload-identity",
    "NetworkPolicy eu1-services-default-deny",
    "SealedNamespace eu1-services",
  ]);
  const component = one(resources, "SealedNamespace");
  expect(component.type).toBe("bulkhead:network:SealedNamespace");
  expect(below(resources, component)).toHaveLength(resources.length - 1);
  expect(component.outputs).toEqual({ namespace: "bulkhead-eu1" });
});

test("Kubernetes refuses every pod that is not restricted", async () => {
  const { resources } = await sealed();
  expect(at(one(resources, "Namespace").inputs, "metadata.labels")).toMatchObject({
    "pod-security.kubernetes.io/enforce": "restricted",
    "pod-security.kubernetes.io/audit": "restricted",
    "pod-security.kubernetes.io/warn": "restricted",
  });
});

describe("network", () => {
  test("every pod is denied both ways, before anything is allowed", async () => {
    const { policies } = await sealed();
    expect(policies["default-deny"]).toEqual({ podSelector: {}, policyTypes: ["Ingress", "Egress"] });
  });

  test("every policy is in the namespace", async () => {
    const { resources } = await sealed();
    expect(new Set(all(resources, "NetworkPolicy").map(({ inputs }) => at(inputs, "metadata.namespace")))).toEqual(
      new Set(["bulkhead-eu1"]),
    );
  });

  test("a pod reaches names, its identity, the database and Google's APIs, and nothing else", async () => {
    const dns = JSON.stringify({
      namespaceSelector: {
        matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "In", values: ["kube-system"] }],
      },
      podSelector: { matchExpressions: [{ key: "k8s-app", operator: "In", values: ["kube-dns", "node-local-dns"] }] },
    });
    const { policies } = await sealed();
    expect(ways(policies)).toEqual(
      [
        `${dns} UDP/53`,
        `${dns} TCP/53`,
        "169.254.20.10/32 UDP/53",
        "169.254.20.10/32 TCP/53",
        "169.254.169.254/32 UDP/53",
        "169.254.169.254/32 TCP/53",
        "169.254.169.254/32 TCP/80",
        "169.254.169.252/32 TCP/987",
        "169.254.169.252/32 TCP/988",
        "10.0.0.0/20 TCP/987",
        "10.0.0.0/20 TCP/988",
        "10.16.0.0/20 TCP/5433",
        "199.36.153.4/30 TCP/443",
      ].sort(),
    );
  });

  test("no peer is left open: each rule says who and by which port", async () => {
    const { policies } = await sealed();
    for (const [name, { ingress = [], egress = [] }] of Object.entries(policies)) {
      for (const rule of ingress) expect([name, rule.from?.length, rule.ports?.length]).not.toContain(undefined);
      for (const rule of egress) expect([name, rule.to?.length, rule.ports?.length]).not.toContain(undefined);
      expect(JSON.stringify([ingress, egress])).not.toMatch(/0\.0\.0\.0\/0|::\/0|\{\}/);
    }
  });

  test("the gateway reaches the workloads it is given and no other", async () => {
    const { policies } = await sealed(["client", "shard-0"]);
    expect(policies["allow-gateway"]).toEqual({
      podSelector: { matchExpressions: [{ key: "app", operator: "In", values: ["client", "shard-0"] }] },
      policyTypes: ["Ingress"],
      ingress: [
        {
          from: [{ ipBlock: { cidr: "130.211.0.0/22" } }, { ipBlock: { cidr: "35.191.0.0/16" } }],
          ports: [
            { protocol: "TCP", port: "http" },
            { protocol: "TCP", port: "admin" },
          ],
        },
      ],
    });
  });

  test("without workloads for it there is no way for the gateway at all", async () => {
    const { policies } = await sealed([]);
    expect(policies["allow-gateway"]).toBeUndefined();
    expect(JSON.stringify(policies)).not.toContain("130.211.0.0/22");
  });

  test("nobody but the gateway reaches the API's port, and only the collectors reach every pod's metrics", async () => {
    const { policies } = await sealed();
    const inbound = Object.entries(policies).filter(([, { ingress }]) => ingress);
    expect(inbound.map(([name]) => name).sort()).toEqual(["allow-gateway", "allow-managed-prometheus"]);
    expect(policies["allow-managed-prometheus"]!.ingress![0]!.ports).toEqual([
      { protocol: "TCP", port: "admin" },
      { protocol: "TCP", port: 9090 },
    ]);
  });
});

test("the longest cell makes a namespace that Kubernetes takes", async () => {
  const { resources } = await sealed([], `bulkhead-${LONGEST.cell}-tenants`);
  expect(nameOf(one(resources, "Namespace"))).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
});
