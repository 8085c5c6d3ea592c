import { parseServices } from "@bulkhead/config";
import * as k8s from "@pulumi/kubernetes";
import { describe, expect, test } from "vitest";
import { all, at, inventory, nameOf, one } from "../testing/find.ts";
import { record } from "../testing/mocks.ts";
import { JWKS } from "../testing/samples.ts";
import { edgeNamespace } from "./namespace.ts";
import { PublicGateway } from "./public-gateway.ts";

function edgeOf(change: Record<string, unknown> = {}) {
  const images = { runtime: "registry/runtime:1" };
  const { mistakes, value } = parseServices(
    { images, tokens: { jwks: JWKS }, edge: { domain: "api.example.com", ...change } },
    ".",
  );
  expect(mistakes).toEqual([]);
  return value!.edge!;
}

async function gateway(change: Record<string, unknown> = {}, multiCluster = false) {
  const { resources } = await record(() => {
    const provider = new k8s.Provider("gke", {});
    const namespace = edgeNamespace("edge", { name: "bulkhead-edge" }, { provider });
    new PublicGateway(
      "edge",
      { project: "acme-dev", namespace, edge: edgeOf(change), multiCluster },
      { providers: [provider] },
    );
  });
  return { resources, listeners: at(one(resources, "Gateway").inputs, "spec.listeners") as Record<string, unknown>[] };
}

test("what it makes, under names for life", async () => {
  const { resources } = await gateway();
  expect(inventory(resources)).toEqual([
    "Certificate edge",
    "CertificateMap edge",
    "CertificateMapEntry edge-apex",
    "CertificateMapEntry edge-wildcard",
    "DnsAuthorization edge",
    "EdgeCertificate edge",
    "GCPGatewayPolicy edge-tls",
    "Gateway edge",
    "GlobalAddress edge",
    "HTTPRoute edge-redirect",
    "Namespace edge",
    "NetworkPolicy edge-default-deny",
    "PublicGateway edge",
    "SSLPolicy edge",
    "SecurityPolicy edge-enterprise",
    "SecurityPolicy edge-free",
    "SecurityPolicy edge-pro",
    "kubernetes gke",
  ]);
  expect(one(resources, "GlobalAddress").protect).toBe(true);
});

describe("listeners", () => {
  test("HTTP takes no route but the gateway's own, which only redirects", async () => {
    const { listeners, resources } = await gateway();
    expect(listeners[0]).toMatchObject({ protocol: "HTTP", port: 80, allowedRoutes: { namespaces: { from: "Same" } } });
    const route = one(resources, "HTTPRoute").inputs;
    expect(at(route, "spec.parentRefs.0")).toMatchObject({ name: "bulkhead-public", sectionName: "http" });
    expect(at(route, "spec.rules")).toEqual([
      { filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } }] },
    ]);
    expect(at(route, "metadata.namespace")).toBe("bulkhead-edge");
  });

  test("HTTPS takes routes of labelled namespaces, with the map's certificate and modern TLS", async () => {
    const { listeners, resources } = await gateway();
    expect(listeners).toHaveLength(2);
    expect(listeners[1]).toMatchObject({
      protocol: "HTTPS",
      port: 443,
      allowedRoutes: { namespaces: { from: "Selector", selector: { matchLabels: { "bulkhead/edge": "public" } } } },
    });
    const { annotations } = one(resources, "Gateway").inputs.metadata as { annotations: Record<string, string> };
    expect(annotations["networking.gke.io/certmap"]).toBe(one(resources, "CertificateMap").inputs.name);
    expect(at(one(resources, "GCPGatewayPolicy").inputs, "spec.default.sslPolicy")).toBe("bulkhead-public");
    expect(one(resources, "SSLPolicy").inputs).toMatchObject({ minTlsVersion: "TLS_1_2", profile: "MODERN" });
    expect(one((await gateway({ minTlsVersion: "TLS_1_3" })).resources, "SSLPolicy").inputs.profile).toBe("RESTRICTED");
  });

  test("over one cluster or several, on the reserved address", async () => {
    const spec = async (multiCluster: boolean) =>
      one((await gateway({}, multiCluster)).resources, "Gateway").inputs.spec;
    expect(await spec(false)).toMatchObject({
      gatewayClassName: "gke-l7-global-external-managed",
      addresses: [{ type: "NamedAddress", value: "bulkhead-public" }],
    });
    expect(at(await spec(true), "gatewayClassName")).toBe("gke-l7-global-external-managed-mc");
  });
});

test("the certificate is for the domain and what is right below; a new domain makes a new one beside the old", async () => {
  const certificate = async (domain: string) => one((await gateway({ domain })).resources, "Certificate").inputs;
  const first = await certificate("api.example.com");
  expect(at(first, "managed.domains")).toEqual(["api.example.com", "*.api.example.com"]);
  expect((await certificate("api.example.org")).name).not.toBe(first.name);
  const { resources } = await gateway();
  expect(all(resources, "CertificateMapEntry").map(({ inputs }) => [inputs.hostname, inputs.matcher])).toEqual([
    ["api.example.com", undefined],
    ["*.api.example.com", undefined],
  ]);
});

