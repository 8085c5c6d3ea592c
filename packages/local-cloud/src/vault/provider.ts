import { createHash } from "node:crypto";
import { autoname } from "../plugin/autoname.ts";
import { type DiffResult, deepDiff } from "../plugin/diff.ts";
import { sdkVersion } from "../plugin/environment.ts";
import type { CheckArgs, Checked, CreateArgs, DiffArgs, Provider, ReadArgs, UpdateArgs } from "../plugin/provider.ts";
import { type FactsTable, missingProperties, type ResourceFacts, replaces } from "../plugin/rules.ts";
import { isMissing, type Props, revealProps, text, UNKNOWN } from "../plugin/values.ts";
import table from "./facts.json" with { type: "json" };

/** Beyond the generated table: an entry here replaces the generated one. */
const added: FactsTable = {};
const facts: FactsTable = { ...table, ...added };
const fallback: ResourceFacts = { required: [], replaces: ["namespace", "path", "backend"] };

/** Vault has no local counterpart: its resources are checked, diffed and recorded in both modes. */
export function createVaultProvider(): Provider {
  return new VaultProvider(sdkVersion("vault"));
}

class VaultProvider implements Provider {
  readonly name = "vault";
  readonly version: string;

  constructor(version: string) {
    this.version = version;
  }

  async configure(): Promise<void> {}

  async check({ type, name, olds, news, autonaming, seed }: CheckArgs): Promise<Checked> {
    const { required } = facts[type] ?? fallback;
    const inputs = { ...news };
    if (required.includes("name") && isMissing(inputs.name)) {
      const made = olds?.name ?? autoname(name, autonaming, seed);
      if (made !== undefined) inputs.name = made;
    }
    return { inputs, failures: missingProperties(revealProps(inputs), required) };
  }

  async diff({ type, id, oldInputs, news }: DiffArgs): Promise<DiffResult> {
    const listed = (facts[type] ?? fallback).replaces;
    const changes = deepDiff(oldInputs, news).map((c) => ({
      path: c.path,
      kind: c.kind,
      replace: replaces(c, listed),
    }));
    return { changes, deleteBeforeReplace: changes.some((c) => c.replace) && identify(type, revealProps(news)) === id };
  }

  async create({ type, inputs, preview }: CreateArgs): Promise<{ id: string; outputs: Props }> {
    const id = identify(type, revealProps(inputs));
    return { id: preview ? "" : id, outputs: outputs(type, inputs, preview ? UNKNOWN : accessor(type, id)) };
  }

  async update({ type, id, news }: UpdateArgs): Promise<Props> {
    return outputs(type, news, accessor(type, id));
  }

  async delete(): Promise<void> {}

  async read({ id, inputs, outputs: state }: ReadArgs): Promise<{ id: string; inputs: Props; outputs: Props }> {
    return { id, inputs, outputs: state };
  }

  async invoke(token: string): Promise<Props> {
    throw new Error(`${token} has no stand-in: there is no Vault behind a rehearsal or a local platform`);
  }

  async cancel(): Promise<void> {}
}

/** Vault addresses things by path. */
function identify(type: string, inputs: Props): string {
  const of = (key: string, otherwise = "") => text(inputs[key]) ?? otherwise;
  switch (type) {
    case "vault:database/secretBackendConnection:SecretBackendConnection":
      return `${of("backend")}/config/${of("name")}`;
    case "vault:database/secretBackendRole:SecretBackendRole":
      return `${of("backend")}/roles/${of("name")}`;
    case "vault:database/secretBackendStaticRole:SecretBackendStaticRole":
      return `${of("backend")}/static-roles/${of("name")}`;
    case "vault:kubernetes/authBackendConfig:AuthBackendConfig":
      return `auth/${of("backend", "kubernetes")}/config`;
    case "vault:kubernetes/authBackendRole:AuthBackendRole":
      return `auth/${of("backend", "kubernetes")}/role/${of("roleName")}`;
    case "vault:jwt/authBackendRole:AuthBackendRole":
      return `auth/${of("backend", "jwt")}/role/${of("roleName")}`;
    case "vault:gcp/authBackendRole:AuthBackendRole":
      return `auth/${of("backend", "gcp")}/role/${of("role")}`;
    case "vault:kv/secretV2:SecretV2":
      return `${of("mount")}/data/${of("name")}`;
    default:
      return of("path", of("name", of("type", type.split(":").at(-1) ?? "vault")));
  }
}

function accessor(type: string, id: string): string {
  const kind = type.split("/").at(-1)?.split(":")[0] ?? "mount";
  return `${kind}_${createHash("sha256").update(id).digest("hex").slice(0, 8)}`;
}

function outputs(type: string, inputs: Props, made: string): Props {
  const computed: Props = { ...inputs };
  if (/:(Mount|AuthBackend)$/.test(type)) computed.accessor = made;
  if (type.endsWith(":AuthBackend") && isMissing(inputs.path)) computed.path = inputs.type ?? made;
  for (const path of (facts[type] ?? fallback).writeOnly ?? []) if (!path.includes(".")) delete computed[path];
  return computed;
}
