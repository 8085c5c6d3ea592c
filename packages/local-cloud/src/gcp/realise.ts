import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { makeDir, readJson, writeJson } from "../cloud/files.ts";
import { Paths } from "../cloud/paths.ts";
import type { Reporter } from "../plugin/provider.ts";
import { markCredentials, type Props, redactProps } from "../plugin/values.ts";
import { applyCluster, applyInstance, applyUser, deleteCluster, deleteInstance, deleteUser } from "./alloydb.ts";

export type Change = { urn: string; type: string; id: string; inputs: Props; outputs: Props };

/** Turns the resources that have a local counterpart into it, and writes all of them down for whoever asks. */
export interface Realiser {
  create(change: Change): Promise<void>;
  update(change: Change & { oldInputs: Props }): Promise<void>;
  delete(change: Change): Promise<void>;
  cancel(): Promise<void>;
}

export function createRealiser(dir: string, reporter: Reporter): Realiser {
  return new GcpRealiser(new Paths(resolve(dir)), reporter);
}

class GcpRealiser implements Realiser {
  readonly #paths: Paths;
  readonly #reporter: Reporter;

  constructor(paths: Paths, reporter: Reporter) {
    this.#paths = paths;
    this.#reporter = reporter;
  }

  async create(change: Change): Promise<void> {
    const { type, id, urn } = change;
    const there = await readGcp(this.#paths, type, id);
    // A command that was killed may have made it without the engine's knowing; another resource's is another's.
    if (there && there.urn !== urn && !SHARED.test(type))
      throw new Error(`Error 409: ${id} already exists (as ${there.urn})`);
    await this.#apply(change, undefined);
  }

  async update(change: Change & { oldInputs: Props }): Promise<void> {
    await this.#apply(change, change.oldInputs);
  }

  async delete({ type, id, inputs, outputs }: Change): Promise<void> {
    if (type === "gcp:alloydb/user:User") await deleteUser(this.#paths, inputs);
    if (type === "gcp:alloydb/instance:Instance") await deleteInstance(this.#paths, id, outputs);
    if (type === "gcp:alloydb/cluster:Cluster") await deleteCluster(this.#paths, id, inputs);
    await rm(this.#paths.gcpRecord(type, id), { force: true });
  }

  async cancel(): Promise<void> {}

  async #apply({ urn, type, id, inputs, outputs }: Change, oldInputs: Props | undefined): Promise<void> {
    await makeDir(this.#paths.dir);
    if (type === "gcp:alloydb/cluster:Cluster") await applyCluster(this.#paths, id, inputs, oldInputs);
    if (type === "gcp:alloydb/instance:Instance") {
      this.#reporter.status(urn, "starting PostgreSQL");
      const started = await applyInstance(this.#paths, id, inputs);
      if (started) this.#reporter.status(urn, `PostgreSQL ${started.version} on 127.0.0.1:${started.port}`);
    }
    if (type === "gcp:alloydb/user:User") await applyUser(this.#paths, inputs, oldInputs);
    await writeJson(this.#paths.gcpRecord(type, id), { type, id, urn, ...split(inputs, outputs) });
  }
}

function split(inputs: Props, outputs: Props): { inputs: Props; outputs: Props } {
  return { inputs: redactProps(markCredentials(inputs)), outputs: redactProps(markCredentials(outputs)) };
}

/** Grants and enabled services are facts, not things: stating one twice is no conflict. */
const SHARED = /(?:IAM|Iam)(?:Member|Binding|Policy|AuditConfig)$|^gcp:projects\/service/;

export type GcpRecord = { type: string; id: string; urn: string; inputs: Props; outputs: Props };

export function readGcp(paths: Paths, type: string, id: string): Promise<GcpRecord | undefined> {
  return readJson<GcpRecord>(paths.gcpRecord(type, id));
}
