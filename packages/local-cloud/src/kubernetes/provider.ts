import { autoname } from "../plugin/autoname.ts";
import type { DiffResult } from "../plugin/diff.ts";
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
import {
  at,
  isMissing,
  isObject,
  isSecret,
  isUnknown,
  type Props,
  reveal,
  revealProps,
  secret,
  text,
  UNKNOWN,
} from "../plugin/values.ts";
import { clusterOf } from "./kubeconfig.ts";
import { objectOutputs } from "./outputs.ts";
import type { ObjectRealiser } from "./realise.ts";
import { checkObject, diffObject, isNamespaced, type Mutable } from "./rules.ts";

export async function createKubernetesProvider(env: Environment, reporter: Reporter): Promise<Provider> {
  const realiser =
    env.mode === "realise"
      ? (await import("./realise.ts")).createObjectRealiser(env.dir ?? "", env.repo, reporter)
      : undefined;
  return new KubernetesProvider(sdkVersion("kubernetes"), realiser);
}

class KubernetesProvider implements Provider {
  readonly name = "kubernetes";
  readonly version: string;
  readonly #realiser: ObjectRealiser | undefined;
  #cluster = "default";
  #namespace = "default";
  #mutable: Mutable = { ConfigMap: false, Secret: false };

  constructor(version: string, realiser: ObjectRealiser | undefined) {
    this.version = version;
    this.#realiser = realiser;
  }

  async configure(config: Props): Promise<void> {
    const of = (key: string) => text(reveal(config[key] ?? null));
    const isOn = (key: string) => String(reveal(config[key] ?? false)) === "true";
    this.#cluster = await clusterOf(of("kubeconfig"), of("context"));
    this.#namespace = of("namespace") ?? "default";
    this.#mutable = { ConfigMap: isOn("enableConfigMapMutable"), Secret: isOn("enableSecretMutable") };
  }

  async check({ type, name, olds, news, autonaming, seed }: CheckArgs): Promise<Checked> {
    if (/^kubernetes:(yaml|kustomize|helm\.sh)/.test(type))
      throw new Error(`${type} has no stand-in: write its objects as resources`);
    const inputs = { ...news };
    const isWrapped = isSecret(news.metadata);
    const given = isSecret(news.metadata) ? news.metadata.value : news.metadata;
    if (!isUnknown(given) && (isMissing(given) || isObject(given))) {
      const metadata = { ...(given ?? {}) };
      if (isMissing(metadata.name)) {
        const prefix = text(metadata.generateName);
        const made = at(olds ?? {}, "metadata.name") ?? autoname(prefix?.replace(/-$/, "") ?? name, autonaming, seed);
        if (made !== undefined) metadata.name = made;
      }
      if (isMissing(metadata.namespace) && isNamespaced(text(news.kind) ?? "")) metadata.namespace = this.#namespace;
      inputs.metadata = isWrapped ? secret(metadata) : metadata;
    }
    return { inputs, failures: checkObject(revealProps(inputs)) };
  }

  async diff({ oldInputs, news }: DiffArgs): Promise<DiffResult> {
    return diffObject(revealProps(oldInputs), revealProps(news), this.#mutable);
  }

  async create({ urn, inputs, preview }: CreateArgs): Promise<{ id: string; outputs: Props }> {
    const outputs = objectOutputs(urn, inputs);
    if (preview) return { id: "", outputs: { ...outputs, status: UNKNOWN } };
    await this.#realiser?.create(this.#cluster, urn, revealProps(inputs));
    return { id: identify(inputs), outputs };
  }

  async update({ urn, oldInputs, news, preview }: UpdateArgs): Promise<Props> {
    if (!preview) await this.#realiser?.update(this.#cluster, urn, revealProps(news), revealProps(oldInputs));
    return objectOutputs(urn, news);
  }

  async delete({ inputs }: DeleteArgs): Promise<void> {
    await this.#realiser?.delete(this.#cluster, revealProps(inputs));
  }

  async read({ id, inputs, outputs }: ReadArgs): Promise<{ id: string; inputs: Props; outputs: Props }> {
    if (Object.keys(outputs).length > 0) return { id, inputs, outputs };
    const [namespace, name] = id.includes("/") ? id.split("/") : [undefined, id];
    return { id, inputs, outputs: { metadata: { name: name ?? id, ...(namespace ? { namespace } : {}) } } };
  }

  async invoke(token: string): Promise<Props> {
    throw new Error(`${token} has no stand-in: there is no API server behind a rehearsal or a local platform`);
  }

  async cancel(): Promise<void> {
    await this.#realiser?.cancel();
  }
}

function identify(inputs: Props): string {
  const bare = revealProps(inputs);
  const name = text(at(bare, "metadata.name")) ?? "";
  const namespace = text(at(bare, "metadata.namespace"));
  return namespace === undefined ? name : `${namespace}/${name}`;
}
