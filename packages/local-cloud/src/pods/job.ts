import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeDir, tail } from "../cloud/files.ts";
import { withLock } from "../cloud/lock.ts";
import type { Paths } from "../cloud/paths.ts";
import { recordOf, stopProcess } from "../cloud/process.ts";
import { podOf } from "./deployment.ts";
import { follow } from "./follow.ts";
import { roleOf } from "./images.ts";
import { blank, passwordsOf, patiently, prepare } from "./prepare.ts";
import { type PodRecord, podDir, podLock, podLog, readPod, writePod } from "./record.ts";
import { type Container, type JobSpec, type Manifest, type Pod, PodError } from "./types.ts";

const DEFAULT_BACKOFF_LIMIT = 6;

export type JobOptions = { repo: string; signal: AbortSignal; onLine: (line: string) => void };

/** Runs the Job to its end, in a process group that ends with this process's work. Throws what a failed Job would show. */
export async function runJob(
  paths: Paths,
  cluster: string,
  manifest: Manifest,
  options: JobOptions,
): Promise<PodRecord> {
  const pod = podOf(cluster, manifest);
  // The run that a killed command left behind, if any, would stand in the way of this one.
  const left = await readPod(paths, pod);
  await stopProcess(left?.process, { group: true });
  return withLock(podLock(paths, pod), () => new JobRun(paths, pod, (manifest.spec ?? {}) as JobSpec, options).run());
}

class JobRun {
  readonly #paths: Paths;
  readonly #pod: Pod;
  readonly #spec: JobSpec;
  readonly #options: JobOptions;
  readonly #deadline: number;
  #record: PodRecord;
  #secrets: string[] = [];

  constructor(paths: Paths, pod: Pod, spec: JobSpec, options: JobOptions) {
    this.#paths = paths;
    this.#pod = pod;
    this.#spec = spec;
    this.#options = options;
    this.#deadline = Date.now() + (spec.activeDeadlineSeconds ?? 24 * 3600) * 1000;
    const { cluster, namespace, kind, name } = pod;
    this.#record = { cluster, namespace, kind, name, hash: "", program: "runtime", ports: {} };
  }

