/** A rehearsal: an environment applied by the real engine to providers that only record, its state thrown away at the end. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LAYERS, type Layer, readEnvironment } from "@bulkhead/config";
import { UserError } from "../lib/cli.ts";
import type { EngineEvent } from "../lib/events.ts";
import { type Platform, platformAt, prepareHome } from "../lib/platform.ts";
import { applyLayer, LayerFailure, type LayerResult, prepareProject, pulumi } from "../lib/pulumi.ts";

/** A resource as the state holds it. */
export interface StateResource {
  readonly urn: string;
  /** Type token, such as `gcp:alloydb/cluster:Cluster`. */
  readonly type: string;
  readonly custom: boolean;
  readonly id?: string;
  readonly parent?: string;
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly dependencies?: readonly string[];
  readonly provider?: string;
}

/** What `pulumi stack export` prints. */
export interface ExportedState {
  readonly version: number;
  readonly deployment: { readonly resources?: readonly StateResource[] };
}

export class Rehearsal {
  readonly platform: Platform;

  private constructor(platform: Platform) {
    this.platform = platform;
  }

  /**
   * @param root - folder that holds `stacks/`
   * @throws ConfigError where the environment's stack files hold mistakes
   */
  static open(root: string, environment: string): Rehearsal {
    const home = mkdtempSync(join(tmpdir(), "bulkhead-rehearsal-"));
    const platform = platformAt(root, home, environment, "record");
    try {
      readEnvironment(platform.stacks, environment);
      prepareHome(platform);
    } catch (error) {
      rmSync(home, { recursive: true, force: true });
      throw error;
    }
    return new Rehearsal(platform);
  }

  /** The same state, under the stack files and programs of another folder. */
  under(root: string): Rehearsal {
    const { environment, home } = this.platform;
    const platform = platformAt(root, home, environment, "record");
    readEnvironment(platform.stacks, environment);
    return new Rehearsal(platform);
  }

  /** @throws UserError with what the engine, a policy or a provider said */
  async apply(layer: Layer, onEvent: (event: EngineEvent) => void = () => {}): Promise<LayerResult> {
    try {
      return await applyLayer(this.platform, layer, onEvent);
    } catch (error) {
      if (!(error instanceof LayerFailure)) throw error;
      throw new UserError(
        `\nstacks/${layer} of ${this.platform.environment} would fail:\n${error.message.replace(/^/gm, "  ")}`,
      );
    }
  }

  async applyAll(): Promise<void> {
    for (const layer of LAYERS) await this.apply(layer);
  }

  /** The layer's state; its secrets stay encrypted unless asked for. */
  async export(layer: Layer, { secrets = false } = {}): Promise<ExportedState> {
    const { environment, home } = this.platform;
    const file = join(home, `export-${layer}.json`);
    const more = secrets ? ["--show-secrets"] : [];
    await pulumi(this.platform, layer, ["stack", "export", "--file", file, "--stack", environment, ...more]);
    return JSON.parse(readFileSync(file, "utf8")) as ExportedState;
  }

  /** Puts a state in the layer's place. */
  async import(layer: Layer, state: ExportedState): Promise<void> {
    const { environment, home } = this.platform;
    const file = join(home, `import-${layer}.json`);
    writeFileSync(file, JSON.stringify(state), { mode: 0o600 });
    prepareProject(this.platform, layer);
    await pulumi(this.platform, layer, ["stack", "init", environment, "--no-select"]);
    await pulumi(this.platform, layer, ["stack", "import", "--file", file, "--stack", environment]);
  }

  /** The resources of a layer, the stack itself and its providers left out. */
  async resources(layer: Layer): Promise<StateResource[]> {
    const { deployment } = await this.export(layer);
    return (deployment.resources ?? []).filter(({ type }) => !type.startsWith("pulumi:"));
  }

  close(): void {
    rmSync(this.platform.home, { recursive: true, force: true });
  }
}
