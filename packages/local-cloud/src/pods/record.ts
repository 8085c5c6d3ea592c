import { join } from "node:path";
import { readJson, writeJson } from "../cloud/files.ts";
import type { Paths } from "../cloud/paths.ts";
import type { ProcessRecord } from "../cloud/process.ts";
import type { Pod } from "./types.ts";

/** What the cloud remembers of one Deployment's or Job's process. */
export type PodRecord = {
  cluster: string;
  namespace: string;
  kind: "Deployment" | "Job";
  name: string;
  /** Of all that a restart depends on. */
  hash: string;
  program: string;
  process?: ProcessRecord | undefined;
  /** Container port → port on 127.0.0.1. */
  ports: Record<string, number>;
  /** Why nothing runs, where nothing is meant to. */
  idle?: string | undefined;
  /** Of a Job that has ended. */
  exitCode?: number | undefined;
};

export type PodName = Pick<Pod, "cluster" | "namespace" | "kind" | "name">;

export function podDir(paths: Paths, pod: PodName): string {
  return paths.pod(pod.cluster, pod.namespace, pod.kind, pod.name);
}

export function podLog(paths: Paths, pod: PodName): string {
  return join(podDir(paths, pod), "pod.log");
}

export function podLock(paths: Paths, pod: PodName): string {
  return paths.lock(`pod ${pod.cluster} ${pod.namespace} ${pod.kind} ${pod.name}`);
}

export function portName(pod: PodName, containerPort: number | string): string {
  return `pod ${pod.cluster} ${pod.namespace} ${pod.kind} ${pod.name} ${containerPort}`;
}

export function readPod(paths: Paths, pod: PodName): Promise<PodRecord | undefined> {
  return readJson<PodRecord>(join(podDir(paths, pod), "pod.json"));
}

export function writePod(paths: Paths, record: PodRecord): Promise<void> {
  return writeJson(join(podDir(paths, record), "pod.json"), record);
}