  async run(): Promise<PodRecord> {
    try {
      return await this.#run();
    } finally {
      // However it ended: what it logged in with is for nobody after it.
      await rm(passwordsOf(podDir(this.#paths, this.#pod)), { force: true });
    }
  }

  async #run(): Promise<PodRecord> {
    const containers = this.#containers();
    if (containers.length === 0 || this.#spec.suspend)
      return this.#finish(this.#spec.suspend ? "suspended" : this.#notRealised());
    await rm(podLog(this.#paths, this.#pod), { force: true });
    const limit = this.#spec.backoffLimit ?? DEFAULT_BACKOFF_LIMIT;
    for (let failures = 0; ; ) {
      const failed = await this.#attempt(containers);
      if (failed === undefined) return this.#finish(undefined, 0);
      const action = failureAction(this.#spec, failed.container, failed.code);
      if (action !== "Ignore") failures++;
      if (action === "FailJob" || failures > limit) throw await this.#failure(failed.container, failed.code);
      const pause = Math.min(1000 * 2 ** Math.max(0, failures - 1), 10_000);
      this.#options.onLine(`exited with ${failed.code}; next attempt in ${pause / 1000} s`);
      await sleep(Math.min(pause, Math.max(0, this.#deadline - Date.now())), undefined, {
        signal: this.#options.signal,
      });
    }
  }

  #containers(): Container[] {
    const spec = this.#pod.template.spec;
    const init = (spec?.initContainers ?? []).filter((c) => roleOf(c) === "runtime" && c.restartPolicy !== "Always");
    const main = (spec?.containers ?? []).filter((c) => roleOf(c) === "runtime");
    return main.length === 0 ? [] : [...init, ...main];
  }

  #notRealised(): string {
    return `not realised: ${this.#pod.template.spec?.containers?.map((c) => c.image).join(", ") || "no container"}`;
  }

  async #attempt(containers: Container[]): Promise<{ container: string; code: number } | undefined> {
    for (const container of containers) {
      const code = await this.#runContainer(container);
      if (code !== 0) return { container: container.name, code };
    }
    return undefined;
  }

  async #runContainer(container: Container): Promise<number> {
    const dir = podDir(this.#paths, this.#pod);
    await makeDir(dir);
    const prepared = await patiently(() => prepare(this.#paths, this.#pod, container, dir));
    this.#secrets.push(...prepared.secrets);
    const words = [...prepared.command, ...prepared.args];
    if (prepared.command.length > 0 && words[0] !== "bulkhead")
      throw new PodError("RunContainerError", `container ${container.name}: only the command "bulkhead" can run here`);
    const cli = join(this.#options.repo, "packages", "runtime", "src", "cli.ts");
    if (!existsSync(cli))
      throw new PodError("RunContainerError", "the runtime's source is not there: set BULKHEAD_REPO");
    const env = { ...prepared.env, PATH: `${dirname(process.execPath)}:${prepared.env.PATH}` };
    const log = podLog(this.#paths, this.#pod);
    const file = await open(log, "a", 0o600);
    const from = (await file.stat()).size;
    const child = spawn(process.execPath, [cli, ...words.slice(words[0] === "bulkhead" ? 1 : 0)], {
      ...{ cwd: dir, env, detached: true },
      stdio: ["ignore", file.fd, file.fd],
    });
    await file.close();
    const exited = new Promise<number>((resolve, reject) => {
      child.once("exit", (code, signal) => resolve(code ?? (signal === "SIGKILL" ? 137 : 143)));
      child.once("error", reject);
    });
    const started = child.pid === undefined ? undefined : recordOf(child.pid);
    this.#record = { ...this.#record, process: started };
    await writePod(this.#paths, this.#record);
    const followed = follow(log, from, exited, (line) => this.#options.onLine(blank([line], this.#secrets)[0] ?? ""));
    const stop = () => void stopProcess(started, { group: true });
    this.#options.signal.addEventListener("abort", stop);
    let late = false;
    const timer = setTimeout(
      () => {
        late = true;
        stop();
      },
      Math.min(Math.max(0, this.#deadline - Date.now()), 2 ** 31 - 1),
    );
    try {
      const code = await exited;
      await followed;
      if (this.#options.signal.aborted) throw new Error(`Job ${this.#pod.namespace}/${this.#pod.name} was interrupted`);
      if (late) throw await this.#failure(container.name, code, "DeadlineExceeded");
      return code;
    } finally {
      clearTimeout(timer);
      this.#options.signal.removeEventListener("abort", stop);
    }
  }

  async #failure(container: string, code: number, reason = "BackoffLimitExceeded"): Promise<Error> {
    await this.#finish(undefined, code);
    const lines = blank(await tail(podLog(this.#paths, this.#pod), 30), this.#secrets);
    const { namespace, name } = this.#pod;
    const head = `Job ${namespace}/${name} failed (${reason}): container ${container} exited with ${code}; its log ends:`;
    return new Error([head, ...lines].join("\n"));
  }

  async #finish(idle: string | undefined, exitCode?: number): Promise<PodRecord> {
    this.#record = { ...this.#record, process: undefined, idle, exitCode };
    await writePod(this.#paths, this.#record);
    return this.#record;
  }
}

/** What the Job's pod failure policy says about an exit code; the first rule that matches decides. */
export function failureAction(spec: JobSpec, container: string, code: number): string {
  for (const { action, onExitCodes } of spec.podFailurePolicy?.rules ?? []) {
    if (onExitCodes === undefined) continue;
    if (onExitCodes.containerName !== undefined && onExitCodes.containerName !== container) continue;
    if (onExitCodes.values.includes(code) === (onExitCodes.operator === "In")) return action;
  }
  return "Count";
}
