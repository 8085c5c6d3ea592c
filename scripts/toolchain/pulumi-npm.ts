import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Held } from "./lock.ts";
import { manifest, pinned } from "./machine.ts";
import { npmInstall } from "./pnpm.ts";
import type { Step } from "./progress.ts";
import type { Staged } from "./pulumi-build.ts";

/** Enough for a hundred megabytes on a slow line; where the servers cannot be reached it fails within seconds. */
const downloadSeconds = 600;

/**
 * The second source: the npm package `pulumi`, the official installer, which downloads the CLI when it is first run. Run in a
 * Pulumi home of its own, because it takes any non-empty executable for a finished download.
 */
export async function downloadPulumi(held: Held, step: Step): Promise<Staged> {
  const version = pinned(manifest("pulumi-npm", "package.json"), "pulumi");
  const installer = join(held.staging, "npm");
  const home = join(held.staging, "home");
  const temporary = join(held.staging, "tmp");
  for (const folder of [installer, home, temporary]) mkdirSync(folder);

  step.note(`downloading ${version} with the npm package pulumi`);
  cpSync(manifest("pulumi-npm"), installer, { recursive: true });
  await held.run("npm", npmInstall, { cwd: installer });
  await held.run(process.execPath, [join(installer, "node_modules", "pulumi", "run.js"), "version"], {
    env: { PULUMI_HOME: home, PULUMI_VERSION: version, PULUMI_SKIP_UPDATE_CHECK: "true", TMPDIR: temporary },
    timeoutSeconds: downloadSeconds,
  });
  return { version, bin: join(home, "versions", version, "bin") };
}
