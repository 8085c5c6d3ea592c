import { resolve } from "node:path";
import { makeDir } from "../cloud/files.ts";
import { Paths } from "../cloud/paths.ts";
import { podRecords } from "../cloud/status.ts";
import type { Reporter } from "../plugin/provider.ts";
import type { Props } from "../plugin/values.ts";
import { applyDeployment, podOf, refreshVolumes, removePod } from "../pods/deployment.ts";
import { runJob } from "../pods/job.ts";
import { core, listObjects, type Ref, readObject, removeObject, writeObject } from "../pods/objects.ts";
import { patiently } from "../pods/prepare.ts";
import { type Manifest, PodError } from "../pods/types.ts";

/** Keeps the objects of every cluster, and runs what can run here. */
export interface ObjectRealiser {
  create(cluster: string, urn: string, object: Props): Promise<void>;
  update(cluster: string, urn: string, object: Props, old: Props): Promise<void>;
  delete(cluster: string, object: Props): Promise<void>;
  cancel(): Promise<void>;
}

export function createObjectRealiser(dir: string, repo: string, reporter: Reporter): ObjectRealiser {
  return new Realiser(new Paths(resolve(dir)), repo, reporter);
}

/** There without being created, as in every cluster. */
const BUILT_IN = new Set(["default", "kube-system", "kube-public"]);

class Realiser implements ObjectRealiser {
  readonly #paths: Paths;
  readonly #repo: string;
  readonly #reporter: Reporter;
  readonly #interrupt = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  constructor(paths: Paths, repo: string, reporter: Reporter) {
    this.#paths = paths;
    this.#repo = repo;
    this.#reporter = reporter;
  }

  async create(cluster: string, urn: string, object: Props): Promise<void> {
    const manifest = object as Manifest;
    const ref = refOf(cluster, manifest);
    await makeDir(this.#paths.dir);
    await this.#requireNamespace(ref);
    await writeObject(this.#paths, ref, manifest);
    try {
      await this.#run(cluster, urn, manifest);
    } catch (error) {
      // The engine keeps nothing of what failed to be created, so neither may the cloud.
      if (manifest.kind === "Deployment") await removePod(this.#paths, podOf(cluster, manifest));
      await removeObject(this.#paths, ref);
      throw error;
    }
  }

  async update(cluster: string, urn: string, object: Props, old: Props): Promise<void> {
    const manifest = object as Manifest;
    const ref = refOf(cluster, manifest);
    await writeObject(this.#paths, ref, manifest);
    try {
      // A Job whose template is unchanged has run already.
      if (manifest.kind !== "Job") await this.#run(cluster, urn, manifest);
    } catch (error) {
      await this.#rollBack(cluster, ref, old as Manifest);
      throw error;
    }
    if (manifest.kind === "ConfigMap" || manifest.kind === "Secret") await this.#refresh(ref);
  }

  async delete(cluster: string, object: Props): Promise<void> {
    const manifest = object as Manifest;
    if (isPodOwner(manifest)) await removePod(this.#paths, podOf(cluster, manifest));
    await removeObject(this.#paths, refOf(cluster, manifest));
  }

  async cancel(): Promise<void> {
    this.#interrupt.abort();
    await Promise.allSettled([...this.#running]);
  }

  async #run(cluster: string, urn: string, manifest: Manifest): Promise<void> {
    if (!isPodOwner(manifest)) return;
    const work = manifest.kind === "Job" ? this.#job(cluster, urn, manifest) : this.#deployment(cluster, urn, manifest);
    this.#running.add(work);
    try {
      await work;
    } finally {
      this.#running.delete(work);
    }
  }

  async #deployment(cluster: string, urn: string, manifest: Manifest): Promise<void> {
    const record = await applyDeployment(this.#paths, cluster, manifest);
    const served = Object.entries(record.ports).map(([port, local]) => `${port} is 127.0.0.1:${local}`);
    this.#reporter.status(urn, record.idle ?? `${record.program}: ${served.join(", ")}`);
  }

  async #job(cluster: string, urn: string, manifest: Manifest): Promise<void> {
    const onLine = (line: string) => this.#reporter.status(urn, line);
    const record = await runJob(this.#paths, cluster, manifest, {
      repo: this.#repo,
      signal: this.#interrupt.signal,
      onLine,
    });
    if (record.idle) this.#reporter.status(urn, record.idle);
    await this.#forgetFailures(cluster, record.namespace);
  }

  /** The logs of Jobs that failed, which the engine never knew, have served when one has succeeded. */
  async #forgetFailures(cluster: string, namespace: string): Promise<void> {
    for (const pod of await podRecords(this.#paths)) {
      if (pod.kind !== "Job" || pod.cluster !== cluster || pod.namespace !== namespace || !pod.exitCode) continue;
      const ref = { cluster, namespace, apiVersion: "batch/v1", kind: "Job", name: pod.name };
      if ((await readObject(this.#paths, ref)) === undefined) await removePod(this.#paths, pod);
    }
  }

  /** As in a rollout: while the new pod is not ready, the old one goes on serving. */
  async #rollBack(cluster: string, ref: Ref, old: Manifest): Promise<void> {
    await writeObject(this.#paths, ref, old);
    if (old.kind === "Deployment") await applyDeployment(this.#paths, cluster, old).catch(() => undefined);
  }

  async #refresh(ref: Ref): Promise<void> {
    const deployments = await listObjects(this.#paths, { ...ref, apiVersion: "apps/v1", kind: "Deployment" });
    await Promise.all(deployments.map((manifest) => refreshVolumes(this.#paths, ref.cluster, manifest)));
  }

  async #requireNamespace({ cluster, namespace }: Ref): Promise<void> {
    if (namespace === "" || BUILT_IN.has(namespace)) return;
    await patiently(async () => {
      if (!(await readObject(this.#paths, core(cluster, "", "Namespace", namespace))))
        throw new PodError("NotFound", `namespaces "${namespace}" not found`);
    });
  }
}

function isPodOwner({ apiVersion, kind }: Manifest): boolean {
  return (apiVersion === "apps/v1" && kind === "Deployment") || (apiVersion === "batch/v1" && kind === "Job");
}

function refOf(cluster: string, { apiVersion, kind, metadata }: Manifest): Ref {
  return { cluster, namespace: metadata.namespace ?? "", apiVersion, kind, name: metadata.name ?? "" };
}
