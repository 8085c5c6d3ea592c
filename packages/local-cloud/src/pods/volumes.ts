import { readdir, rm } from "node:fs/promises";
import { dirname, join, normalize, relative } from "node:path";
import { isMissingFile, makeDir, writePrivate } from "../cloud/files.ts";
import type { Paths } from "../cloud/paths.ts";
import { fieldOf } from "./environment.ts";
import { core, readData } from "./objects.ts";
import { type Container, type Pod, PodError, type Volume, type VolumeSource } from "./types.ts";

/** Where a container's paths are on this machine: the longest mount path first, for it wins. */
export type Mount = { mountPath: string; hostPath: string };

/** Writes the files of the pod's volumes below its folder, replacing each as a whole. Safe under a running process. */
export async function writeVolumes(paths: Paths, pod: Pod, dir: string): Promise<void> {
  for (const volume of pod.template.spec?.volumes ?? []) {
    const home = join(dir, "volumes", volume.name);
    await makeDir(home);
    if (volume.emptyDir !== undefined) continue;
    const files = new Map<string, Buffer>();
    const sources = volume.projected ? (volume.projected.sources ?? []) : [volume];
    for (const source of sources) await collect(paths, pod, volume, source, files);
    for (const [name, content] of files) {
      const path = normalize(join(home, name));
      if (relative(home, path).startsWith(".."))
        throw new PodError("CreateContainerConfigError", `${name} leaves its volume`);
      await writePrivate(path, content);
    }
    await prune(home, home, new Set(files.keys()));
  }
}

async function collect(paths: Paths, pod: Pod, volume: Volume, source: VolumeSource, files: Map<string, Buffer>) {
  if (source.downwardAPI) {
    for (const item of source.downwardAPI.items ?? [])
      if (item.fieldRef) files.set(item.path, Buffer.from(fieldOf(pod, item.fieldRef.fieldPath)));
    return;
  }
  // A token for an API server that is not there would be believed by nobody.
  if (source.serviceAccountToken !== undefined) return;
  const kind = source.secret ? "Secret" : "ConfigMap";
  const ref = source.secret ?? source.configMap;
  if (ref === undefined)
    throw new PodError("FailedMount", `volume "${volume.name}": this kind of volume has no local counterpart`);
  const name = (source.secret?.secretName ?? ref.name) || "";
  const data = await readData(paths, core(pod.cluster, pod.namespace, kind, name));
  if (data === undefined) {
    if (ref.optional) return;
    throw new PodError(
      "FailedMount",
      `volume "${volume.name}": ${kind.toLowerCase()} "${pod.namespace}/${name}" not found`,
    );
  }
  if (ref.items === undefined) {
    for (const [key, value] of data) files.set(key, value);
    return;
  }
  for (const { key, path } of ref.items) {
    const value = data.get(key);
    if (value !== undefined) files.set(path, value);
    else if (!ref.optional)
      throw new PodError("FailedMount", `volume "${volume.name}": ${kind} ${pod.namespace}/${name} has no key ${key}`);
  }
}

async function prune(home: string, dir: string, keep: Set<string>): Promise<void> {
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) await prune(home, path, keep);
    else if (!keep.has(relative(home, path)) && !entry.name.endsWith(".part")) await rm(path, { force: true });
  }
}

export async function mountsOf(pod: Pod, container: Container, dir: string): Promise<Mount[]> {
  const volumes = new Set((pod.template.spec?.volumes ?? []).map((v) => v.name));
  const mounts: Mount[] = [];
  for (const { name, mountPath, subPath } of container.volumeMounts ?? []) {
    if (!volumes.has(name))
      throw new PodError("Invalid", `container ${container.name} mounts "${name}", which is no volume`);
    const hostPath = join(dir, "volumes", name, subPath ?? "");
    mounts.push({ mountPath: mountPath.replace(/(.)\/+$/, "$1"), hostPath });
    if (subPath) await makeDir(dirname(hostPath)).catch((error) => !isMissingFile(error) && Promise.reject(error));
  }
  return mounts.sort((a, b) => b.mountPath.length - a.mountPath.length);
}

/** Puts the machine's path for the container's, where a mount path stands as a whole path or as the start of one. */
export function rewritePaths(text: string, mounts: readonly Mount[]): string {
  if (mounts.length === 0) return text;
  const any = mounts.map((m) => m.mountPath.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  const pattern = new RegExp(`(?<![\\w.-])(?<![^/]/)(?:${any})(?=$|[^\\w.-])`, "g");
  return text.replace(pattern, (found) => mounts.find((m) => m.mountPath === found)?.hostPath ?? found);
}
