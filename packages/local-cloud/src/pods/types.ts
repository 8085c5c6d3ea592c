/** The part of Kubernetes' manifests that a pod is made from. Everything is optional, as people write it. */
export type Labels = Record<string, string>;
export type Metadata = { name?: string; namespace?: string; labels?: Labels; annotations?: Labels; uid?: string };
export type Manifest = {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
  spec?: Record<string, unknown>;
  data?: Record<string, string>;
  stringData?: Record<string, string>;
  binaryData?: Record<string, string>;
  [key: string]: unknown;
};

type KeyRef = { name?: string; key: string; optional?: boolean };
export type EnvVar = {
  name: string;
  value?: string;
  valueFrom?: {
    configMapKeyRef?: KeyRef;
    secretKeyRef?: KeyRef;
    fieldRef?: { fieldPath: string };
    resourceFieldRef?: unknown;
  };
};
type SourceRef = { name?: string; optional?: boolean };
export type EnvFrom = { prefix?: string; configMapRef?: SourceRef; secretRef?: SourceRef };
type Port = number | string;
export type Probe = {
  httpGet?: { path?: string; port: Port; scheme?: string; httpHeaders?: { name: string; value: string }[] };
  tcpSocket?: { port: Port };
};
export type Container = {
  name: string;
  image?: string;
  command?: string[];
  args?: string[];
  env?: EnvVar[];
  envFrom?: EnvFrom[];
  ports?: { name?: string; containerPort: number }[];
  volumeMounts?: { name: string; mountPath: string; subPath?: string }[];
  readinessProbe?: Probe;
  startupProbe?: Probe;
  restartPolicy?: string;
};
type Item = { key: string; path: string };
export type ConfigMapSource = { name?: string; items?: Item[]; optional?: boolean };
export type SecretSource = { secretName?: string; name?: string; items?: Item[]; optional?: boolean };
export type DownwardItem = { path: string; fieldRef?: { fieldPath: string } };
export type VolumeSource = {
  configMap?: ConfigMapSource;
  secret?: SecretSource;
  emptyDir?: unknown;
  downwardAPI?: { items?: DownwardItem[] };
  projected?: { sources?: VolumeSource[] };
  serviceAccountToken?: unknown;
};
export type Volume = VolumeSource & { name: string };
export type PodSpec = {
  serviceAccountName?: string;
  initContainers?: Container[];
  containers?: Container[];
  volumes?: Volume[];
};
export type PodTemplate = { metadata?: Metadata; spec?: PodSpec };

export type PolicyRule = {
  action: string;
  onExitCodes?: { containerName?: string; operator: "In" | "NotIn"; values: number[] };
};
export type JobSpec = {
  template?: PodTemplate;
  backoffLimit?: number;
  activeDeadlineSeconds?: number;
  suspend?: boolean;
  podFailurePolicy?: { rules?: PolicyRule[] };
};
export type DeploymentSpec = { template?: PodTemplate; replicas?: number; selector?: { matchLabels?: Labels } };

/** A pod to be: what it belongs to, and the template it is made from. */
export type Pod = {
  cluster: string;
  namespace: string;
  kind: "Deployment" | "Job";
  name: string;
  template: PodTemplate;
};

/** What kubelet would show as the reason that a container does not start. */
export class PodError extends Error {
  readonly reason: string;
  constructor(reason: string, message: string) {
    super(`${reason}: ${message}`);
    this.reason = reason;
  }
}
