import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { DamagedFile, makeDir, readIntact, readText } from "./cloud/files.ts";
import { field, INSTANCE, records, serving } from "./cloud/inventory.ts";
import { stopLeftovers } from "./cloud/leftovers.ts";
import { Paths, rootDirOf } from "./cloud/paths.ts";
import { isAlive } from "./cloud/process.ts";
import { findService, type ServiceName } from "./cloud/services.ts";
import { podRecords, readStatus, type ServerStatus } from "./cloud/status.ts";
import { applyDeployment, removePod, stopPod } from "./pods/deployment.ts";
import { readObject } from "./pods/objects.ts";
import { type PodRecord, podLog, readPod } from "./pods/record.ts";
import { runAs } from "./postgres/binaries.ts";
import { readPassword, readServer, type ServerRecord } from "./postgres/record.ts";
import { destroyServer, reviveServer, stopServer } from "./postgres/server.ts";

export type { ServiceName } from "./cloud/services.ts";
export type { ServerStatus } from "./cloud/status.ts";

/** Something `ensure` does, as it does it. */
export type CloudEvent = { kind: "postgres" | "deployment"; name: string; action: "starting" | "started" };
export type Address = { host: string; port: number };
/** Secret: for a client's configuration, never for a command line or a log. */
export type AdminLogin = Address & { user: "postgres"; password: string; database: "postgres" };

/**
 * The local cloud kept in a folder: what the stand-in providers made real there, for the scripts that manage it. All
 * methods are safe beside a running `pulumi up` and beside each other, in this process or another.
 */
export interface Cloud {
  readonly dir: string;
  /**
   * Starts what should run and does not (a reboot, a kill -9), databases first. Returns what it started. What cannot be
   * started does not keep the rest from it, and is reported at the end as one error.
   */
  ensure(onEvent?: (event: CloudEvent) => void): Promise<ServerStatus[]>;
  status(): Promise<ServerStatus[]>;
  /** Stops everything and keeps all data; `ensure` undoes it. */
  stop(): Promise<void>;
  /** Stops everything and deletes the cloud, with all data. */
  destroy(): Promise<void>;
  /** `http://127.0.0.1:<port>` of what is behind a Service. Throws where nothing serves it here. */
  serviceUrl(name: ServiceName): Promise<string>;
  /** An AlloyDB instance by its full name, or by its id where that is the only one of its kind. */
  instanceAddress(instance: string): Promise<Address>;
  /** The login of AlloyDB's `postgres`, which is no superuser, for local operators. */
  adminLogin(instance: string): Promise<AdminLogin>;
  /** What a Job's last run printed; undefined if it never ran. */
  jobLog(job: { namespace: string; name: string; cluster?: string }): Promise<string | undefined>;
}

/** Opens the cloud of a folder, which need not exist yet: a cloud without anything in it. */
export function openCloud(dir: string): Cloud {
  return new LocalCloud(new Paths(resolve(dir)));
}

type Listener = (event: CloudEvent) => void;

class LocalCloud implements Cloud {
  readonly #paths: Paths;

  constructor(paths: Paths) {
    this.#paths = paths;
  }

  get dir(): string {
    return this.#paths.dir;
  }

