import { type DiffResult, deepDiff } from "../plugin/diff.ts";
import type { CheckFailure } from "../plugin/provider.ts";
import { replaces } from "../plugin/rules.ts";
import { at, isMissing, isObject, isUndecided, isUnknown, type Props, text, type Value } from "../plugin/values.ts";

/** Fields the API server does not let change, by kind; a changed one deletes the object and creates another. */
const IMMUTABLE: Readonly<Record<string, readonly string[]>> = {
  Deployment: ["spec.selector"],
  DaemonSet: ["spec.selector"],
  ReplicaSet: ["spec.selector"],
  StatefulSet: ["spec.selector", "spec.serviceName", "spec.podManagementPolicy", "spec.volumeClaimTemplates"],
  Job: ["spec.selector", "spec.template"],
  PersistentVolumeClaim: [
    "spec.accessModes",
    "spec.selector",
    "spec.storageClassName",
    "spec.volumeName",
    "spec.volumeMode",
  ],
  StorageClass: ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"],
  PriorityClass: ["value", "preemptionPolicy"],
  RoleBinding: ["roleRef"],
  ClusterRoleBinding: ["roleRef"],
  Secret: ["type"],
};

/** The provider replaces these on a change of data, unless it is configured to let them change (and they may). */
const DATA: Readonly<Record<string, readonly string[]>> = {
  ConfigMap: ["data", "binaryData"],
  Secret: ["data", "stringData"],
};

export type Mutable = { ConfigMap: boolean; Secret: boolean };

export function diffObject(olds: Props, news: Props, mutable: Mutable): DiffResult {
  const kind = text(news.kind) ?? "";
  const listed = ["kind", "metadata.name", "metadata.namespace", ...(IMMUTABLE[kind] ?? [])];
  const isData = kind === "ConfigMap" || kind === "Secret";
  if (isData && (!mutable[kind] || olds.immutable === true)) listed.push(...(DATA[kind] ?? []));
  if (group(olds) !== group(news)) listed.push("apiVersion");
  const changes = deepDiff(olds, news).map((c) => ({ path: c.path, kind: c.kind, replace: replaces(c, listed) }));
  const same = ["metadata.name", "metadata.namespace"].every((path) => at(olds, path) === at(news, path));
  return { changes, deleteBeforeReplace: same && changes.some((c) => c.replace) };
}

function group(props: Props): string {
  const version = text(props.apiVersion) ?? "";
  return version.includes("/") ? (version.split("/")[0] ?? "") : "";
}

const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;
const SUBDOMAIN = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;
const DNS_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** Their names become parts of host names. */
const SHORT_NAMED = new Set(["Namespace", "Service", "Job"]);
/** RBAC names are path segments, with colons and all. */
const FREELY_NAMED = new Set(["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"]);

/** What the API server would say of any object before it looks into its spec. */
export function checkObject(props: Props): CheckFailure[] {
  const failures: CheckFailure[] = [];
  for (const key of ["apiVersion", "kind"])
    if (text(props[key]) === undefined && !isUnknown(props[key]))
      failures.push({ property: key, reason: `Missing required property '${key}'` });
  const { metadata } = props;
  if (!isMissing(metadata) && !isUnknown(metadata) && !isObject(metadata))
    failures.push({ property: "metadata", reason: "must be an object" });
  const kind = text(props.kind) ?? "";
  const name = text(at(props, "metadata.name"));
  if (name !== undefined && !FREELY_NAMED.has(kind)) {
    const isShort = SHORT_NAMED.has(kind);
    if (!(isShort ? DNS_LABEL : SUBDOMAIN).test(name))
      failures.push({
        property: "metadata.name",
        reason: `"${name}" must be a-z, 0-9 and -${isShort ? "" : " and ."}, at most ${isShort ? 63 : 253} characters`,
      });
  }
  for (const path of ["metadata.labels", "spec.template.metadata.labels", "spec.selector.matchLabels"])
    failures.push(...checkLabels(at(props, path), path));
  if (kind === "Deployment" || kind === "Job")
    for (const key of kind === "Job" ? ["spec.template"] : ["spec.template", "spec.selector"])
      if (!isUndecided(props, key) && isMissing(at(props, key)))
        failures.push({ property: key, reason: `Missing required property '${key}'` });
  if (kind === "Deployment") failures.push(...checkSelector(props));
  if (kind === "Job") failures.push(...checkRestartPolicy(props));
  return failures;
}

function checkLabels(labels: Value | undefined, path: string): CheckFailure[] {
  if (!isObject(labels)) return [];
  return Object.entries(labels)
    .filter(([, value]) => !isUnknown(value) && (typeof value !== "string" || !LABEL_VALUE.test(value)))
    .map(([key, value]) => ({
      property: `${path}["${key}"]`,
      reason: `${JSON.stringify(value)} is no valid label value`,
    }));
}

function checkSelector(props: Props): CheckFailure[] {
  const wanted = at(props, "spec.selector.matchLabels");
  const labels = at(props, "spec.template.metadata.labels");
  if (!isObject(wanted) || isUndecided(props, "spec.template.metadata.labels")) return [];
  const has = isObject(labels) ? labels : {};
  const missing = Object.entries(wanted).filter(([k, v]) => !isUnknown(v) && !isUnknown(has[k]) && has[k] !== v);
  if (missing.length === 0) return [];
  return [{ property: "spec.selector.matchLabels", reason: "does not match spec.template.metadata.labels" }];
}

function checkRestartPolicy(props: Props): CheckFailure[] {
  const path = "spec.template.spec.restartPolicy";
  const policy = at(props, path);
  if (isUndecided(props, path) || policy === "Never" || policy === "OnFailure") return [];
  return [{ property: path, reason: 'a Job\'s is "Never" or "OnFailure"' }];
}

const CLUSTER_SCOPED = new Set([
  ...["Namespace", "Node", "PersistentVolume", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"],
  ...["StorageClass", "PriorityClass", "IngressClass", "RuntimeClass", "GatewayClass", "APIService", "CSIDriver"],
  ...["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration"],
  ...["MutatingWebhookConfiguration", "CertificateSigningRequest", "FlowSchema", "PriorityLevelConfiguration"],
  ...["ComputeClass", "ClusterSecretStore", "ClusterIssuer", "ClusterExternalSecret"],
]);

export function isNamespaced(kind: string): boolean {
  return !CLUSTER_SCOPED.has(kind);
}
