import type { Paths } from "../cloud/paths.ts";
import { core, readData } from "./objects.ts";
import { type Container, type EnvVar, type Pod, PodError } from "./types.ts";

/** A container's variables as kubelet would set them, and which of their values must never be shown. */
export type Environment = { env: Record<string, string>; secrets: Set<string> };

export async function resolveEnvironment(paths: Paths, pod: Pod, container: Container): Promise<Environment> {
  const env: Record<string, string> = {};
  const secrets = new Set<string>();
  for (const source of container.envFrom ?? []) {
    for (const kind of ["ConfigMap", "Secret"] as const) {
      const ref = kind === "Secret" ? source.secretRef : source.configMapRef;
      if (ref === undefined) continue;
      const data = await keys(paths, pod, kind, ref.name ?? "", ref.optional);
      for (const [key, value] of data ?? []) {
        env[(source.prefix ?? "") + key] = value.toString("utf8");
        if (kind === "Secret") secrets.add(value.toString("utf8"));
      }
    }
  }
  for (const variable of container.env ?? []) {
    const value = await resolveVariable(paths, pod, container, variable, env, secrets);
    if (value !== undefined) env[variable.name] = value;
  }
  return { env, secrets };
}

async function resolveVariable(
  paths: Paths,
  pod: Pod,
  container: Container,
  variable: EnvVar,
  env: Record<string, string>,
  secrets: Set<string>,
): Promise<string | undefined> {
  const from = variable.valueFrom;
  if (from === undefined) return expand(variable.value ?? "", env);
  for (const kind of ["ConfigMap", "Secret"] as const) {
    const ref = kind === "Secret" ? from.secretKeyRef : from.configMapKeyRef;
    if (ref === undefined) continue;
    const value = (await keys(paths, pod, kind, ref.name ?? "", ref.optional))?.get(ref.key)?.toString("utf8");
    if (value === undefined && !ref.optional)
      throw new PodError(
        "CreateContainerConfigError",
        `couldn't find key ${ref.key} in ${kind} ${pod.namespace}/${ref.name} (${container.name}, ${variable.name})`,
      );
    if (value !== undefined && kind === "Secret") secrets.add(value);
    return value;
  }
  if (from.fieldRef) return fieldOf(pod, from.fieldRef.fieldPath);
  throw new PodError("CreateContainerConfigError", `${variable.name}: this source of a value has no local counterpart`);
}

async function keys(paths: Paths, pod: Pod, kind: "ConfigMap" | "Secret", name: string, optional = false) {
  const data = await readData(paths, core(pod.cluster, pod.namespace, kind, name));
  if (data === undefined && !optional)
    throw new PodError("CreateContainerConfigError", `${kind.toLowerCase()} "${pod.namespace}/${name}" not found`);
  return data;
}

export function fieldOf(pod: Pod, path: string): string {
  const metadata = pod.template.metadata ?? {};
  const keyed = path.match(/^metadata\.(labels|annotations)\['(.+)'\]$/);
  if (keyed) return metadata[keyed[1] as "labels" | "annotations"]?.[keyed[2] ?? ""] ?? "";
  switch (path) {
    case "metadata.name":
      return `${pod.name}-local`;
    case "metadata.namespace":
      return pod.namespace;
    case "spec.serviceAccountName":
      return pod.template.spec?.serviceAccountName ?? "default";
    case "spec.nodeName":
      return "local";
    case "status.podIP":
    case "status.hostIP":
      return "127.0.0.1";
    default:
      throw new PodError("CreateContainerConfigError", `the field ${path} has no local counterpart`);
  }
}

/** `$(NAME)` becomes the value of a variable defined before; `$$(NAME)` stays `$(NAME)`; an undefined one stays as it is. */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$\(|\$\(([^)]+)\)/g, (all, name: string | undefined) =>
    name === undefined ? "$(" : (env[name] ?? all),
  );
}
