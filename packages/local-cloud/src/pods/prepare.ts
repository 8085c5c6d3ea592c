import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeDir, writePrivate } from "../cloud/files.ts";
import type { Paths } from "../cloud/paths.ts";
import { passwordFile, rewriteAddresses, rewriteVariables } from "./addresses.ts";
import { expand, resolveEnvironment } from "./environment.ts";
import { type Listener, listenersOf } from "./proxy.ts";
import { type Container, type Pod, PodError } from "./types.ts";
import { mountsOf, rewritePaths, writeVolumes } from "./volumes.ts";

/** A container turned into a process to start: only what its manifest declares reaches it. */
export type Prepared = {
  env: Record<string, string>;
  command: string[];
  args: string[];
  listeners: Listener[];
  /** Values that must not appear in what people are shown. */
  secrets: string[];
};

/** How long a pod waits for what it refers to: its Secrets and grants may be in the making beside it. */
const PATIENCE = 5_000;

export async function patiently<T>(work: () => Promise<T>, patience = PATIENCE): Promise<T> {
  const deadline = Date.now() + patience;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof PodError) || error.reason === "Invalid" || Date.now() > deadline) throw error;
      await sleep(250);
    }
  }
}

/** The file of a pod's database passwords, for as long as the pod runs. */
export function passwordsOf(dir: string): string {
  return join(dir, "pgpass");
}

export async function prepare(paths: Paths, pod: Pod, container: Container, dir: string): Promise<Prepared> {
  await makeDir(join(dir, "tmp"));
  const listeners = await listenersOf(paths, pod);
  const resolved = await resolveEnvironment(paths, pod, container);
  await writeVolumes(paths, pod, dir);
  const mounts = await mountsOf(pod, container, dir);
  const env = rewriteVariables(resolved.env, listeners);
  for (const [name, value] of Object.entries(env)) env[name] = rewritePaths(value, mounts);
  const rewrite = (text: string) => rewritePaths(rewriteAddresses(expand(text, resolved.env), listeners), mounts);
  const passwords = passwordFile(listeners);
  if (passwords !== undefined) {
    const file = passwordsOf(dir);
    await writePrivate(file, passwords);
    env.PGPASSFILE = file;
  }
  const logins = listeners.flatMap((l) => (l.login ? [l.login.password] : []));
  return {
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: dir, TMPDIR: join(dir, "tmp"), LANG: "C.UTF-8", ...env },
    command: (container.command ?? []).map(rewrite),
    args: (container.args ?? []).map(rewrite),
    listeners,
    // One or two characters would blank half of every line.
    secrets: [...resolved.secrets, ...logins].filter((value) => value.length > 3),
  };
}

export function blank(lines: readonly string[], secrets: readonly string[]): string[] {
  return lines.map((line) => secrets.reduce((text, value) => text.replaceAll(value, "***"), line));
}
