/** What can be reached, of all that an environment declares: by hand, beside the inventories, which only say that something changed. */
import { describe, expect, test } from "vitest";
import { nameOf } from "../../scripts/rehearsal/inventory.ts";
import type { StateResource } from "../../scripts/rehearsal/rehearsal.ts";
import { at, ENVIRONMENTS, ofKind, podsIn, resourcesByLayer } from "../support/estate.ts";

type Flags = Readonly<Record<string, string>>;
interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly unknown[];
}
interface Peer {
  readonly namespaceSelector?: object;
}

const everything = (environment: string) =>
  Object.values(resourcesByLayer(environment))
    .flat()
    .filter(({ custom }) => custom);

describe.each(ENVIRONMENTS)("%s", (environment) => {
  test("AlloyDB has no public address, takes encrypted connections only, and only those of connectors", () => {
    const instances = ofKind(environment, "alloydb/instance:Instance");
    expect(instances.length).toBeGreaterThan(0);
    for (const { inputs, urn } of instances) {
      expect(at(inputs, "networkConfig.enablePublicIp"), urn).not.toBe(true);
      expect(at(inputs, "networkConfig.enableOutboundPublicIp"), urn).not.toBe(true);
      expect(at(inputs, "clientConnectionConfig.requireConnectors"), urn).toBe(true);
      expect(at(inputs, "clientConnectionConfig.sslConfig.sslMode"), urn).toBe("ENCRYPTED_ONLY");
      expect(at<Flags>(inputs, "databaseFlags")?.["alloydb.iam_authentication"], urn).toBe("on");
      expect(at<Flags>(inputs, "databaseFlags")?.["alloydb.enable_pgaudit"], urn).toBe("on");
    }
  });

  test("no address is public but the Gateway's", () => {
    const addresses = [
      ...ofKind(environment, "compute/globalAddress:GlobalAddress"),
      ...ofKind(environment, "compute/address:Address"),
    ];
    const open = addresses.filter(({ inputs }) => (at(inputs, "addressType") ?? "EXTERNAL") === "EXTERNAL").map(nameOf);
    expect(open.filter((name) => !/gateway|edge/.test(name))).toEqual([]);
    expect(open.length).toBeLessThanOrEqual(1);
  });

  test("no Service is reached from outside the cluster, unless by an internal load balancer", () => {
    for (const { inputs, urn } of ofKind(environment, "core/v1:Service")) {
      const type = at(inputs, "spec.type") ?? "ClusterIP";
      if (type === "LoadBalancer")
        expect(at<Flags>(inputs, "metadata.annotations")?.["networking.gke.io/load-balancer-type"], urn).toBe(
          "Internal",
        );
      else expect(type, urn).toBe("ClusterIP");
    }
    expect(everything(environment).filter(({ type }) => /networking\.k8s\.io\/v1:Ingress$/.test(type))).toEqual([]);
  });

  test("the firewall lets nobody in from everywhere, and denies what is not named, both ways", () => {
    const rules = ofKind(environment, "compute/firewall:Firewall");
    const world = (value: unknown) => JSON.stringify(value ?? []).includes("0.0.0.0/0");
    const allowed = rules.filter(({ inputs }) => (at<unknown[]>(inputs, "allows")?.length ?? 0) > 0);
    expect(allowed.filter(({ inputs }) => world(at(inputs, "sourceRanges"))).map(nameOf)).toEqual([]);
    expect(allowed.filter(({ inputs }) => world(at(inputs, "destinationRanges"))).map(nameOf)).toEqual([]);
    for (const direction of ["INGRESS", "EGRESS"]) {
      const deny = rules.filter(
        ({ inputs }) =>
          at(inputs, "direction") === direction &&
          at<{ protocol: string }[]>(inputs, "denies")?.[0]?.protocol === "all",
      );
      expect(deny, direction).toHaveLength(1);
      const priority = (rule: StateResource) => Number(at(rule.inputs, "priority") ?? 1000);
      const named = allowed.filter(({ inputs }) => at(inputs, "direction") === direction);
      expect(
        named.every((rule) => priority(rule) < priority(deny[0]!)),
        direction,
      ).toBe(true);
    }
  });

  test("GKE's nodes are private, and its control plane is not for everybody", () => {
    for (const { inputs, urn } of ofKind(environment, "container/cluster:Cluster")) {
      expect(at(inputs, "privateClusterConfig.enablePrivateNodes"), urn).toBe(true);
      const networks = at<{ gcpPublicCidrsAccessEnabled?: boolean }>(inputs, "masterAuthorizedNetworksConfig");
      expect(networks, urn).toBeDefined();
      expect(JSON.stringify(networks), urn).not.toContain("0.0.0.0/0");
      expect(networks?.gcpPublicCidrsAccessEnabled, urn).toBe(false);
    }
  });

  test("every namespace denies both ways by default, and enforces the restricted standard", () => {
    const policies = ofKind(environment, "networking.k8s.io/v1:NetworkPolicy").filter(
      ({ inputs }) =>
        Object.keys(at<object>(inputs, "spec.podSelector") ?? {}).length === 0 &&
        JSON.stringify(at(inputs, "spec.policyTypes")) === '["Ingress","Egress"]' &&
        at(inputs, "spec.ingress") === undefined &&
        at(inputs, "spec.egress") === undefined,
    );
    const denied = new Set(
      policies.map(({ inputs, provider }) => `${provider?.split("::").at(-2)} ${at(inputs, "metadata.namespace")}`),
    );
    const namespaces = ofKind(environment, "core/v1:Namespace");
    expect(namespaces.length).toBeGreaterThan(0);
    for (const { inputs, provider } of namespaces) {
      const name = at<string>(inputs, "metadata.name");
      expect(denied, name).toContain(`${provider?.split("::").at(-2)} ${name}`);
      expect(at<Flags>(inputs, "metadata.labels")?.["pod-security.kubernetes.io/enforce"], name).toBe("restricted");
    }
    const placed = new Set(namespaces.map(({ inputs }) => at(inputs, "metadata.name")));
    for (const { namespace, name } of podsIn(environment)) expect(placed, name).toContain(namespace);
  });

  test("no network policy opens a way to or from everywhere", () => {
    for (const { inputs, urn } of ofKind(environment, "networking.k8s.io/v1:NetworkPolicy")) {
      for (const rule of [
        ...(at<Rule[]>(inputs, "spec.ingress") ?? []),
        ...(at<Rule[]>(inputs, "spec.egress") ?? []),
      ]) {
        const peers = rule.from ?? rule.to;
        expect(peers?.length, `${urn} names no peer`).toBeGreaterThan(0);
        expect(rule.ports?.length, `${urn} names no port`).toBeGreaterThan(0);
        expect(JSON.stringify(peers), urn).not.toContain("0.0.0.0/0");
        for (const peer of peers ?? [])
          expect(Object.keys(peer.namespaceSelector ?? { named: true }), `${urn} selects every namespace`).not.toEqual(
            [],
          );
      }
    }
  });

  test("no bucket is public", () => {
    for (const { inputs, urn } of ofKind(environment, "storage/bucket:Bucket")) {
      expect(at(inputs, "publicAccessPrevention"), urn).toBe("enforced");
      expect(at(inputs, "uniformBucketLevelAccess"), urn).toBe(true);
    }
  });
});

test("the admin tier is on no public Gateway: every route to it hangs on an internal one", () => {
  for (const environment of ENVIRONMENTS) {
    const gateways = new Map(
      ofKind(environment, ":Gateway").map(({ inputs }) => [
        at(inputs, "metadata.name"),
        String(at(inputs, "spec.gatewayClassName")),
      ]),
    );
    for (const { inputs, urn } of ofKind(environment, ":HTTPRoute")) {
      const backends = JSON.stringify(at(inputs, "spec.rules") ?? []);
      if (!/"name":"admin"/.test(backends)) continue;
      for (const { name } of at<{ name: string }[]>(inputs, "spec.parentRefs") ?? [])
        expect(gateways.get(name) ?? "", urn).toMatch(/rilb/);
    }
  }
});
