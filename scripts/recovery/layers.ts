/** The layers of an environment as a promotion or switchover handles them: previewed before they are applied, never at the cost of data. */
import type { DatabaseOutputs, FoundationOutputs } from "@bulkhead/components";
import type { Layer } from "@bulkhead/config";
import { UserError } from "../lib/cli.ts";
import type { Platform } from "../lib/platform.ts";
import { describeResources, type Step, showEvents } from "../lib/progress.ts";
import { applyLayer, LayerFailure, previewLayer, pulumi, type RunOptions, readOutputs } from "../lib/pulumi.ts";
import { type Change, Changes, dataAtRisk } from "../rehearsal/changes.ts";
import { describe } from "../rehearsal/compare.ts";
import type { ExportedState, StateResource } from "../rehearsal/rehearsal.ts";
import { Refusal } from "./plan.ts";

export const INSTANCE = "gcp:alloydb/instance:Instance";
const CLUSTER = "gcp:alloydb/cluster:Cluster";

export class Layers {
  readonly #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** What an update would do. @throws UserError where the engine, a policy or a provider is against it */
  async preview(layer: Layer, options: RunOptions = {}): Promise<readonly Change[]> {
    const changes = new Changes();
    await this.#engine(layer, "would fail", () => previewLayer(this.#platform, layer, changes.onEvent, options));
    return changes.all;
  }

  /** Applies a layer after a look at what that would do. @throws UserError where data would be lost */
  async apply(layer: Layer, step: Step, options: RunOptions = {}): Promise<string> {
    const changes = await this.preview(layer, options);
    refuseRisks(layer, changes, (words) => new UserError(words));
    return this.applyUnseen(layer, step, options);
  }

  /** Applies what was previewed. */
  async applyUnseen(layer: Layer, step: Step, options: RunOptions = {}): Promise<string> {
    const result = await this.#engine(layer, "failed", () =>
      applyLayer(this.#platform, layer, showEvents(step), options),
    );
    return describeResources(result.changes);
  }

  /** Brings the state of some resources to what is really there. */
  async refresh(layer: Layer, targets: readonly string[]): Promise<void> {
    const chosen = targets.flatMap((urn) => ["--target", urn]);
    await this.#engine(layer, "could not be refreshed", () =>
      pulumi(this.#platform, layer, ["refresh", "--yes", "--skip-preview", ...this.#stack, ...chosen]),
    );
  }

  async database(): Promise<DatabaseOutputs> {
    return this.#outputs("2-database");
  }

  async foundation(): Promise<FoundationOutputs> {
    return this.#outputs("1-foundation");
  }

  /** Resources as the state has them. */
  async resources(layer: Layer): Promise<readonly StateResource[]> {
    const printed = await this.#engine(layer, "could not be read", () =>
      pulumi(this.#platform, layer, ["stack", "export", "--show-secrets", ...this.#stack]),
    );
    return (JSON.parse(printed) as ExportedState).deployment.resources ?? [];
  }

  get #stack(): string[] {
    return ["--stack", this.#platform.environment];
  }

  async #outputs<T>(layer: Layer): Promise<T> {
    try {
      return await readOutputs<T>(this.#platform, layer);
    } catch (error) {
      if (!(error instanceof LayerFailure)) throw error;
      throw new Refusal(
        `the outputs of stacks/${layer} of ${this.#platform.environment} cannot be read: ${lastLine(error.message)}`,
        "log in to the backend that holds the state (docs/runbooks/first-deployment.md), or apply the layer first",
      );
    }
  }

  async #engine<T>(layer: Layer, what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof LayerFailure)) throw error;
      if (/stack is currently locked|another update is (?:currently )?in progress/i.test(error.message))
        throw new UserError(
          `stacks/${layer} is being updated by somebody else; wait for that to end, and run this again.\n` +
            `Where that run was killed: cd stacks/${layer} && pulumi cancel --stack ${this.#platform.environment}\n` +
            error.message.replace(/^/gm, "  "),
        );
      throw new UserError(`\nstacks/${layer} ${what}:\n${error.message.replace(/^/gm, "  ")}`);
    }
  }
}

/** Refuses changes by which data would be lost. */
export function refuseRisks(layer: Layer, changes: readonly Change[], refusal: (words: string) => Error): void {
  const risks = dataAtRisk(changes);
  if (risks.length > 0) throw refusal(describe([{ layer, changes: risks }]).trim());
}

/** URNs of a cluster's instances, read pools among them. */
export function instancesOf(resources: readonly StateResource[], cluster: string): string[] {
  return resources.filter(({ type, inputs }) => type === INSTANCE && inputs?.cluster === cluster).map(({ urn }) => urn);
}

/** URNs of clusters with their instances. */
export function clustersAndInstances(resources: readonly StateResource[], clusters: readonly string[]): string[] {
  return resources
    .filter(({ type, id, inputs }) =>
      type === CLUSTER ? clusters.includes(id ?? "") : type === INSTANCE && clusters.includes(String(inputs?.cluster)),
    )
    .map(({ urn }) => urn);
}

/** URNs of everything that is kept in a GKE cluster: what its provider made, and the provider. */
export function inCluster(resources: readonly StateResource[], kubeconfig: string): string[] {
  const providers = resources.filter(
    ({ type, inputs }) => type === "pulumi:providers:kubernetes" && plain(inputs?.kubeconfig) === kubeconfig,
  );
  return resources
    .filter(({ urn, provider }) =>
      providers.some((each) => each.urn === urn || provider?.startsWith(`${each.urn}::`) === true),
    )
    .map(({ urn }) => urn);
}

/** A value of an exported state whose secrets are shown. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("plaintext" in value)) return value;
  return JSON.parse(String(value.plaintext));
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
