import { describe, expect, test } from "vitest";
import { restrictedPods } from "./restricted-pods.ts";
import { UNKNOWN } from "./values.ts";

type Map = Record<string, unknown>;

const security = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ["ALL"] },
};
const podSecurity = { runAsUser: 20_001, runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } };
const container = (change: Map = {}, securityChange: Map = {}): Map => ({
  name: "app",
  image: "app:1",
  securityContext: { ...security, ...securityChange },
  ...change,
});
const pod = (change: Map = {}, context: Map = {}): Map => ({
  securityContext: { ...podSecurity, ...context },
  containers: [container()],
  ...change,
});

/** A pod specification in each kind that holds one. */
const KINDS: Record<string, (spec: unknown) => Map> = {
  "kubernetes:core/v1:Pod": (spec) => ({ spec }),
  "kubernetes:core/v1:PodTemplate": (spec) => ({ template: { spec } }),
  "kubernetes:core/v1:ReplicationController": (spec) => ({ spec: { template: { spec } } }),
  "kubernetes:apps/v1:Deployment": (spec) => ({ spec: { template: { spec } } }),
  "kubernetes:apps/v1:DeploymentPatch": (spec) => ({ spec: { template: { spec } } }),
  "kubernetes:extensions/v1beta1:Deployment": (spec) => ({ spec: { template: { spec } } }),
  "kubernetes:apps/v1:StatefulSet": (spec) => ({ spec: { template: { spec } } }),
  "kubernetes:apps/v1:DaemonSet": (spec) => ({ spec: { template: { spec } } }),
  "kubernetes:apps/v1:ReplicaSet": (spec) => ({ spec: { template: { spec } } }),
  "kubernetes:batch/v1:Job": (spec) => ({ spec: { template: { spec } } }),
  "kubernetes:batch/v1:CronJob": (spec) => ({ spec: { jobTemplate: { spec: { template: { spec } } } } }),
  "kubernetes:core/v1:PodList": (spec) => ({ items: [{ spec }] }),
  "kubernetes:core/v1:List": (spec) => ({ items: [{ kind: "List", items: [{ kind: "Pod", spec }] }] }),
  "kubernetes:argoproj.io/v1alpha1:Rollout": (spec) => ({ spec: { template: { spec } } }),
};

const faultsOf = (spec: unknown, type = "kubernetes:core/v1:Pod") =>
  restrictedPods.faults({ type, props: KINDS[type]!(spec) });

describe("every kind that holds pods", () => {
  test.each(Object.keys(KINDS))("%s", (type) => {
    expect(faultsOf(pod(), type)).toEqual([]);
    expect(faultsOf(pod({ containers: [container({}, { privileged: true })] }), type)).toEqual([
      expect.stringContaining('Container "app" is privileged'),
    ]);
    expect(faultsOf({ containers: [{ name: "bare" }] }, type)).toHaveLength(6);
  });
});

describe("conforming", () => {
  test.each<[string, Map]>([
    [
      "the low port capability",
      pod({ containers: [container({}, { capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } })] }),
    ],
    ["a Localhost profile", pod({}, { seccompProfile: { type: "Localhost", localhostProfile: "p.json" } })],
    ["settings of the container alone", { containers: [container({}, podSecurity)] }],
    ["a native sidecar", pod({ initContainers: [container({ restartPolicy: "Always" })] })],
    [
      "allowed volumes",
      pod({
        volumes: [
          { name: "a", configMap: {} },
          { name: "b", projected: {} },
          { name: "c", emptyDir: {} },
          { name: "d", hostPath: null },
        ],
      }),
    ],
    [
      "explicit noes",
      pod({
        hostNetwork: false,
        hostPID: null,
        containers: [container({ ports: [{ containerPort: 1, hostPort: 0 }] }, { privileged: false })],
      }),
    ],
    ["a safe sysctl", pod({}, { sysctls: [{ name: "net.ipv4.tcp_syncookies", value: "1" }] })],
    [
      "what is not known yet",
      pod({ volumes: UNKNOWN, hostNetwork: UNKNOWN, containers: UNKNOWN }, { runAsUser: UNKNOWN }),
    ],
    [
      "switches not known yet",
      pod({
        hostNetwork: UNKNOWN,
        volumes: UNKNOWN,
        containers: [
          container(
            {},
            {
              privileged: UNKNOWN,
              allowPrivilegeEscalation: UNKNOWN,
              readOnlyRootFilesystem: UNKNOWN,
              capabilities: UNKNOWN,
              seccompProfile: UNKNOWN,
            },
          ),
        ],
      }),
    ],
    ["a whole context not known yet", pod({ containers: [{ name: "app", securityContext: UNKNOWN }] })],
  ])("%s", (_name, spec) => {
    expect(faultsOf(spec)).toEqual([]);
  });

  test("what holds no pod", () => {
    for (const props of [
      undefined,
      null,
      {},
      { spec: null },
      { spec: { containers: null } },
      { data: { containers: "x" } },
    ]) {
      expect(restrictedPods.faults({ type: "kubernetes:core/v1:ConfigMap", props })).toEqual([]);
    }
    expect(restrictedPods.faults({ type: "gcp:compute/instance:Instance", props: { containers: [{}] } })).toEqual([]);
  });
});

