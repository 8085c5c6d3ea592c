import type { TierConfig } from "@bulkhead/config";
import { describe, expect, test } from "vitest";
import { proxyInstance } from "../auth-proxy/flags.ts";
import { all, at, below, inventory, nameOf, one, texts } from "../testing/find.ts";
import { record } from "../testing/mocks.ts";
import { containersOf, listenersOf, podsOf } from "../testing/pods.ts";
import { IMAGES, INSTANCE, identity, JWKS } from "../testing/samples.ts";
import { PostgrestTier, type PostgrestTierArgs } from "./tier.ts";

const SCALE: TierConfig = {
  replicas: { min: 2, max: 10 },
  pool: 10,
  autoscaling: { cpuPercent: 70, memoryPercent: 85, waitingRequests: 1 },
};
const READ_POOL = INSTANCE.replace("primary", "api");

async function tier(change: Partial<PostgrestTierArgs> = {}) {
  const { resources } = await record(
    () =>
      new PostgrestTier("eu1-client", {
        namespace: "bulkhead-eu1",
        tier: "client",
        images: IMAGES,
        identity: identity("client"),
        authenticator: "client_authenticator",
        instance: INSTANCE,
        anonymousRole: "anon",
        scale: SCALE,
        tokens: { audience: "bulkhead", jwks: JWKS },
        ...change,
      }),
  );
  const pod = podsOf(resources)[0]!;
  const settings = one(resources, "ConfigMap", "eu1-client-settings");
  return {
    resources,
    pod,
    postgrest: pod.containers[0]!,
    deployment: one(resources, "Deployment"),
    settings,
    environment: settings.inputs.data as Record<string, string>,
    keys: one(resources, "ConfigMap", "eu1-client-keys"),
  };
}

test("what it makes, under names for life, all of it its own", async () => {
  const { resources } = await tier();
  expect(inventory(resources)).toEqual([
    "ConfigMap eu1-client-keys",
    "ConfigMap eu1-client-settings",
    "Deployment eu1-client",
    "HorizontalPodAutoscaler eu1-client",
    "PodDisruptionBudget eu1-client",
    "PodMonitoring eu1-client",
    "PostgrestTier eu1-client",
    "Service eu1-client",
  ]);
  const component = one(resources, "PostgrestTier");
  expect(component.type).toBe("bulkhead:postgrest:PostgrestTier");
  expect(below(resources, component)).toHaveLength(resources.length - 1);
  expect(component.outputs).toEqual({ service: "client" });
});

describe("pod", () => {
  test("every container, the sidecar too, is restricted, under a user of the workload's own", async () => {
    const { pod } = await tier();
    expect(containersOf(pod).map(({ name }) => name)).toEqual(["auth-proxy", "postgrest"]);
    for (const { securityContext } of containersOf(pod)) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        runAsNonRoot: true,
        capabilities: { drop: ["ALL"] },
        seccompProfile: { type: "RuntimeDefault" },
      });
    }
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: expect.any(Number) });
    expect(pod).not.toHaveProperty("hostNetwork");
    expect(pod).not.toHaveProperty("hostPID");
  });

  test("it has its identity's service account, and no token of Kubernetes", async () => {
    const { pod } = await tier();
    expect(pod.serviceAccountName).toBe("client");
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(pod.enableServiceLinks).toBe(false);
  });

  test("the proxy listens on loopback, once, with the workload's own login; only health and metrics are asked from outside", async () => {
    const { pod } = await tier();
    expect(listenersOf(pod)).toEqual([`${INSTANCE}?port=5432&auto-iam-authn=true`]);
    const proxy = pod.initContainers[0]!;
    expect(proxy.args!.filter((argument) => /^(?:-a|--address)/.test(argument))).toEqual([]);
    expect(proxy.args).toEqual(expect.arrayContaining(["--health-check", "--http-address=0.0.0.0"]));
    expect(proxy.args!.join(" ")).not.toMatch(/--debug|--admin|--public-ip|--auto-iam-authn/);
    // A native sidecar: up before PostgREST, and gone after it.
    expect(proxy.restartPolicy).toBe("Always");
    expect(at(proxy, "startupProbe.httpGet")).toEqual({ path: "/startup", port: 9090 });
    expect(at(proxy, "livenessProbe.httpGet")).toEqual({ path: "/liveness", port: 9090 });
  });

  test("readiness and liveness are asked at the admin port", async () => {
    const { postgrest, environment } = await tier();
    expect(at(postgrest, "readinessProbe.httpGet")).toEqual({ path: "/ready", port: "admin" });
    expect(at(postgrest, "livenessProbe.httpGet")).toEqual({ path: "/live", port: "admin" });
    expect(postgrest.ports).toEqual([
      { name: "http", containerPort: Number(environment.PGRST_SERVER_PORT) },
      { name: "admin", containerPort: Number(environment.PGRST_ADMIN_SERVER_PORT) },
    ]);
  });

  test("it is told to end when load balancers have heard of it, and has the time", async () => {
    const { pod, postgrest } = await tier();
    const pause = at(postgrest, "lifecycle.preStop.sleep.seconds");
    expect(pause).toBe(15);
    expect(pod.initContainers[0]!.args).toContain("--max-sigterm-delay=30s");
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(15 + 30);
  });

  test("Autopilot takes its size as it is: at least 250m and 512Mi, 1 to 6.5 GiB per CPU", async () => {
    const { pod } = await tier();
    const sum = (resource: string) =>
      containersOf(pod).reduce((total, { resources }) => total + Number.parseInt(resources.requests[resource]!, 10), 0);
    expect(sum("cpu") % 250).toBe(0);
    expect(sum("memory")).toBeGreaterThanOrEqual(512);
    const ratio = sum("memory") / 1024 / (sum("cpu") / 1000);
    expect(ratio).toSatisfy((value: number) => value >= 1 && value <= 6.5);
    for (const { resources } of containersOf(pod)) expect(resources.limits.memory).toBe(resources.requests.memory);
  });
});

