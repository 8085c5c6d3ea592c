/** The pods of Deployments and Jobs, as far as tests look at them. */
import { all, at, nameOf } from "./find.ts";
import type { Declared } from "./mocks.ts";

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
  readonly envFrom?: readonly unknown[];
  readonly restartPolicy?: string;
  readonly resources: { readonly requests: Record<string, string>; readonly limits: Record<string, string> };
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export interface Pod {
  /** Name of the Deployment or Job. */
  readonly owner: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccountName: string;
  readonly automountServiceAccountToken: boolean;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly initContainers: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes: readonly Readonly<Record<string, unknown>>[];
  readonly [field: string]: unknown;
}

/** The pod of every Deployment and Job. */
export function podsOf(resources: readonly Declared[]): Pod[] {
  return [...all(resources, "Deployment"), ...all(resources, "Job")].map(
    (resource) =>
      ({
        ...(at(resource.inputs, "spec.template.spec") as object),
        owner: nameOf(resource),
        namespace: String(at(resource.inputs, "metadata.namespace")),
        labels: at(resource.inputs, "spec.template.metadata.labels"),
      }) as Pod,
  );
}

export function containersOf(pod: Pod): Container[] {
  return [...pod.initContainers, ...pod.containers];
}

/** The Auth Proxy's listeners: the addresses it was told to open, in order. */
export function listenersOf(pod: Pod): string[] {
  const proxy = pod.initContainers.find(({ name }) => name === "auth-proxy");
  return (proxy?.args ?? []).filter((argument) => argument.startsWith("projects/"));
}
