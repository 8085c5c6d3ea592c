import { chmodSync, copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { findGo } from "./go.ts";
import type { Held } from "./lock.ts";
import { manifest, pinned } from "./machine.ts";
import type { Step } from "./progress.ts";

/** A CLI in a folder `bin`, not in its place yet. */
export interface Staged {
  readonly version: string;
  readonly bin: string;
}

const sdk = "github.com/pulumi/pulumi/sdk/v3";
const versionVariable = `${sdk}/go/common/version.Version`;

/** The Go modules of this folder and the command that each builds; two modules, as their versions of the SDK differ. */
const commands = [
  {
    module: "pulumi-language-nodejs",
    of: sdk,
    package: `${sdk}/nodejs/cmd/pulumi-language-nodejs`,
    name: "pulumi-language-nodejs",
  },
  {
    module: "pulumi-cli",
    of: "github.com/pulumi/pulumi/pkg/v3",
    package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    name: "pulumi",
  },
] as const;

/** What a Node.js program and a policy pack need beside the CLI; scripts of the SDK's module. */
const scripts = ["pulumi-analyzer-policy", "pulumi-resource-pulumi-nodejs"];

/** The third source: a build from the Go modules pinned here, for machines that reach package registries only. */
export async function buildPulumi(held: Held, step: Step): Promise<Staged> {
  const bin = join(held.staging, "built", "bin");
  const temporary = join(held.staging, "go-tmp");
  for (const folder of [bin, temporary]) mkdirSync(folder, { recursive: true });

  step.note("looking for Go");
  const go = await findGo(held, step);
  const env = { ...go.env, GOFLAGS: go.flags, GOWORK: "off", CGO_ENABLED: "0", GOTMPDIR: temporary };
  const version = pinned(manifest("pulumi-cli", "go.mod"), "github.com/pulumi/pulumi/pkg/v3");

  for (const command of commands) {
    const cwd = manifest(command.module);
    let downloaded = 0;
    let compiled = 0;
    const onLine = (line: string) => {
      if (line.startsWith("go: ")) step.note(`downloading the Go modules of ${command.name} (${++downloaded})`);
      else step.note(`building ${command.name} (${++compiled} Go packages)`);
    };
    const stamp = `-s -w -X ${versionVariable}=v${pinned(join(cwd, "go.mod"), command.of)}`;
    const options = ["-v", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", stamp];
    step.note(`building ${command.name}`);
    await held.run(go.command, ["build", ...options, "-o", join(bin, command.name), command.package], {
      cwd,
      env,
      onLine,
    });
  }

  const folder = await held.run(go.command, ["list", "-m", "-f", "{{.Dir}}", sdk], {
    cwd: manifest("pulumi-cli"),
    env,
  });
  for (const script of scripts) {
    copyFileSync(join(folder.trim(), "nodejs", "dist", script), join(bin, script));
    chmodSync(join(bin, script), 0o755);
  }
  if (go.folder !== undefined) rmSync(go.folder, { recursive: true, force: true });
  return { version, bin };
}
