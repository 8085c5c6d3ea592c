import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, realpathSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf, ToolchainError } from "./errors.ts";
import { type Held, withLock } from "./lock.ts";
import { compareVersions, isExecutable, type Machine, onPath } from "./machine.ts";
import type { Step } from "./progress.ts";
import { buildPulumi } from "./pulumi-build.ts";
import { downloadPulumi } from "./pulumi-npm.ts";

/** The oldest CLI that the programs were tried with; a new major version is another matter. */
export const oldestPulumi = "3.220.0";

const languageHost = "pulumi-language-nodejs";
const versionsIn = (machine: Machine) => join(machine.pulumiHome, "versions");

export type Found = { readonly bin: string | undefined } | { readonly missing: string };

/** A CLI that is there already. `bin` is the folder to put on PATH, undefined when it is there. */
export function findPulumi(machine: Machine): Found {
  const installed = pulumiOnPath();
  if (!("missing" in installed)) return installed;
  const newest = cachedVersions(machine)[0];
  return newest === undefined ? installed : { bin: join(versionsIn(machine), newest, "bin") };
}

/** The first source: whatever `pulumi` a shell would run, when it is new enough and can run Node.js programs. */
function pulumiOnPath(): Found {
  const path = onPath("pulumi");
  if (path === undefined) return { missing: "there is none" };
  const host = onPath(languageHost) ?? join(dirname(realpathSync(path)), languageHost);
  if (!isExecutable(host)) return { missing: `${path} has no ${languageHost} beside it or on PATH` };
  let version: string;
  try {
    const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
    version = execFileSync(path, ["version"], { encoding: "utf8", timeout: 10_000, stdio: "pipe", env }).trim();
  } catch (error) {
    return { missing: `${path} does not tell its version: ${messageOf(error).split("\n")[0]}` };
  }
  if (isUsable(version)) return { bin: undefined };
  return { missing: `${path} is ${version}, and ${oldestPulumi} or a later 3.x is needed` };
}

/** What the official installer, Pulumi's own tools or an earlier build left in the cache, newest first. */
function cachedVersions(machine: Machine): string[] {
  const folder = versionsIn(machine);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter(isUsable)
    .filter((version) => ["pulumi", languageHost].every((name) => isExecutable(join(folder, version, "bin", name))))
    .sort((a, b) => compareVersions(b, a));
}

function isUsable(version: string): boolean {
  return /^v?3\.\d+\.\d+/.test(version) && compareVersions(version, oldestPulumi) >= 0;
}

/** Fills the cache: the second source, else the third. The error tells of all three. */
export function installPulumi(machine: Machine, step: Step): Promise<void> {
  const folder = join(versionsIn(machine), ".bulkhead");
  return withLock(folder, "setting up the Pulumi CLI", async (held) => {
    const found = findPulumi(machine);
    if (!("missing" in found)) return;
    const failures = [["`pulumi` on PATH", found.missing]];
    for (const [name, source] of sources) {
      try {
        const { version, bin } = await source(held, step);
        await settle(machine, held, version, bin);
        return;
      } catch (error) {
        failures.push([name, messageOf(error)]);
      }
    }
    throw new ToolchainError(
      [
        `no Pulumi CLI ${oldestPulumi} or later. All three sources failed:`,
        ...failures.map(([name, reason], i) => `  ${i + 1}. ${name}: ${reason!.replaceAll("\n", "\n       ")}`),
        "Any one of these mends it; then run the same command again:",
        "  - install the Pulumi CLI by its own instructions and put it on PATH",
        "  - let this machine reach Pulumi's download servers",
        "  - install Go 1.21 or later, or Python 3 with pip, and let Go reach a module proxy",
      ].join("\n"),
    );
  });
}

const sources = [
  ["the npm package pulumi", downloadPulumi],
  ["a build from source", buildPulumi],
] as const;

/** Puts a staged CLI in its place in one rename, so that a cache is either filled or not there. */
async function settle(machine: Machine, held: Held, version: string, bin: string): Promise<void> {
  const said = (await held.run(join(bin, "pulumi"), ["version"], { env: { PULUMI_SKIP_UPDATE_CHECK: "true" } })).trim();
  if (said !== `v${version}`) throw new ToolchainError(`the result calls itself ${said}, not v${version}`);
  if (!isExecutable(join(bin, languageHost))) throw new ToolchainError(`the result has no ${languageHost}`);
  const place = join(versionsIn(machine), version);
  if (existsSync(place)) renameSync(place, join(held.staging, "half-filled"));
  mkdirSync(dirname(place), { recursive: true });
  renameSync(dirname(bin), place);
}
