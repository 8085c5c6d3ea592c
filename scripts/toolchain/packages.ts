import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf, ToolchainError } from "./errors.ts";
import { type Held, withLock } from "./lock.ts";
import type { Machine } from "./machine.ts";
import { findPnpm, pnpmVersion } from "./pnpm.ts";
import type { Step } from "./progress.ts";

const stampOf = (machine: Machine) => join(machine.root, "node_modules", ".bulkhead-installed");

/** Whether node_modules is what the lockfile and every package.json say. */
export function packagesInstalled(machine: Machine): boolean {
  try {
    return readFileSync(stampOf(machine), "utf8") === fingerprint(machine);
  } catch {
    return false;
  }
}

export function installPackages(machine: Machine, step: Step): Promise<void> {
  return withLock(join(machine.root, ".bulkhead", "toolchain"), "installing the packages", async (held) => {
    if (packagesInstalled(machine)) return;
    // No stamp while the folder is half-way: a run that is killed here is done again.
    rmSync(stampOf(machine), { force: true });
    step.note("from pnpm's store");
    try {
      await pnpmInstall(machine, held, "--offline");
    } catch {
      step.note("fetching");
      await pnpmInstall(machine, held, "--config.fetch-retries=2", "--config.fetch-retry-maxtimeout=5000").catch(
        (error) => {
          throw new ToolchainError(
            `the packages of pnpm-lock.yaml could not be installed; pnpm says why.\n${messageOf(error)}\n` +
              "Where the lockfile is out of date, run pnpm install; else let pnpm reach its registry and run this again.",
          );
        },
      );
    }
    writeFileSync(stampOf(machine), fingerprint(machine));
  });
}

function pnpmInstall(machine: Machine, held: Held, ...how: string[]): Promise<string> {
  return held.run(
    join(findPnpm(machine)!, "pnpm"),
    ["install", "--frozen-lockfile", "--reporter=append-only", ...how],
    {
      cwd: machine.root,
      // CI: never asks. NODE_ENV: development tools are wanted whatever the caller is up to.
      env: { CI: "true", NODE_ENV: undefined },
    },
  );
}

function fingerprint(machine: Machine): string {
  const workspace = readFileSync(join(machine.root, "pnpm-workspace.yaml"), "utf8");
  const members = membersIn(workspace).flatMap((glob) => globSync(`${glob}/package.json`, { cwd: machine.root }));
  const hash = createHash("sha256").update(`${process.platform} ${process.arch} pnpm ${pnpmVersion}\n${workspace}`);
  for (const file of ["pnpm-lock.yaml", "package.json", ...members.sort()]) {
    const text = readFileSync(join(machine.root, file));
    hash.update(`${file} ${text.length}\n`).update(text);
    // A member whose own links were deleted needs another install.
    const links = join(machine.root, file, "..", "node_modules");
    if (text.includes('ependencies"')) hash.update(String(existsSync(links)));
  }
  return hash.digest("hex");
}

/** The globs under `packages:`, the one thing needed of the file before a YAML parser is installed. */
function membersIn(workspace: string): string[] {
  const block = /^packages:\n((?:[ \t]+-.*\n|\s*#.*\n)+)/m.exec(workspace)?.[1] ?? "";
  return [...block.matchAll(/^[ \t]+-\s*["']?([^"'#\s]+)/gm)].map((match) => match[1]!);
}
