import { autoname } from "../plugin/autoname.ts";
import { type DiffResult, deepDiff } from "../plugin/diff.ts";
import { type Environment, sdkVersion } from "../plugin/environment.ts";
import type {
  CheckArgs,
  Checked,
  CreateArgs,
  DeleteArgs,
  DiffArgs,
  Provider,
  ReadArgs,
  Reporter,
  UpdateArgs,
} from "../plugin/provider.ts";
import { missingProperties, replaces } from "../plugin/rules.ts";
import { isMissing, markCredentials, type Props, reveal, revealProps, text, UNKNOWN } from "../plugin/values.ts";
import { Estate } from "./estate.ts";
import { factsOf } from "./facts.ts";
import { invoke } from "./invoke.ts";
import type { Shape } from "./outputs/context.ts";
import { shape } from "./outputs/index.ts";
import type { Realiser } from "./realise.ts";
import { crossFieldFailures, refuseDelete, refuseUpdate } from "./rules.ts";

export async function createGcpProvider(env: Environment, reporter: Reporter): Promise<Provider> {
  // Only realise mode needs the PostgreSQL client and the process handling: a rehearsal starts without loading them.
  const realiser =
    env.mode === "realise" ? (await import("./realise.ts")).createRealiser(env.dir ?? "", reporter) : undefined;
  return new GcpProvider(sdkVersion("gcp"), realiser);
}

class GcpProvider implements Provider {
  readonly name = "gcp";
  readonly version: string;
  readonly #realiser: Realiser | undefined;
  readonly #estate = new Estate();
  #project = "local";
  #region = "";

  constructor(version: string, realiser: Realiser | undefined) {
    this.version = version;
    this.#realiser = realiser;
  }

  async configure(config: Props): Promise<void> {
    this.#project = text(reveal(config.project ?? null)) ?? this.#project;
    this.#region = text(reveal(config.region ?? null)) ?? this.#region;
  }

  async check({ urn, type, name, olds, news, autonaming, seed }: CheckArgs): Promise<Checked> {
    const facts = factsOf(type);
    const inputs = { ...news };
    if (facts.autoname && isMissing(inputs[facts.autoname])) {
      const short = facts.autoname === "accountId" ? 30 : 63;
      const made = olds?.[facts.autoname] ?? autoname(name, autonaming, seed, short);
      if (made !== undefined) inputs[facts.autoname] = made;
    }
    const bare = revealProps(inputs);
    const failures = [
      ...missingProperties(bare, facts.required),
      ...crossFieldFailures(type, bare),
      ...this.#estate.check(urn, type, bare, this.#project, olds === undefined),
    ];
    return { inputs, failures };
  }

  async diff({ urn, type, name, id, oldInputs, news }: DiffArgs): Promise<DiffResult> {
    const facts = factsOf(type);
    const changes = deepDiff(oldInputs, news).map((change) => ({
      path: change.path,
      kind: change.kind,
      replace: replaces(change, facts.replaces),
    }));
    // Two things of one name cannot be there at once, so the old one has to go first.
    const sameId = changes.some((c) => c.replace) && this.#shape(urn, type, name, news).id === id;
    return { changes, deleteBeforeReplace: sameId };
  }

  async create({ urn, type, name, inputs, preview }: CreateArgs): Promise<{ id: string; outputs: Props }> {
    const { id, computed } = this.#shape(urn, type, name, inputs);
    // As the real plugin has it: what the API answers is not known before it was asked.
    if (preview) return { id: "", outputs: { ...this.#outputs(type, inputs, unknown(computed, inputs)) } };
    const outputs = this.#outputs(type, inputs, computed);
    await this.#realiser?.create({ urn, type, id, inputs, outputs });
    return { id, outputs };
  }

  async update({ urn, type, name, id, oldInputs, oldOutputs, news, preview }: UpdateArgs): Promise<Props> {
    refuseUpdate(type, revealProps(oldInputs), revealProps(news));
    const outputs = { ...oldOutputs, ...this.#outputs(type, news, this.#shape(urn, type, name, news).computed) };
    for (const key of Object.keys(oldInputs)) if (isMissing(news[key])) delete outputs[key];
    if (!preview) await this.#realiser?.update({ urn, type, id, inputs: news, outputs, oldInputs });
    return outputs;
  }

  async delete({ urn, type, id, inputs, outputs }: DeleteArgs): Promise<void> {
    refuseDelete(type, revealProps(inputs));
    await this.#realiser?.delete({ urn, type, id, inputs, outputs });
    this.#estate.gone(urn);
  }

  async read({
    urn,
    type,
    name,
    id,
    inputs,
    outputs,
  }: ReadArgs): Promise<{ id: string; inputs: Props; outputs: Props }> {
    if (Object.keys(outputs).length > 0) return { id, inputs, outputs };
    // A look-up by identifier (`Network.get`) of something that another program made.
    return {
      id,
      inputs,
      outputs: { ...this.#shape(urn, type, name, { name: id }).computed, name: id.split("/").at(-1) ?? id },
    };
  }

  async invoke(token: string, args: Props): Promise<Props> {
    return invoke(token, args, { project: this.#project, region: this.#region });
  }

  async cancel(): Promise<void> {
    await this.#realiser?.cancel();
  }

  #shape(urn: string, type: string, name: string, inputs: Props): Shape {
    const bare = revealProps(inputs);
    return shape({ inputs: bare, project: text(bare.project) ?? this.#project, region: this.#region, type, name, urn });
  }

  #outputs(type: string, inputs: Props, computed: Props): Props {
    const outputs = markCredentials({ project: this.#project, ...inputs, ...computed });
    // Write-only arguments never come back: that they are not in state is the point of them.
    for (const path of factsOf(type).writeOnly ?? []) if (!path.includes(".")) delete outputs[path];
    return outputs;
  }
}

/** Everything the API adds, as not yet known; an input that it merely repeats stays known. */
function unknown(computed: Props, inputs: Props): Props {
  return Object.fromEntries(Object.keys(computed).map((key) => [key, inputs[key] ?? UNKNOWN]));
}
