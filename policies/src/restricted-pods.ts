/** Every pod runs under the restricted Pod Security Standard, with a read-only root and a user id of its own. */
import { type Container, isKubernetes, type Pod, podsOf } from "./pods.ts";
import type { Resource, Rule } from "./rule.ts";
import { type Fields, fields, isGiven, list, maps, UNKNOWN } from "./values.ts";

const VOLUME_TYPES: ReadonlySet<string> = new Set([
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
]);

const HOST_SWITCHES = ["hostNetwork", "hostPID", "hostIPC"] as const;

/** Kernel settings that are a pod's own. */
const SAFE_SYSCTLS: ReadonlySet<string> = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.tcp_wmem",
]);

export const restrictedPods: Rule = {
  id: "restricted-pods",
  severity: "high",
  description:
    "Every container, init container and sidecar runs as a user other than root, with no capability, no way to gain one, a seccomp profile and a read-only root, and no pod reaches into its node.",
  frameworks: [
    "Pod Security Standard restricted",
    "CIS GKE 4.2.1",
    "CIS GKE 4.6.2",
    "NSA/CISA C-0013, C-0016, C-0017, C-0038, C-0041, C-0046, C-0055, C-0057",
    "SOC 2 CC6.1",
  ],
  remedy: "Use restrictedPod() and restrictedContainer of @bulkhead/components, and mount nothing of the node.",
  faults: (resource) => {
    if (!isKubernetes(resource)) return [];
    const pods = podsOf(resource);
    return [
      ...opaque(resource),
      ...strayFaults(resource, pods),
      ...pods.flatMap((pod) => [
        ...podFaults(pod),
        ...pod.containers.flatMap((container) =>
          containerFaults(container, fields(pod.spec.securityContext)).map(
            (fault) => `Container ${container.label} ${fault} (${container.path})`,
          ),
        ),
      ]),
    ];
  },
};

/** Resources that would bring the node, or pods that no policy sees, into a pod by a detour. */
function opaque({ type, props }: Resource): string[] {
  if (/^kubernetes:helm\.sh\/v3:Release$/i.test(type)) {
    return ["A Helm Release hides its pods from this policy; use a Chart, which does not"];
  }
  if (!/:PersistentVolume(?:Patch)?$/i.test(type)) return [];
  const spec = fields(fields(props).spec);
  return ["hostPath", "local"]
    .filter((key) => isGiven(spec[key]))
    .map((key) => `The persistent volume is a folder of the node (spec.${key})`);
}

/**
 * What reaches into the node where no list of containers says that this is a pod: a patch of one, or a custom resource
 * with a list of its own. Only what is asked for outright counts: what is not said may stand elsewhere.
 */
function strayFaults({ props }: Resource, pods: readonly Pod[]): string[] {
  const judged = new Set(pods.flatMap((pod) => [pod.path, ...pod.containers.map(({ path }) => path)]));
  return [...maps(props)].flatMap(({ path, map }) => {
    if (judged.has(path)) return [];
    const faults = hostFaults(path, map);
    const own = fields(map.securityContext);
    const demands = contextFaults(own);
    if (isOn(own.privileged)) demands.push("is privileged");
    if (isOn(own.allowPrivilegeEscalation)) demands.push("may gain privileges (allowPrivilegeEscalation)");
    demands.push(...addedFaults(fields(own.capabilities).add));
    const label = typeof map.name === "string" ? `Container "${map.name}"` : "What is declared";
    return [...faults, ...demands.map((fault) => `${label} ${fault} (${at(path, "securityContext")})`)];
  });
}

function hostFaults(path: string, map: Fields): string[] {
  return [
    ...HOST_SWITCHES.filter((key) => isOn(map[key])).map(
      (key) => `The pod shares its node's ${key.slice(4)} (${at(path, key)})`,
    ),
    ...list(map.volumes).flatMap((volume, index) =>
      isGiven(fields(volume).hostPath)
        ? [`The pod mounts a volume of type hostPath (${at(path, `volumes[${index}]`)})`]
        : [],
    ),
  ];
}

function at(path: string, field: string): string {
  return path === "" ? field : `${path}.${field}`;
}

