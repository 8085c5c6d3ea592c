import { expect, test } from "vitest";
import { all, at, below, inventory, one } from "../testing/find.ts";
import { record } from "../testing/mocks.ts";
import { INSTANCE } from "../testing/samples.ts";
import { proxyPath, SharedAuthProxy, type SharedAuthProxyArgs } from "./shared.ts";

async function proxy(change: Partial<SharedAuthProxyArgs> = {}) {
  const { resources } = await record(
    () =>
      new SharedAuthProxy("eu1-shared-proxy", {
        project: "acme-dev",
        workloadPool: "acme-dev.svc.id.goog",
        namespace: "bulkhead-eu1",
        app: "shared-proxy",
        account: "bh-dev-eu1-shared-proxy",
        image: "registry/alloydb-auth-proxy:1.15.2",
        instance: INSTANCE,
        callers: { vault: { namespace: "vault", podLabels: { app: "vault" } } },
        ...change,
      }),
  );
  const deployment = one(resources, "Deployment");
  const pod = at(deployment.inputs, "spec.template.spec");
  const args = at(pod, "containers.0.args") as string[];
  return { resources, deployment, pod, args };
}

test("what it makes, under names for life, all of it its own", async () => {
  const { resources } = await proxy();
  expect(inventory(resources)).toEqual([
    "Account eu1-shared-proxy",
    "Deployment eu1-shared-proxy",
    "HorizontalPodAutoscaler eu1-shared-proxy",
    "IAMMember eu1-shared-proxy",
    "IAMMember eu1-shared-proxy-alloydb.client",
    "IAMMember eu1-shared-proxy-serviceusage.serviceUsageConsumer",
    "NetworkPolicy eu1-shared-proxy",
    "PodDisruptionBudget eu1-shared-proxy",
    "PodMonitoring eu1-shared-proxy",
    "Service eu1-shared-proxy",
    "ServiceAccount eu1-shared-proxy",
    "SharedAuthProxy eu1-shared-proxy",
    "WorkloadIdentity eu1-shared-proxy",
  ]);
  const component = one(resources, "SharedAuthProxy");
  expect(below(resources, component)).toHaveLength(resources.length - 1);
  expect(component.outputs).toEqual({
    service: "shared-proxy",
    host: "shared-proxy.bulkhead-eu1.svc.cluster.local",
  });
});

test("it lends nobody its identity: passwords are passed through, and it is no user of the database", async () => {
  const { resources, args } = await proxy();
  expect(args).toContain(`${INSTANCE}?port=5432`);
  expect(args).toContain("--address=0.0.0.0");
  expect(args.join(" ")).not.toMatch(/auto-iam-authn|--token|-i\b|credentials/);
  expect(all(resources, "User")).toEqual([]);
  expect(JSON.stringify(resources.map(({ inputs }) => inputs))).not.toContain("alloydb.databaseUser");
});

test("its callers are who was named, by namespace and labels, and it starts after they are pinned", async () => {
  const { resources, deployment } = await proxy();
  const policy = one(resources, "NetworkPolicy");
  expect(policy.inputs.spec).toEqual({
    podSelector: { matchExpressions: [{ key: "app", operator: "In", values: ["shared-proxy"] }] },
    policyTypes: ["Ingress"],
    ingress: [
      {
        from: [
          {
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "vault" } },
            podSelector: { matchLabels: { app: "vault" } },
          },
        ],
        ports: [{ protocol: "TCP", port: 5432 }],
      },
    ],
  });
  expect(deployment.dependsOn).toContain(policy.urn);
  await expect(proxy({ callers: {} })).rejects.toThrow(/has no peer/);
});

const INTERNAL = {
  region: "europe-west1",
  addressName: "bulkhead-vault-eu1",
  subnetwork: "projects/acme-dev/regions/europe-west1/subnetworks/bulkhead-europe-west1",
  ranges: ["10.8.0.0/24", "10.9.0.5/32"],
};

test("outside of the cluster it is at a private address, for the ranges that were named and no other", async () => {
  const { resources, args } = await proxy({ callers: {}, internal: INTERNAL });
  expect(one(resources, "compute/address:Address").inputs).toMatchObject({
    ...{ addressType: "INTERNAL", purpose: "SHARED_LOADBALANCER_VIP", subnetwork: INTERNAL.subnetwork },
  });
  const service = one(resources, "core/v1:Service");
  expect(at(service.inputs, "metadata.annotations")).toMatchObject({
    "networking.gke.io/load-balancer-type": "Internal",
  });
  // Local: else the policy would see a node's address where the caller's was.
  expect(service.inputs.spec).toMatchObject({
    ...{ type: "LoadBalancer", externalTrafficPolicy: "Local", loadBalancerSourceRanges: INTERNAL.ranges },
  });
  const policy = one(resources, "NetworkPolicy");
  expect(at(policy.inputs, "spec.ingress")).toEqual([
    {
      from: [{ ipBlock: { cidr: "10.8.0.0/24" } }, { ipBlock: { cidr: "10.9.0.5/32" } }],
      ports: [{ protocol: "TCP", port: 5432 }],
    },
  ]);
  expect(service.dependsOn).toContain(policy.urn);
  expect(args.join(" ")).not.toContain("auto-iam-authn");
});

test("unless it is told to be, it is no load balancer", async () => {
  const { resources } = await proxy();
  expect(at(one(resources, "core/v1:Service").inputs, "spec.type")).toBe("ClusterIP");
  expect(all(resources, "compute/address:Address")).toEqual([]);
});

test("scale-in drains: no new connections first, then those that are open may end", async () => {
  const { pod, args } = await proxy();
  expect(at(pod, "containers.0.lifecycle.preStop.sleep.seconds")).toBe(15);
  expect(args).toContain("--max-sigterm-delay=30s");
  expect(at(pod, "terminationGracePeriodSeconds")).toBeGreaterThanOrEqual(15 + 30);
});

test("it takes so many connections and no more, and is not ready while it has none left", async () => {
  const { args, pod } = await proxy({ connections: 7 });
  expect(args).toContain("--max-connections=7");
  expect(at(pod, "containers.0.readinessProbe.httpGet")).toEqual({ path: "/readiness", port: 9090 });
});

test("the other side of its path", () => {
  expect(proxyPath(["reports"], { namespace: "bulkhead-eu1", app: "shared-proxy" })).toEqual({
    direction: "out",
    apps: ["reports"],
    peers: [{ namespace: "bulkhead-eu1", podLabels: { app: "shared-proxy" } }],
    ports: [5432],
  });
});

test("to every address it is never open", async () => {
  const open = { ...INTERNAL, ranges: ["0.0.0.0/0"] };
  await expect(proxy({ callers: {}, internal: open })).rejects.toThrow(/every address as its peer/);
});
