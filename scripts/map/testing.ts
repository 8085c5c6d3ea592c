/** A small environment, written by hand: one cell with a secondary, a gateway for tenants and one for administrators. */
import type { StateResource } from "../rehearsal/rehearsal.ts";

type Inputs = Readonly<Record<string, unknown>>;

export const HOME_REGION = "europe-west1";
export const OTHER_REGION = "us-east4";
const FRONT_ENDS = [{ ipBlock: { cidr: "130.211.0.0/22" } }, { ipBlock: { cidr: "35.191.0.0/16" } }];

const urn = (type: string, name: string) => `urn:pulumi:test::bulkhead::${type}::${name}`;

export function gcp(type: string, name: string, inputs: Inputs): StateResource {
  return { urn: urn(`gcp:${type}`, name), type: `gcp:${type}`, custom: true, inputs };
}

export function object(
  region: string,
  type: string,
  namespace: string,
  name: string,
  rest: Inputs = {},
): StateResource {
  const token = `kubernetes:${type}`;
  return {
    urn: urn(token, `${region}-${namespace}-${name}`),
    type: token,
    custom: true,
    provider: `${urn("pulumi:providers:kubernetes", `gke-${region}`)}::1f2e`,
    inputs: { kind: type.slice(type.lastIndexOf(":") + 1), metadata: { name, namespace }, ...rest },
  };
}

export function policy(region: string, namespace: string, name: string, spec: Inputs): StateResource {
  return object(region, "networking.k8s.io/v1:NetworkPolicy", namespace, name, { spec });
}

export const instancePath = (region: string, cluster: string, instance: string): string =>
  `projects/test/locations/${region}/clusters/${cluster}/instances/${instance}`;

/** A PostgREST with its Auth Proxy. */
export function tier(region: string, namespace: string, name: string, instances: readonly string[]): StateResource[] {
  const args = instances.map((path) => `${path}?port=5432&auto-iam-authn=true`);
  const ports = [
    { name: "http", containerPort: 3000 },
    { name: "admin", containerPort: 3001 },
  ];
  const template = {
    metadata: { labels: { app: name } },
    spec: { initContainers: [{ args }], containers: [{ ports }] },
  };
  return [
    object(region, "apps/v1:Deployment", namespace, name, { spec: { replicas: 1, template } }),
    object(region, "autoscaling/v2:HorizontalPodAutoscaler", namespace, name, {
      spec: { scaleTargetRef: { name }, minReplicas: 2, maxReplicas: 9 },
    }),
    object(region, "core/v1:Service", namespace, name, {
      spec: { selector: { app: name }, ports: [{ port: 80, targetPort: "http" }] },
    }),
  ];
}

export function job(namespace: string, name: string, instance: string): StateResource {
  const template = { metadata: { labels: { app: name } }, spec: { containers: [{ args: [`${instance}?port=5432`] }] } };
  return object(HOME_REGION, "batch/v1:Job", namespace, name, { spec: { template } });
}

/** Default deny, and the way to AlloyDB. */
export function sealed(region: string, namespace: string): StateResource[] {
  return [
    policy(region, namespace, "default-deny", { podSelector: {}, policyTypes: ["Ingress", "Egress"] }),
    policy(region, namespace, "allow-alloydb", {
      podSelector: {},
      policyTypes: ["Egress"],
      egress: [{ to: [{ ipBlock: { cidr: "10.16.0.0/20" } }], ports: [{ protocol: "TCP", port: 5433 }] }],
    }),
  ];
}

export function lettingIn(
  region: string,
  namespace: string,
  name: string,
  apps: readonly string[],
  from: readonly unknown[] = FRONT_ENDS,
): StateResource {
  return policy(region, namespace, name, {
    podSelector: { matchExpressions: [{ key: "app", operator: "In", values: apps }] },
    policyTypes: ["Ingress"],
    ingress: [{ from, ports: [{ protocol: "TCP", port: "http" }] }],
  });
}

export function route(namespace: string, name: string, gateway: string, host: string): StateResource {
  return object(HOME_REGION, "gateway.networking.k8s.io/v1:HTTPRoute", namespace, `${name}-route`, {
    spec: {
      parentRefs: [{ name: gateway, namespace: "edge" }],
      hostnames: [host],
      rules: [{ backendRefs: [{ kind: "Service", name }] }],
    },
  });
}

export function cluster(id: string, region: string, rest: Inputs = {}): StateResource {
  const inputs = { clusterId: id, location: region, databaseVersion: "POSTGRES_17", labels: { cell: "eu1" }, ...rest };
  return gcp("alloydb/cluster:Cluster", id, { clusterType: "PRIMARY", ...inputs });
}

export function instance(of: string, id: string, rest: Inputs = {}): StateResource {
  return gcp("alloydb/instance:Instance", `${of}-${id}`, {
    cluster: `projects/test/locations/anywhere/clusters/${of}`,
    instanceId: id,
    instanceType: "PRIMARY",
    availabilityType: "REGIONAL",
    activationPolicy: "ALWAYS",
    machineConfig: { cpuCount: 4 },
    ...rest,
  });
}

