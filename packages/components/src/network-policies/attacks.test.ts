/** The policies as Kubernetes reads them, attacked: who gets where, and above all who does not. */
import { beforeAll, describe, expect, test } from "vitest";
import { SharedAuthProxy } from "../auth-proxy/shared.ts";
import { all, nameOf } from "../testing/find.ts";
import { record } from "../testing/mocks.ts";
import { INSTANCE } from "../testing/samples.ts";
import { SealedNamespace } from "./namespace.ts";
import { type NetworkPath, pathSpec } from "./path.ts";

type Labels = Readonly<Record<string, string>>;

/** An end of a connection: a pod, or an address outside of the cluster. */
interface Pod {
  readonly namespace: string;
  readonly labels: Labels;
}
type End = Pod | string;

interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly { readonly key: string; readonly values: readonly string[] }[];
}
interface Peer {
  readonly ipBlock?: { readonly cidr: string };
  readonly namespaceSelector?: Selector;
  readonly podSelector?: Selector;
}
interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly { readonly protocol: string; readonly port: number | string }[];
}
interface Policy {
  readonly name: string;
  readonly podSelector: Selector;
  readonly policyTypes: readonly string[];
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
}

const NAMESPACE = "bulkhead-eu1";
const pod = (app: string, namespace = NAMESPACE): Pod => ({ namespace, labels: { app } });
const system = (app: string, namespace = "kube-system"): Pod => ({ namespace, labels: { "k8s-app": app } });
const VAULT: Pod = { namespace: "vault", labels: { "app.kubernetes.io/name": "vault" } };

let policies: readonly Policy[];

beforeAll(async () => {
  const { resources } = await record(() => {
    const { namespace } = new SealedNamespace("eu1-services", {
      name: NAMESPACE,
      ranges: { nodes: "10.0.0.0/20", databases: "10.16.0.0/20" },
      gatewayReaches: ["client", "shard-0"],
      paths: {
        "allow-vault": {
          direction: "out",
          apps: ["client"],
          peers: [{ namespace: "vault", podLabels: VAULT.labels }],
          ports: [8200],
        },
      },
    });
    new SharedAuthProxy("eu1-shared-proxy", {
      project: "acme-dev",
      workloadPool: "acme-dev.svc.id.goog",
      namespace,
      app: "shared-proxy",
      account: "bh-dev-eu1-shared-proxy",
      image: "registry/proxy:1",
      instance: INSTANCE,
      callers: { vault: { namespace: VAULT.namespace, podLabels: VAULT.labels } },
    });
  });
  policies = all(resources, "NetworkPolicy").map(
    (policy) => ({ name: nameOf(policy), ...(policy.inputs.spec as object) }) as Policy,
  );
});

const selects = (selector: Selector | undefined, labels: Labels): boolean =>
  Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
  (selector?.matchExpressions ?? []).every(({ key, values }) => values.includes(labels[key] ?? ""));

function isIn(address: string, cidr: string): boolean {
  const number = (text: string) => text.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const [base = "", bits = "32"] = cidr.split("/");
  const size = 2 ** (32 - Number(bits));
  return Math.floor(number(address) / size) === Math.floor(number(base) / size);
}

function matches(peer: Peer, end: End): boolean {
  if (typeof end === "string") return peer.ipBlock !== undefined && isIn(end, peer.ipBlock.cidr);
  if (peer.ipBlock) return false;
  // Without a selector of namespaces a peer is in the policy's own.
  const inNamespace = peer.namespaceSelector
    ? selects(peer.namespaceSelector, { "kubernetes.io/metadata.name": end.namespace })
    : end.namespace === NAMESPACE;
  return inNamespace && selects(peer.podSelector, end.labels);
}

/** Whether a pod of the namespace may call (out) or be called by (in) the other end. */
function passes(way: "in" | "out", own: Pod, other: End, port: number | string, protocol = "TCP"): boolean {
  const type = way === "in" ? "Ingress" : "Egress";
  const applying = policies.filter((one) => one.policyTypes.includes(type) && selects(one.podSelector, own.labels));
  if (applying.length === 0) return true;
  return applying
    .flatMap((one) => (way === "in" ? one.ingress : one.egress) ?? [])
    .some(
      (rule) =>
        (rule.ports === undefined || rule.ports.some((one) => one.port === port && one.protocol === protocol)) &&
        ((rule.from ?? rule.to) === undefined || (rule.from ?? rule.to)!.some((peer) => matches(peer, other))),
    );
}

const APPS = ["client", "admin", "shard-0", "client-reads", "bootstrap", "shared-proxy", "stranger"];

