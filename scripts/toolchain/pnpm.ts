import { cpSync, existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "./lock.ts";
import { isExecutable, type Machine, manifest, pinned } from "./machine.ts";
import type { Step } from "./progress.ts";

export const pnpmVersion = pinned(manifest("pnpm", "package.json"), "pnpm");

/** Settings of every npm call: no scripts of packages, and no minutes of retries where there is no network. */
export const npmInstall = [
  "install",
  "--no-save",
  "--ignore-scripts",
  "--include=optional",
  "--no-audit",
  "--no-fund",
  "--prefer-offline",
  "--fetch-retries=1",
  "--fetch-retry-mintimeout=1000",
] as const;

const folderOf = (machine: Machine) => join(machine.cache, "pnpm", pnpmVersion);

/** The folder to put on PATH, when pnpm is there. */
export function findPnpm(machine: Machine): string | undefined {
  const bin = join(folderOf(machine), "node_modules", ".bin");
  return isExecutable(join(bin, "pnpm")) ? bin : undefined;
}

/** Always the pinned version: another one would rewrite the lockfile in its own manner. */
export function fetchPnpm(machine: Machine, step: Step): Promise<void> {
  const folder = folderOf(machine);
  return withLock(join(machine.cache, "pnpm", ".lock"), "fetching pnpm", async ({ staging, run }) => {
    if (findPnpm(machine) !== undefined) return;
    step.note("fetching with npm");
    cpSync(manifest("pnpm"), staging, { recursive: true });
    await run("npm", npmInstall, { cwd: staging });
    // pnpm's own script, which puts the native binary in the place of a shim that complains.
    await run(process.execPath, [join("node_modules", "pnpm", "install.js")], { cwd: staging });
    await run(join(staging, "node_modules", ".bin", "pnpm"), ["--version"], { cwd: staging });
    if (existsSync(folder)) rmSync(folder, { recursive: true });
    renameSync(staging, folder);
  });
}