test("records are set where a zone is given, and only there", async () => {
  const records = (resources: Awaited<ReturnType<typeof gateway>>["resources"]) =>
    all(resources, "RecordSet").map(({ inputs, name }) => [name, inputs.managedZone, inputs.type]);
  expect(records((await gateway()).resources)).toEqual([]);
  expect(records((await gateway({ dnsZone: "example-com" })).resources)).toEqual([
    ["edge-authorization", "example-com", "CNAME"],
    ["edge-apex", "example-com", "A"],
    ["edge-wildcard", "example-com", "A"],
  ]);
});

describe("Cloud Armor", () => {
  type Rule = Record<string, unknown> & {
    readonly priority: number;
    readonly action: string;
    readonly preview?: boolean;
  };
  const rules = (resources: Awaited<ReturnType<typeof gateway>>["resources"], tier = "free") =>
    at(one(resources, "SecurityPolicy", `edge-${tier}`).inputs, "rules") as Rule[];

  test("what refuses comes before what counts, and what is left is refused", async () => {
    const found = rules((await gateway()).resources);
    expect(found.map(({ action }) => action)).toEqual([
      ...new Array<string>(7).fill("deny(403)"),
      "rate_based_ban",
      "throttle",
      "deny(403)",
    ]);
    const priorities = found.map(({ priority }) => priority);
    expect(priorities).toEqual([...priorities].sort((a, b) => a - b));
    expect(found.at(-1)).toMatchObject({ priority: 2147483647, match: { config: { srcIpRanges: ["*"] } } });
    expect(found.some(({ action }) => action === "allow")).toBe(false);
  });

  test("each tier has its own limit, by header and address; without the header, by address", async () => {
    const { resources } = await gateway();
    const limit = (tier: string) =>
      at(
        rules(resources, tier).find(({ priority }) => priority === 2100),
        "rateLimitOptions",
      );
    expect(["free", "pro", "enterprise"].map((tier) => at(limit(tier), "rateLimitThreshold.count"))).toEqual([
      300, 1500, 6000,
    ]);
    expect(limit("pro")).toMatchObject({
      conformAction: "allow",
      exceedAction: "deny(429)",
      enforceOnKey: "",
      enforceOnKeyConfigs: [
        { enforceOnKeyType: "HTTP_HEADER", enforceOnKeyName: "authorization" },
        { enforceOnKeyType: "IP" },
      ],
    });
    expect(rules(resources).find(({ priority }) => priority === 2000)).toMatchObject({
      match: { expr: { expression: "!has(request.headers['authorization'])" } },
      rateLimitOptions: { banDurationSec: 300, enforceOnKeyConfigs: [{ enforceOnKeyType: "IP" }] },
    });
  });

  test("no rule believes a client about its tier", async () => {
    const { resources } = await gateway();
    expect(JSON.stringify(all(resources, "SecurityPolicy").map(({ inputs }) => inputs.rules))).not.toMatch(
      /headers\[[^\]]*(?:tier|host)/i,
    );
  });

  test("sets that PostgREST's traffic looks like an attack to only log; a set switched off moves no other", async () => {
    const byName = (found: readonly Rule[]) =>
      Object.fromEntries(found.map((rule): [string, Rule] => [String(rule.description), rule]));
    const before = byName(rules((await gateway()).resources));
    expect(
      Object.entries(before)
        .filter(([, { preview }]) => preview)
        .map(([name]) => name),
    ).toEqual(["OWASP rfi", "OWASP sqli", "OWASP xss"]);
    const after = byName(
      rules(
        (
          await gateway({
            waf: { lfi: { sensitivity: 0 }, sqli: { preview: false, optOut: ["owasp-crs-v030301-id942100-sqli"] } },
          })
        ).resources,
      ),
    );
    expect(after["OWASP lfi"]).toBeUndefined();
    expect(after["OWASP rce"]).toEqual(before["OWASP rce"]);
    expect(after["OWASP sqli"]).toMatchObject({
      preview: false,
      match: {
        expr: {
          expression:
            "evaluatePreconfiguredWaf('sqli-v33-stable', {'sensitivity': 1, 'opt_out_rule_ids': ['owasp-crs-v030301-id942100-sqli']})",
        },
      },
    });
  });
});

test("nothing of it but the gateway is public, and its namespace has room for no pod's talk", async () => {
  const { resources } = await gateway();
  expect(all(resources, "Service")).toEqual([]);
  expect(nameOf(one(resources, "NetworkPolicy"))).toBe("edge-default-deny");
  expect(at(one(resources, "Namespace").inputs, "metadata.labels")).not.toHaveProperty("bulkhead/edge");
});