describe("settings", () => {
  test("it logs in by identity on loopback: no secret is among the settings", async () => {
    const { resources, pod, environment } = await tier();
    expect(environment).toMatchObject({
      PGHOST: "127.0.0.1",
      PGPORT: "5432",
      PGUSER: "bh-dev-eu1-client@acme-dev.iam",
      PGDATABASE: "platform",
      PGRST_DB_URI: "postgresql://",
    });
    expect(Object.keys(environment).filter((name) => /password|passfile|token|private/i.test(name))).toEqual([]);
    for (const { env } of containersOf(pod)) expect(env ?? []).toEqual([]);
    expect(all(resources, "Secret")).toEqual([]);
    expect(pod.containers[0]!.envFrom).toEqual([
      { configMapRef: { name: nameOf(one(resources, "ConfigMap", "eu1-client-settings")) } },
    ]);
  });

  test("what verifies tokens is public", async () => {
    const { keys, environment } = await tier();
    expect(environment.PGRST_JWT_SECRET).toBe("@/etc/postgrest/keys/jwks.json");
    const { keys: published } = JSON.parse((keys.inputs.data as Record<string, string>)["jwks.json"]!);
    expect(published).toEqual(JWKS.keys);
  });

  test("requests pass the hook, the registry says what is served, and tokens have an audience", async () => {
    const { environment } = await tier();
    expect(environment).toMatchObject({
      PGRST_DB_PRE_REQUEST: "bulkhead.pre_request",
      PGRST_DB_PRE_CONFIG: "bulkhead.pre_config",
      PGRST_JWT_AUD: "bulkhead",
      PGOPTIONS: "-c role=client_authenticator",
      PGRST_DB_ANON_ROLE: "anon",
      PGRST_DB_MAX_ROWS: "1000",
    });
  });

  test("without an anonymous role a request without a token is refused", async () => {
    const { environment } = await tier({ anonymousRole: undefined });
    expect(environment).not.toHaveProperty("PGRST_DB_ANON_ROLE");
  });
});

describe("reads", () => {
  test("the pool is on the replica, LISTEN on the primary: two listeners, both with the login, and libpq chooses", async () => {
    const { pod, environment } = await tier({ replica: READ_POOL });
    expect(listenersOf(pod)).toEqual([
      `${INSTANCE}?port=5432&auto-iam-authn=true`,
      `${READ_POOL}?port=5434&auto-iam-authn=true`,
    ]);
    expect(environment).toMatchObject({
      PGHOST: "127.0.0.1,127.0.0.1",
      PGPORT: "5434,5432",
      PGTARGETSESSIONATTRS: "read-only",
      // What stands in the URI would go before what PostgREST adds to it for its LISTEN.
      PGRST_DB_URI: "postgresql://",
    });
  });

  test("without a replica nothing of that is set", async () => {
    const { environment } = await tier();
    expect(environment).not.toHaveProperty("PGTARGETSESSIONATTRS");
  });

  test("instances that are reached by endpoints say so to the proxy", async () => {
    const { pod } = await tier({
      instance: proxyInstance(INSTANCE, { kind: "psc", subnetworks: {}, projectNumber: "1" }),
    });
    expect(listenersOf(pod)).toEqual([`${INSTANCE}?psc=true&port=5432&auto-iam-authn=true`]);
  });
});