  async ensure(onEvent: Listener = () => undefined): Promise<ServerStatus[]> {
    const started = new Set<string>();
    const problems: Error[] = [];
    const attempt = (work: Promise<void>) => work.catch((error: Error) => void problems.push(error));
    for (const { id } of await records(this.#paths, INSTANCE)) await attempt(this.#reviveServer(id, started, onEvent));
    for (const pod of await podRecords(this.#paths)) await attempt(this.#revivePod(pod, started, onEvent));
    if (problems.length > 0) throw new AggregateError(problems, problems.map((p) => p.message).join("\n"));
    const all = await this.status();
    return all.filter((s) => started.has(s.kind === "postgres" ? s.name : `${s.cluster}/${s.namespace}/${s.name}`));
  }

  async #reviveServer(id: string, started: Set<string>, onEvent: Listener): Promise<void> {
    const server = await readServer(this.#paths, id);
    if (!server?.ready || !server.wanted) return;
    const wasAlive = isAlive(server.process);
    if (!wasAlive) onEvent({ kind: "postgres", name: id, action: "starting" });
    // A running one is looked at too: in a copied folder it is the original's.
    const { revived } = await reviveServer(this.#paths, id);
    if (revived) started.add(id);
    if (!wasAlive) onEvent({ kind: "postgres", name: id, action: "started" });
  }

  async #revivePod(pod: PodRecord, started: Set<string>, onEvent: Listener): Promise<void> {
    if (pod.kind !== "Deployment" || pod.idle !== undefined) return;
    const { cluster, namespace } = pod;
    const ref = { cluster, namespace, apiVersion: "apps/v1", kind: "Deployment", name: pod.name };
    const manifest = await readObject(this.#paths, ref);
    if (manifest === undefined) return;
    const name = `${namespace}/${pod.name}`;
    const wasAlive = isAlive(pod.process);
    if (!wasAlive) onEvent({ kind: "deployment", name, action: "starting" });
    // A running one is looked at too: the database it was given may have come back on another port.
    const now = await applyDeployment(this.#paths, cluster, manifest);
    if (now.process?.pid === pod.process?.pid && wasAlive) return;
    started.add(`${cluster}/${name}`);
    onEvent({ kind: "deployment", name, action: "started" });
  }

  async status(): Promise<ServerStatus[]> {
    return readStatus(this.#paths);
  }

  async stop(): Promise<void> {
    for (const pod of await podRecords(this.#paths)) await stopPod(this.#paths, pod);
    for (const { id } of await records(this.#paths, INSTANCE)) await stopServer(this.#paths, id);
  }

  async destroy(): Promise<void> {
    await makeDir(this.dir);
    const outside = runAs() === undefined ? undefined : rootDirOf(this.dir);
    // A damaged file must not keep its cloud running: what it stood for is found by its folder instead.
    const forgive = (error: Error) => {
      if (!(error instanceof DamagedFile)) throw error;
    };
    for (const pod of await podRecords(this.#paths, readIntact)) await removePod(this.#paths, pod).catch(forgive);
    for (const { id } of await records(this.#paths, INSTANCE, readIntact))
      await destroyServer(this.#paths, id).catch(forgive);
    await stopLeftovers(this.#paths);
    if (outside !== undefined) await rm(outside, { recursive: true, force: true });
    await rm(this.dir, { recursive: true, force: true });
  }

  async serviceUrl(name: ServiceName): Promise<string> {
    return findService(this.#paths, name);
  }

  async instanceAddress(instance: string): Promise<Address> {
    return { host: "127.0.0.1", port: (await this.#server(instance)).port };
  }

  async adminLogin(instance: string): Promise<AdminLogin> {
    const server = await this.#server(instance);
    const password = await readPassword(this.#paths, server.instance, "postgres");
    return { host: "127.0.0.1", port: server.port, user: "postgres", password, database: "postgres" };
  }

  async jobLog(job: { namespace: string; name: string; cluster?: string }): Promise<string | undefined> {
    const found = (await podRecords(this.#paths)).find(
      (p) =>
        p.kind === "Job" &&
        p.namespace === job.namespace &&
        p.name === job.name &&
        (job.cluster ?? p.cluster) === p.cluster,
    );
    if (found === undefined || (await readPod(this.#paths, found)) === undefined) return undefined;
    return readText(podLog(this.#paths, found));
  }

  async #server(instance: string): Promise<ServerRecord> {
    const all = await records(this.#paths, INSTANCE);
    const matches = all.filter((r) => r.id === instance || field(r.inputs, "instanceId") === instance);
    if (matches.length !== 1)
      throw new Error(
        matches.length === 0
          ? `there is no instance ${instance} in this cloud`
          : `${instance} is the id of several instances: ${matches.map((r) => r.id).join(", ")}`,
      );
    const serves = await serving(this.#paths, matches[0]?.id ?? "");
    const server = serves === undefined ? undefined : await readServer(this.#paths, serves);
    if (server === undefined) throw new Error(`${instance} has no server on this machine`);
    return server;
  }
}