function podFaults({ path, spec }: Pod): string[] {
  const faults: string[] = [];
  for (const key of HOST_SWITCHES) {
    if (!isOff(spec[key])) faults.push(`The pod shares its node's ${key.slice(4)} (${at(path, key)})`);
  }
  list(spec.volumes).forEach((volume, index) => {
    for (const [key, value] of Object.entries(fields(volume))) {
      if (key === "name" || !isGiven(value) || VOLUME_TYPES.has(key)) continue;
      faults.push(`The pod mounts a volume of type ${key} (${at(path, `volumes[${index}]`)})`);
    }
  });
  const context = fields(spec.securityContext);
  for (const sysctl of list(context.sysctls)) {
    const { name } = fields(sysctl);
    if (name !== UNKNOWN && !SAFE_SYSCTLS.has(String(name))) {
      faults.push(`The pod changes ${String(name)} of its node's kernel (${at(path, "securityContext.sysctls")})`);
    }
  }
  return [...faults, ...contextFaults(context).map((fault) => `The pod ${fault} (${at(path, "securityContext")})`)];
}

/** What neither a pod's nor a container's security context may hold. */
function contextFaults(context: Fields): string[] {
  const faults: string[] = [];
  if (!isOff(fields(context.windowsOptions).hostProcess)) faults.push("runs as a process of its node");
  const { type } = fields(context.appArmorProfile);
  if (isGiven(type) && type !== UNKNOWN && type !== "RuntimeDefault" && type !== "Localhost") {
    faults.push(`switches AppArmor off (${String(type)})`);
  }
  const selinux = fields(context.seLinuxOptions);
  if (isGiven(selinux.user) || isGiven(selinux.role)) faults.push("chooses an SELinux user or role");
  if (isZero(context.runAsUser)) faults.push("runs as root (runAsUser 0)");
  if (context.runAsNonRoot === false) faults.push("may run as root (runAsNonRoot false)");
  return faults;
}

function containerFaults({ fields: container }: Container, pod: Fields): string[] {
  const own = fields(container.securityContext);
  if (container.securityContext === UNKNOWN) return [];
  const faults = contextFaults(own);
  const effective = (key: string) => (isGiven(own[key]) ? own[key] : pod[key]);
  if (!isYes(effective("runAsNonRoot"))) faults.push("does not say runAsNonRoot: true");
  if (!isUserId(effective("runAsUser"))) faults.push("has no user id of its own, runAsUser");
  if (!isNo(own.allowPrivilegeEscalation)) faults.push("does not say allowPrivilegeEscalation: false");
  if (!isYes(own.readOnlyRootFilesystem)) faults.push("does not say readOnlyRootFilesystem: true");
  if (!isOff(own.privileged)) faults.push("is privileged");
  if (isGiven(own.procMount) && own.procMount !== UNKNOWN && own.procMount !== "Default") faults.push("unmasks /proc");
  faults.push(...capabilityFaults(own.capabilities), ...seccompFaults(effective("seccompProfile")));
  for (const port of list(container.ports)) {
    const { hostPort } = fields(port);
    if (isGiven(hostPort) && hostPort !== 0 && hostPort !== UNKNOWN)
      faults.push(`listens on its node's port ${String(hostPort)}`);
  }
  return faults;
}

function capabilityFaults(capabilities: unknown): string[] {
  if (capabilities === UNKNOWN) return [];
  const { drop, add } = fields(capabilities);
  const faults: string[] = [];
  if (drop !== UNKNOWN && !list(drop).some((name) => name === "ALL" || name === UNKNOWN)) {
    faults.push("does not drop ALL capabilities");
  }
  return [...faults, ...addedFaults(add)];
}

function addedFaults(add: unknown): string[] {
  const added = list(add).filter((name) => name !== "NET_BIND_SERVICE" && name !== UNKNOWN);
  return added.length > 0 ? [`adds the capabilities ${added.map(String).join(", ")}`] : [];
}

function seccompFaults(profile: unknown): string[] {
  const { type } = fields(profile);
  const known = profile === UNKNOWN || type === UNKNOWN || type === "RuntimeDefault" || type === "Localhost";
  return known ? [] : ["has no seccomp profile of type RuntimeDefault or Localhost"];
}

function isYes(value: unknown): boolean {
  return value === true || value === UNKNOWN;
}

function isNo(value: unknown): boolean {
  return value === false || value === UNKNOWN;
}

/** Text that says so counts; a map does not, for it is a schema's word for the field. */
function isOn(value: unknown): boolean {
  return value === true || (typeof value === "string" && value.toLowerCase() === "true");
}

/** Absent is off as well. */
function isOff(value: unknown): boolean {
  return !isGiven(value) || isNo(value);
}

function isZero(value: unknown): boolean {
  return isGiven(value) && value !== UNKNOWN && Number(value) === 0;
}

function isUserId(value: unknown): boolean {
  return value === UNKNOWN || (typeof value === "number" && Number.isInteger(value) && value > 0);
}