describe("content and names", () => {
  const names = async (change: Partial<PostgrestTierArgs> = {}) => {
    const { settings, keys, pod } = await tier(change);
    expect(texts(pod)).toEqual(expect.arrayContaining([nameOf(settings), nameOf(keys)]));
    return { settings: nameOf(settings), keys: nameOf(keys) };
  };

  test("the same content has the same name", async () => {
    expect(await names()).toEqual(await names());
  });

  test("a changed setting is another name, which rolls the pods; the keys' stays", async () => {
    const [before, after] = [await names(), await names({ maxRows: 500 })];
    expect(after.settings).not.toBe(before.settings);
    expect(after.keys).toBe(before.keys);
  });

  test("a rotated key is another name; keys in another order of their fields are not", async () => {
    const before = await names();
    const rotated = { keys: [{ ...JWKS.keys[0], kid: "two" }] };
    const shuffled = { keys: JWKS.keys.map((key) => Object.fromEntries(Object.entries(key).reverse())) };
    expect((await names({ tokens: { audience: "bulkhead", jwks: rotated } })).keys).not.toBe(before.keys);
    expect((await names({ tokens: { audience: "bulkhead", jwks: shuffled } })).keys).toBe(before.keys);
  });

  test("ConfigMaps do not change under their names", async () => {
    const { resources } = await tier();
    for (const { inputs } of all(resources, "ConfigMap")) expect(inputs.immutable).toBe(true);
  });
});

describe("scale", () => {
  test("the autoscaler owns the number of replicas once the Deployment stands", async () => {
    const { deployment, resources } = await tier();
    expect(deployment.ignoreChanges).toEqual(["spec.replicas"]);
    expect(one(resources, "HorizontalPodAutoscaler").inputs.spec).toMatchObject({
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "client" },
      minReplicas: 2,
      maxReplicas: 10,
      metrics: [
        { type: "ContainerResource", containerResource: { container: "postgrest", name: "cpu" } },
        { type: "ContainerResource", containerResource: { container: "postgrest", name: "memory" } },
      ],
    });
  });

  test("with custom metrics it also grows by the requests that wait, as the adapter names them", async () => {
    const { resources } = await tier({ customMetrics: true });
    expect(at(one(resources, "HorizontalPodAutoscaler").inputs, "spec.metrics.2")).toEqual({
      type: "Pods",
      pods: {
        metric: { name: "prometheus.googleapis.com|pgrst_db_pool_waiting|gauge" },
        target: { type: "AverageValue", averageValue: "1" },
      },
    });
    expect(at(one(resources, "PodMonitoring").inputs, "spec.endpoints.0")).toEqual({
      port: "admin",
      path: "/metrics",
      interval: "30s",
    });
  });

  test("a rollout takes no pod away before another is ready, and pods spread over zones", async () => {
    const { deployment, pod } = await tier();
    expect(at(deployment.inputs, "spec.strategy.rollingUpdate")).toEqual({ maxUnavailable: 0, maxSurge: 1 });
    expect(at(pod, "topologySpreadConstraints.0")).toMatchObject({
      topologyKey: "topology.kubernetes.io/zone",
      whenUnsatisfiable: "DoNotSchedule",
      nodeTaintsPolicy: "Honor",
      labelSelector: { matchLabels: { app: "client" } },
    });
  });

  test("a tier of one replica is kept from no zone", async () => {
    const { pod } = await tier({ scale: { ...SCALE, replicas: { min: 1, max: 2 } } });
    expect(at(pod, "topologySpreadConstraints.0.whenUnsatisfiable")).toBe("ScheduleAnyway");
  });
});

test("the Service is inside the cluster only, and shows the API and not the admin port", async () => {
  const { resources } = await tier();
  expect(one(resources, "Service").inputs.spec).toEqual({
    type: "ClusterIP",
    selector: { app: "client" },
    ports: [{ name: "http", port: 80, targetPort: "http" }],
  });
});
