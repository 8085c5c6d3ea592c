import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileName, list, readAll, readJson, writeJson } from "../cloud/files.ts";
import type { Paths } from "../cloud/paths.ts";
import type { Manifest } from "./types.ts";

/** The API server's storage: a file per object. Secrets are in it as the manifest has them, in files private to the user. */
export type Ref = { cluster: string; namespace: string; apiVersion: string; kind: string; name: string };

function folder(paths: Paths, ref: Omit<Ref, "name">): string {
  // The version is no part of an object's identity, the group is.
  const group = ref.apiVersion.includes("/") ? (ref.apiVersion.split("/")[0] ?? "") : "";
  const kind = group === "" ? ref.kind : `${ref.kind}.${group}`;
  return join(paths.kubernetes, fileName(ref.cluster), fileName(ref.namespace || "_"), fileName(kind));
}

export function readObject(paths: Paths, ref: Ref): Promise<Manifest | undefined> {
  return readJson<Manifest>(join(folder(paths, ref), `${fileName(ref.name)}.json`));
}

export function writeObject(paths: Paths, ref: Ref, manifest: Manifest): Promise<void> {
  return writeJson(join(folder(paths, ref), `${fileName(ref.name)}.json`), manifest);
}

export function removeObject(paths: Paths, ref: Ref): Promise<void> {
  return rm(join(folder(paths, ref), `${fileName(ref.name)}.json`), { force: true });
}

export function listObjects(paths: Paths, ref: Omit<Ref, "name">): Promise<Manifest[]> {
  return readAll<Manifest>(folder(paths, ref));
}

export function core(cluster: string, namespace: string, kind: string, name: string): Ref {
  return { cluster, namespace, apiVersion: "v1", kind, name };
}

export async function clusters(paths: Paths): Promise<string[]> {
  return (await list(paths.kubernetes)).map(decodeURIComponent);
}

export async function namespaces(paths: Paths, cluster: string): Promise<string[]> {
  return (await list(join(paths.kubernetes, fileName(cluster)))).map(decodeURIComponent).filter((name) => name !== "_");
}

/** The bytes under each key of a ConfigMap or a Secret; undefined where there is no such object. */
export async function readData(paths: Paths, ref: Ref): Promise<Map<string, Buffer> | undefined> {
  const object = await readObject(paths, ref);
  if (object === undefined) return undefined;
  const encoding = ref.kind === "Secret" ? "base64" : "utf8";
  const found = new Map<string, Buffer>();
  for (const [key, value] of Object.entries(object.data ?? {})) found.set(key, Buffer.from(value, encoding));
  for (const [key, value] of Object.entries(object.binaryData ?? {})) found.set(key, Buffer.from(value, "base64"));
  for (const [key, value] of Object.entries(object.stringData ?? {})) found.set(key, Buffer.from(value, "utf8"));
  return found;
}