/** Networks, GKE clusters and firewall of regions, whose n-th has the pods 10.<4+n>.0.0/16. */
export function foundation(...regions: readonly string[]): StateResource[] {
  const pods = regions.map((_, index) => `10.${4 + index}.0.0/16`);
  const firewall = (name: string, direction: string, rest: Inputs) =>
    gcp("compute/firewall:Firewall", name, { name, description: name, direction, ...rest });
  const tcp = (...ports: string[]) => [{ protocol: "tcp", ports }];
  return [
    ...regions.flatMap((region, index) => [
      {
        urn: urn("pulumi:providers:kubernetes", `gke-${region}`),
        type: "pulumi:providers:kubernetes",
        custom: true,
        inputs: { kubeconfig: JSON.stringify({ "current-context": `gke_test_${region}_bulkhead` }) },
      },
      gcp("container/cluster:Cluster", region, {
        name: "bulkhead",
        project: "test",
        location: region,
        enableAutopilot: true,
      }),
      gcp("compute/subnetwork:Subnetwork", region, {
        region,
        ipCidrRange: `10.${100 + index}.0.0/20`,
        secondaryIpRanges: [{ rangeName: "pods", ipCidrRange: pods[index] }],
      }),
      gcp("compute/subnetwork:Subnetwork", `${region}-proxies`, {
        region,
        purpose: "REGIONAL_MANAGED_PROXY",
        ipCidrRange: `10.${200 + index}.0.0/23`,
      }),
    ]),
    gcp("compute/globalAddress:GlobalAddress", "databases", {
      purpose: "VPC_PEERING",
      address: "10.16.0.0",
      prefixLength: 20,
    }),
    firewall("google-in", "INGRESS", {
      sourceRanges: ["130.211.0.0/22", "35.191.0.0/16"],
      destinationRanges: pods,
      allows: tcp("3000"),
    }),
    firewall("proxies-in", "INGRESS", {
      sourceRanges: ["10.200.0.0/23"],
      destinationRanges: pods,
      allows: tcp("3000"),
    }),
    firewall("databases-out", "EGRESS", {
      sourceRanges: pods,
      destinationRanges: ["10.16.0.0/20"],
      allows: tcp("5433"),
    }),
  ];
}

export function gateways(): StateResource[] {
  const gateway = (name: string, gatewayClassName: string) =>
    object(HOME_REGION, "gateway.networking.k8s.io/v1:Gateway", "edge", name, {
      spec: { gatewayClassName, listeners: [{ port: 443 }] },
    });
  return [gateway("public", "gke-l7-global-external-managed"), gateway("internal", "gke-l7-rilb")];
}

/** Home in one region, a secondary in the other, tiers in both. */
export function smallEstate(): StateResource[] {
  const primary = instancePath(HOME_REGION, "bulkhead-eu1", "primary");
  const replica = instancePath(OTHER_REGION, "bulkhead-eu1-dr", "main");
  const tenants = [
    { id: "acme", isolation: "pooled", status: "active", cell: "eu1" },
    { id: "globex", isolation: "schema", status: "active", cell: "eu1", shard: 0 },
  ];
  return [
    ...foundation(HOME_REGION, OTHER_REGION),
    ...gateways(),
    cluster("bulkhead-eu1", HOME_REGION),
    instance("bulkhead-eu1", "primary"),
    cluster("bulkhead-eu1-dr", OTHER_REGION, {
      clusterType: "SECONDARY",
      secondaryConfig: { primaryClusterName: "projects/test/locations/europe-west1/clusters/bulkhead-eu1" },
    }),
    instance("bulkhead-eu1-dr", "main", { instanceType: "SECONDARY" }),
    ...sealed(HOME_REGION, "bulkhead-eu1"),
    ...sealed(OTHER_REGION, "bulkhead-eu1"),
    ...["client", "shard-0", "admin"].flatMap((name) => tier(HOME_REGION, "bulkhead-eu1", name, [primary])),
    ...tier(OTHER_REGION, "bulkhead-eu1", "client-reads", [primary, replica]),
    job("bulkhead-eu1", "bootstrap-0123456789", primary),
    object(HOME_REGION, "core/v1:ConfigMap", "bulkhead-eu1", "tenants", {
      data: { "tenants-0000.json": JSON.stringify(tenants) },
    }),
    lettingIn(HOME_REGION, "bulkhead-eu1", "allow-gateway", ["client", "shard-0"]),
    lettingIn(
      HOME_REGION,
      "bulkhead-eu1",
      "allow-internal-gateway",
      ["admin"],
      [{ ipBlock: { cidr: "10.200.0.0/23" } }],
    ),
    route("bulkhead-eu1", "client", "public", "api.example.com"),
    route("bulkhead-eu1", "admin", "internal", "admin.example.com"),
  ];
}
