/** A drill: a copy of an environment's stack files, applied with providers that only record, in which a promotion is carried out for real. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { SiteOutputs } from "@bulkhead/components";
import { LAYERS, readEnvironment } from "@bulkhead/config";
import { mendInterrupted } from "../lib/engine-lock.ts";
import { type Platform, platformAt, prepareHome, writePrivate } from "../lib/platform.ts";
import { during, Progress } from "../lib/progress.ts";
import { pulumi } from "../lib/pulumi.ts";
import { holdLock } from "../lib/root-lock.ts";
import { copyStacks } from "../rehearsal/edit.ts";
import type { StateResource } from "../rehearsal/rehearsal.ts";
import type { AlloyDb, ClusterState, Lag } from "./alloydb.ts";
import { INSTANCE, Layers } from "./layers.ts";

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
  // Not told by the state: a run that was cut short may have left any of it.
  const stands = join(folder, "stands");
  if (!existsSync(stands)) {
    const progress = new Progress(LAYERS.length);
    for (const layer of LAYERS) {
      const step = progress.step(`the drill: stacks/${layer} as it stands`);
      await during(step, async () => step.done(await new Layers(platform).applyUnseen(layer, step)));
    }
    writePrivate(stands, "");
  }
  return platform;
}

export const LOCK_HOLDER = "npm run promote or switchover";

export function lockFile(platform: Platform): string {
  return join(platform.home, "recovery.lock");
}

/** The AlloyDB of a drill is what the state says; it has no lag, and what gcloud would do to it is an edit of the state. */
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
        .filter(({ inputs, type }) => type === INSTANCE && inputs?.cluster === cluster)
        .map(({ id = "", inputs }) => ({
          name: id.split("/").at(-1) ?? id,
          state: inputs?.activationPolicy === "NEVER" ? "STOPPED" : "READY",
          pool: inputs?.instanceType === "READ_POOL",
        })),
    };
  }

  async lag(): Promise<Lag> {
    return { seconds: 0, at: Date.now() };
  }

  async stop({ cluster }: SiteOutputs, instance: string): Promise<void> {
    await this.#edit({
      [`${cluster}/instances/${instance}`]: (properties) => {
        properties.activationPolicy = "NEVER";
      },
    });
  }

  async switchover(to: SiteOutputs, from: SiteOutputs): Promise<void> {
    await this.#edit({
      [to.cluster]: (properties) => {
        properties.clusterType = "PRIMARY";
        delete properties.secondaryConfig;
      },
      [from.cluster]: (properties) => {
        properties.clusterType = "SECONDARY";
        properties.secondaryConfig = { primaryClusterName: to.cluster };
      },
    });
  }

  /** What the state would say after the real thing and a refresh. */
  async #edit(changes: Readonly<Record<string, (properties: Record<string, unknown>) => void>>): Promise<void> {
    const state = await this.#export();
    for (const { id = "", inputs, outputs } of state.deployment.resources)
      for (const properties of [inputs, outputs]) if (properties) changes[id]?.(properties as Record<string, unknown>);
    const file = join(this.#platform.home, "edited.json");
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