describe("violating, in the container", () => {
  test.each<[string, Map, RegExp]>([
    ["privileged", { privileged: true }, /is privileged/],
    ["privileged as text", { privileged: "true" }, /is privileged/],
    ["escalation", { allowPrivilegeEscalation: true }, /allowPrivilegeEscalation: false/],
    ["escalation not said", { allowPrivilegeEscalation: undefined }, /allowPrivilegeEscalation: false/],
    ["escalation null", { allowPrivilegeEscalation: null }, /allowPrivilegeEscalation: false/],
    ["a writable root", { readOnlyRootFilesystem: false }, /readOnlyRootFilesystem: true/],
    ["a read-only root as text", { readOnlyRootFilesystem: "true" }, /readOnlyRootFilesystem: true/],
    ["no capability dropped", { capabilities: {} }, /does not drop ALL/],
    ["some dropped", { capabilities: { drop: ["NET_RAW"] } }, /does not drop ALL/],
    ["all in lower case", { capabilities: { drop: ["all"] } }, /does not drop ALL/],
    ["one added", { capabilities: { drop: ["ALL"], add: ["SYS_ADMIN"] } }, /adds the capabilities SYS_ADMIN/],
    ["one added by its long name", { capabilities: { drop: ["ALL"], add: ["CAP_NET_BIND_SERVICE"] } }, /adds/],
    ["all added", { capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE", "ALL"] } }, /adds the capabilities ALL/],
    ["an unconfined profile", { seccompProfile: { type: "Unconfined" } }, /no seccomp profile/],
    ["another user than the pod's: root", { runAsUser: 0 }, /runs as root/],
    ["a user that is text", { runAsUser: "20001" }, /no user id of its own/],
    ["a user below zero", { runAsUser: -1 }, /no user id of its own/],
    ["an unmasked /proc", { procMount: "Unmasked" }, /unmasks/],
    ["AppArmor off", { appArmorProfile: { type: "Unconfined" } }, /AppArmor off/],
    ["an SELinux role", { seLinuxOptions: { role: "sysadm_r" } }, /SELinux/],
    ["a process of the node", { windowsOptions: { hostProcess: true } }, /process of its node/],
  ])("%s", (_name, change, message) => {
    for (const place of ["containers", "initContainers", "ephemeralContainers"]) {
      const found = faultsOf(pod({ [place]: [container({}, change)] }));
      expect(found.length).toBeGreaterThan(0);
      expect(found.join("\n")).toMatch(message);
      expect(found.join("\n")).toContain(`${place}[0]`);
    }
  });

  test("may run as root, though the pod may not", () => {
    const found = faultsOf(pod({ containers: [container({}, { runAsNonRoot: false })] }));
    expect(found.join("\n")).toMatch(/runAsNonRoot/);
  });

  test("a port of the node", () => {
    const ports = [{ containerPort: 80, hostPort: 80 }];
    expect(faultsOf(pod({ containers: [container({ ports })] }))).toEqual([
      expect.stringMatching(/its node's port 80/),
    ]);
  });

  test("the second of two", () => {
    const containers = [container(), container({ name: "second" }, { privileged: true })];
    expect(faultsOf(pod({ containers }))).toEqual(['Container "second" is privileged (spec.containers[1])']);
  });

  test("one without a name, and one that is no container at all", () => {
    expect(faultsOf(pod({ containers: [container({ name: undefined }, { privileged: true })] }))).toEqual([
      "Container spec.containers[0] is privileged (spec.containers[0])",
    ]);
    expect(faultsOf(pod({ containers: ["app"] })).length).toBeGreaterThan(0);
  });
});

describe("violating, in the pod", () => {
  test.each<[string, Map, Map, RegExp]>([
    ["the node's network", { hostNetwork: true }, {}, /node's Network/],
    ["the node's processes", { hostPID: true }, {}, /node's PID/],
    ["the node's memory", { hostIPC: "true" }, {}, /node's IPC/],
    ["a folder of the node", { volumes: [{ name: "h", hostPath: { path: "/" } }] }, {}, /volume of type hostPath/],
    ["a folder of the node in another case", { volumes: [{ name: "h", hostpath: {} }] }, {}, /type hostpath/],
    ["a second type beside a first", { volumes: [{ name: "h", emptyDir: {}, hostPath: {} }] }, {}, /hostPath/],
    ["a network disk", { volumes: [{ name: "n", nfs: { server: "x" } }] }, {}, /type nfs/],
    ["root", {}, { runAsUser: 0 }, /runs as root/],
    ["root, as text", {}, { runAsUser: "0" }, /runs as root/],
    ["no user", {}, { runAsUser: undefined }, /no user id of its own/],
    ["no profile", {}, { seccompProfile: undefined }, /no seccomp profile/],
    ["an unsafe sysctl", {}, { sysctls: [{ name: "kernel.core_pattern", value: "|/x" }] }, /kernel.core_pattern/],
    ["no security context", { securityContext: undefined }, {}, /user id/],
  ])("%s", (_name, change, context, message) => {
    const found = faultsOf(pod({ ...pod({}, context), ...change }));
    expect(found.length).toBeGreaterThan(0);
    expect(found.join("\n")).toMatch(message);
  });
});

describe("detours", () => {
  const patch = (spec: Map) =>
    restrictedPods.faults({ type: "kubernetes:apps/v1:DeploymentPatch", props: { spec: { template: { spec } } } });
  const custom = (spec: Map) => restrictedPods.faults({ type: "kubernetes:acme.dev/v1:Database", props: { spec } });

  test.each<[string, Map, string]>([
    ["the network", { hostNetwork: true }, "The pod shares its node's Network (spec.template.spec.hostNetwork)"],
    ["the processes", { hostPID: "true" }, "The pod shares its node's PID (spec.template.spec.hostPID)"],
    ["the memory", { hostIPC: true }, "The pod shares its node's IPC (spec.template.spec.hostIPC)"],
    [
      "a folder",
      { volumes: [{ name: "h", hostPath: { path: "/" } }] },
      "The pod mounts a volume of type hostPath (spec.template.spec.volumes[0])",
    ],
    [
      "root",
      { securityContext: { runAsUser: 0 } },
      "What is declared runs as root (runAsUser 0) (spec.template.spec.securityContext)",
    ],
  ])("a patch without containers that takes %s", (_name, spec, fault) => {
    expect(patch(spec)).toEqual([fault]);
  });

  test.each<[string, Map, string]>([
    ["privileged", { privileged: true }, "is privileged"],
    ["escalation", { allowPrivilegeEscalation: true }, "may gain privileges (allowPrivilegeEscalation)"],
    ["a capability", { capabilities: { add: ["SYS_ADMIN"] } }, "adds the capabilities SYS_ADMIN"],
  ])("a custom resource with a list of its own name: %s", (_name, securityContext, fault) => {
    expect(custom({ sidecars: [{ name: "agent", securityContext }] })).toEqual([
      `Container "agent" ${fault} (spec.sidecars[0].securityContext)`,
    ]);
  });

  test("neither what is off or not said there, nor the schema of such a resource", () => {
    expect(patch({ hostNetwork: false, volumes: [{ name: "e", emptyDir: {} }], securityContext: {} })).toEqual([]);
    expect(custom({ sidecars: [{ name: "agent", securityContext: { privileged: UNKNOWN } }] })).toEqual([]);
    const boolean = { type: "boolean" };
    const schema = { properties: { hostNetwork: boolean, securityContext: { properties: { privileged: boolean } } } };
    expect(custom({ versions: [{ schema }] })).toEqual([]);
  });

  test("a persistent volume on the node", () => {
    const props = { spec: { hostPath: { path: "/" } } };
    expect(restrictedPods.faults({ type: "kubernetes:core/v1:PersistentVolume", props })).toHaveLength(1);
  });

  test("a Helm Release, whose pods are not seen", () => {
    expect(restrictedPods.faults({ type: "kubernetes:helm.sh/v3:Release", props: { chart: "x" } })).toEqual([
      expect.stringContaining("hides its pods"),
    ]);
  });
});