describe("a pod that was taken over calls", () => {
  const targets: readonly (readonly [string, End, number])[] = [
    ["the internet", "203.0.113.7", 443],
    ["the database past the proxy", "10.16.0.5", 5432],
    ["AlloyDB's own pooler", "10.16.0.5", 6432],
    ["an address beside the databases", "10.16.16.5", 5433],
    ["the API server", "172.16.0.2", 443],
    ["the kubelet of a node", "10.0.0.9", 10250],
    ["SSH of a node", "10.0.0.9", 22],
    ["the metadata server by another port", "169.254.169.254", 8080],
    ["Google's APIs without TLS", "199.36.153.5", 80],
    ["Google's public APIs", "142.250.0.95", 443],
    ["the API of a pod beside it", pod("client"), 3000],
    ["the admin tier", pod("admin"), 3000],
    ["metrics of a pod beside it", pod("client"), 3001],
    ["the shared proxy beside it", pod("shared-proxy"), 5432],
    ["another cell's namespace", pod("client", "bulkhead-us1"), 3000],
    ["a tenant's own PostgREST", pod("tenant-acme", "bulkhead-eu1-tenants"), 3000],
    ["the dashboard of the cluster", system("kubernetes-dashboard"), 443],
    ["DNS in somebody's own namespace", system("kube-dns", "evil"), 53],
  ];

  test.each(targets)("%s: no way", (_name, target, port) => {
    for (const app of APPS) expect([app, passes("out", pod(app), target, port)]).toEqual([app, false]);
  });

  test("Vault: the workload alone whose path it is", () => {
    expect(APPS.filter((app) => passes("out", pod(app), VAULT, 8200))).toEqual(["client"]);
    expect(passes("out", pod("client"), VAULT, 8201)).toBe(false);
    expect(passes("out", pod("client"), { ...VAULT, namespace: "evil" }, 8200)).toBe(false);
  });

  test("what it needs: names, its identity, the proxy's port of the database, Google's restricted APIs", () => {
    for (const app of APPS) {
      expect(passes("out", pod(app), system("kube-dns"), 53, "UDP")).toBe(true);
      expect(passes("out", pod(app), "169.254.20.10", 53, "UDP")).toBe(true);
      expect(passes("out", pod(app), "169.254.169.254", 80)).toBe(true);
      expect(passes("out", pod(app), "10.0.0.9", 988)).toBe(true);
      expect(passes("out", pod(app), "10.16.0.5", 5433)).toBe(true);
      expect(passes("out", pod(app), "199.36.153.5", 443)).toBe(true);
    }
  });
});

describe("whoever calls in", () => {
  const callers: readonly (readonly [string, End])[] = [
    ["a pod of the same namespace", pod("client")],
    ["a pod of another cell", pod("client", "bulkhead-us1")],
    ["a tenant's own PostgREST", pod("tenant-acme", "bulkhead-eu1-tenants")],
    ["a pod that calls itself Vault, in a namespace of its own", { ...VAULT, namespace: "evil" }],
    ["a pod of Vault's namespace without its labels", { namespace: "vault", labels: { app: "vault-ui" } }],
    ["a node", "10.0.0.9"],
    ["the internet", "203.0.113.7"],
    ["a collector in a namespace of its own", system("collector", "evil")],
  ];

  test.each(callers)("%s: no API, no metrics, no proxy", (_name, caller) => {
    for (const app of APPS)
      for (const port of ["http", "admin", 3000, 3001, 5432, 9090])
        expect([app, port, passes("in", pod(app), caller, port)]).toEqual([app, port, false]);
  });

  test("load balancers reach what is theirs to serve, and no other workload", () => {
    expect(APPS.filter((app) => passes("in", pod(app), "35.191.0.9", "http"))).toEqual(["client", "shard-0"]);
    expect(passes("in", pod("client"), "35.191.0.9", 9090)).toBe(false);
    expect(passes("in", pod("admin"), "130.211.0.9", "http")).toBe(false);
  });

  test("collectors reach metrics and no API; Vault reaches the shared proxy and nothing else", () => {
    const collector = system("collector", "gke-gmp-system");
    expect(APPS.filter((app) => passes("in", pod(app), collector, "admin"))).toEqual(APPS);
    expect(APPS.filter((app) => passes("in", pod(app), collector, 9090))).toEqual(APPS);
    expect(APPS.filter((app) => passes("in", pod(app), collector, "http"))).toEqual([]);
    expect(APPS.filter((app) => passes("in", pod(app), VAULT, 5432))).toEqual(["shared-proxy"]);
    expect(passes("in", pod("shared-proxy"), VAULT, 9090)).toBe(false);
  });
});

describe("an open path is refused, not declared", () => {
  const path: NetworkPath = { direction: "out", apps: ["client"], peers: [{ ranges: ["10.1.0.0/16"] }], ports: [443] };
  test.each([
    ["no workload", { apps: [] }],
    ["no peer", { peers: [] }],
    ["no port", { ports: [] }],
    ["a peer without ranges", { peers: [{ ranges: [] }] }],
    ["every address", { peers: [{ ranges: ["0.0.0.0/0"] }] }],
    ["every pod of a namespace", { peers: [{ namespace: "vault", podLabels: {} }] }],
  ] satisfies [string, Partial<NetworkPath>][])("%s", (_name, change) => {
    expect(() => pathSpec("allow-it", { ...path, ...change })).toThrow(/allow-it .*: name who may use it/);
  });
});
