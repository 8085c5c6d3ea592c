/** A drill: a copy of an environment's stack files, applied with providers that only record, in which a promotion is carried out for real. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { SiteOutputs } from "@bulkhead/components";
import { LAYERS, readEnvironment } from "@bulkhead/config";
import { mendInterrupted } from "../lib/engine-lock.ts";
import { type Platform, platformAt, prepareHome, writePrivate } from "../lib/platform.ts";
import { during, Progress } from "../lib/progress.ts";
import { pulumi, stateFile } from "../lib/pulumi.ts";
import { holdLock } from "../lib/root-lock.ts";
import { copyStacks } from "../rehearsal/edit.ts";
import type { StateResource } from "../rehearsal/rehearsal.ts";
import type { AlloyDb, ClusterState, Lag } from "./alloydb.ts";
import { Layers } from "./layers.ts";

/**
 * Lays out the copy, and brings it up as the environment stands.
 * @param keep - folder in which the drill stays, so that another run goes on in it; a throw-away one if not given
 */
export async function rehearse(root: string, environment: string, keep: string | undefined): Promise<Platform> {
  const folder = keep === undefined ? mkdtempSync(join(tmpdir(), "bulkhead-recovery-")) : resolve(keep);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (keep === undefined) process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  if (!existsSync(join(folder, "stacks"))) renameSync(join(copyStacks(root, folder), "stacks"), join(folder, "stacks"));
  const platform = platformAt(folder, join(folder, "home"), environment, "record");
  readEnvironment(platform.stacks, environment);
  prepareHome(platform);
  // Held here already: a run that was killed leaves the engine's locks, and only one run may clear them away.
  holdLock(lockFile(platform), LOCK_HOLDER);
  mendInterrupted(platform);
  const missing = LAYERS.filter((layer) => !existsSync(stateFile(platform, layer)));
  if (missing.length > 0) {
    const progress = new Progress(missing.length);
    for (const layer of missing) {
      const step = progress.step(`the drill: stacks/${layer} as it stands`);
      await during(step, async () => step.done(await new Layers(platform).applyUnseen(layer, step)));
    }
  }
  return platform;
}

export const LOCK_HOLDER = "npm run promote or switchover";

export function lockFile(platform: Platform): string {
  return join(platform.home, "recovery.lock");
}

/** The AlloyDB of a drill is what the state says; it has no lag, and a switchover is an edit of the state. */
export class RecordedAlloyDb implements AlloyDb {
  readonly #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  async look({ cluster }: SiteOutputs): Promise<ClusterState> {
    const { deployment } = await this.#export();
    const found = deployment.resources.find(({ id }) => id === cluster);
    return {
      state: found ? "READY" : "missing",
      type: found?.inputs?.clusterType === "SECONDARY" ? "SECONDARY" : "PRIMARY",
      instances: deployment.resources
        .filter(({ inputs }) => inputs?.cluster === cluster && inputs?.activationPolicy === "NEVER")
        .map(({ id = "" }) => ({ name: id.split("/").at(-1) ?? id, state: "STOPPED" })),
    };
  }

  async lag(): Promise<Lag> {
    return { seconds: 0, at: Date.now() };
  }

  /** What the state would say after the real switchover and a refresh. */
  async switchover(to: SiteOutputs, from: SiteOutputs): Promise<void> {
    const state = await this.#export();
    const edit = (cluster: string, change: (properties: Record<string, unknown>) => void) => {
      for (const resource of state.deployment.resources) {
        if (resource.id !== cluster) continue;
        for (const properties of [resource.inputs, resource.outputs]) if (properties) change(properties as never);
      }
    };
    edit(to.cluster, (properties) => {
      properties.clusterType = "PRIMARY";
      delete properties.secondaryConfig;
    });
    edit(from.cluster, (properties) => {
      properties.clusterType = "SECONDARY";
      properties.secondaryConfig = { primaryClusterName: to.cluster };
    });
    const file = join(this.#platform.home, "switched.json");
    writePrivate(file, JSON.stringify(state));
    await pulumi(this.#platform, "2-database", ["stack", "import", "--file", file, ...this.#stack]);
    rmSync(file);
  }

  get #stack(): string[] {
    return ["--stack", this.#platform.environment];
  }

  async #export(): Promise<{ deployment: { resources: StateResource[] } }> {
    return JSON.parse(await pulumi(this.#platform, "2-database", ["stack", "export", ...this.#stack]));
  }
}
