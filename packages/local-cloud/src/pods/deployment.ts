import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { startDaemon } from "../cloud/daemon.ts";
import { makeDir, tail } from "../cloud/files.ts";
import { withLock } from "../cloud/lock.ts";
import type { Paths } from "../cloud/paths.ts";
import { claimPort, forgetPorts } from "../cloud/ports.ts";
import { isAlive, stopProcess } from "../cloud/process.ts";
import { roleOf } from "./images.ts";
import { findPostgrest, type Postgrest } from "./postgrest.ts";
import { blank, type Prepared, patiently, prepare } from "./prepare.ts";
import { waitUntilReady } from "./ready.ts";
import { type PodRecord, podDir, podLock, podLog, portName, readPod, writePod } from "./record.ts";
import type { Container, DeploymentSpec, Manifest, Pod } from "./types.ts";
import { writeVolumes } from "./volumes.ts";

const READY_PATIENCE = 60_000;
const SKIP_AWAIT = "pulumi.com/skipAwait";
const TIMEOUT = "pulumi.com/timeoutSeconds";

export function podOf(cluster: string, manifest: Manifest): Pod {
  const spec = (manifest.spec ?? {}) as DeploymentSpec;
  const { name = "", namespace = "default" } = manifest.metadata;
  return { cluster, namespace, name, kind: manifest.kind as Pod["kind"], template: spec.template ?? {} };
}

/**
 * Brings the Deployment's process to where the manifest wants it: one process whatever the number of replicas, none for
 * none. A running one is left alone unless its template, program or the addresses it was given have changed.
 */
export async function applyDeployment(paths: Paths, cluster: string, manifest: Manifest): Promise<PodRecord> {
  const pod = podOf(cluster, manifest);
  return withLock(podLock(paths, pod), () => apply(paths, pod, manifest));
}

async function apply(paths: Paths, pod: Pod, manifest: Manifest): Promise<PodRecord> {
  const spec = (manifest.spec ?? {}) as DeploymentSpec;
  const container = pod.template.spec?.containers?.find((c) => roleOf(c) === "postgrest");
  const previous = await readPod(paths, pod);
  const { cluster, namespace, kind, name } = pod;
  const idle = !container
    ? `not realised: ${pod.template.spec?.containers?.map((c) => c.image).join(", ") || "no container"}`
    : spec.replicas === 0
      ? "replicas: 0"
      : undefined;
  if (container === undefined || idle !== undefined) {
    await stopProcess(previous?.process);
    const record: PodRecord = {
      cluster,
      namespace,
      kind,
      name,
      hash: "",
      program: "",
      ports: previous?.ports ?? {},
      idle,
    };
    await writePod(paths, record);
    return record;
  }
  const program = findPostgrest();
  const dir = podDir(paths, pod);
  await makeDir(dir);
  const prepared = await patiently(() => prepare(paths, pod, container, dir));
  const addresses = prepared.listeners.map((l) => [l.hosts, l.port, l.target.port, l.login?.user]);
  const hash = createHash("sha256")
    .update(JSON.stringify([pod.template, program, addresses]))
    .digest("hex");
  if (previous?.hash === hash && isAlive(previous.process)) return previous;
  await stopProcess(previous?.process);
  const base: PodRecord = { cluster, namespace, kind, name, hash, program: `PostgREST ${program.version}`, ports: {} };
  const skipAwait = manifest.metadata.annotations?.[SKIP_AWAIT] === "true";
  const seconds = Number(manifest.metadata.annotations?.[TIMEOUT] ?? Number.NaN);
  const patience = Number.isNaN(seconds) ? READY_PATIENCE : seconds * 1000;
  return run(paths, pod, container, prepared, program, base, skipAwait ? 0 : patience);
}

async function run(
  paths: Paths,
  pod: Pod,
  container: Container,
  prepared: Prepared,
  program: Postgrest,
  base: PodRecord,
  patience: number,
): Promise<PodRecord> {
  const { env, ports } = await claimPorts(paths, pod, container, prepared.env);
  const log = podLog(paths, pod);
  const deadline = Date.now() + patience;
  for (let attempt = 1; ; attempt++) {
    const args = prepared.args.length > 0 ? prepared.args : prepared.command.slice(1);
    const daemon = await startDaemon({ command: program.path, args, env, cwd: podDir(paths, pod), log });
    const record: PodRecord = { ...base, ports, process: daemon.record };
    await writePod(paths, record);
    if (patience === 0) return record;
    let exit: number | undefined;
    void daemon.exited.then((code) => {
      exit = code;
    });
    const problem = await waitUntilReady(container, ports, deadline, () => exit);
    if (problem === undefined) return record;
    // kubelet starts a container again that ended; so does this, a few times, while there is time.
    if (exit !== undefined && attempt < 3 && Date.now() < deadline) continue;
    await stopProcess(daemon.record);
    const lines = blank(await tail(log, 15), prepared.secrets);
    throw new Error(
      [`${pod.kind} ${pod.namespace}/${pod.name} is not ready: ${problem}; its log ends:`, ...lines].join("\n"),
    );
  }
}

/** Every port the container serves gets one on 127.0.0.1, the same one as long as it is free. */
async function claimPorts(paths: Paths, pod: Pod, container: Container, declared: Record<string, string>) {
  const env: Record<string, string> = {
    ...declared,
    PGRST_SERVER_HOST: "127.0.0.1",
    PGRST_ADMIN_SERVER_HOST: "127.0.0.1",
  };
  delete env.PGRST_SERVER_UNIX_SOCKET;
  const served = declared.PGRST_SERVER_PORT ?? "3000";
  const admin = declared.PGRST_ADMIN_SERVER_PORT;
  const ports: Record<string, number> = {};
  const all = [served, admin, ...(container.ports ?? []).map((p) => String(p.containerPort))];
  for (const port of new Set(all)) if (port !== undefined) ports[port] = await claimPort(paths, portName(pod, port));
  env.PGRST_SERVER_PORT = String(ports[served]);
  if (admin !== undefined) env.PGRST_ADMIN_SERVER_PORT = String(ports[admin]);
  return { env, ports };
}

/** kubelet renews mounted ConfigMaps and Secrets under a running pod; environment variables it leaves alone. */
export async function refreshVolumes(paths: Paths, cluster: string, manifest: Manifest): Promise<void> {
  const pod = podOf(cluster, manifest);
  await withLock(podLock(paths, pod), async () => {
    const record = await readPod(paths, pod);
    if (record && isAlive(record.process)) await writeVolumes(paths, pod, podDir(paths, pod));
  });
}

export async function stopPod(paths: Paths, pod: Pick<Pod, "cluster" | "namespace" | "kind" | "name">): Promise<void> {
  const record = await readPod(paths, pod);
  await stopProcess(record?.process, { group: pod.kind === "Job" });
}

export async function removePod(
  paths: Paths,
  pod: Pick<Pod, "cluster" | "namespace" | "kind" | "name">,
): Promise<void> {
  // A running Job holds its lock until it ends, so its process goes first.
  if (pod.kind === "Job") await stopPod(paths, pod);
  await withLock(podLock(paths, pod), async () => {
    await stopPod(paths, pod);
    await rm(podDir(paths, pod), { recursive: true, force: true });
  });
  await forgetPorts(paths, portName(pod, ""));
}
