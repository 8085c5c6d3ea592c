import { mkdtempSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGcpProvider } from "../gcp/provider.ts";
import { type Cloud, openCloud } from "../index.ts";
import { createKubernetesProvider } from "../kubernetes/provider.ts";
import type { Environment } from "../plugin/environment.ts";
import type { Provider } from "../plugin/provider.ts";
import type { Props } from "../plugin/values.ts";

/** Drives a provider as the engine would, without the engine: check, then create, with the failures as an error. */
export class Driver {
  readonly provider: Provider;
  constructor(provider: Provider) {
    this.provider = provider;
  }

  async check(type: string, name: string, news: Props, olds?: Props) {
    const seed = new Uint8Array(32);
    return this.provider.check({
      ...target(type, name),
      ...{ olds, news, seed, autonaming: { mode: "propose", proposed: "" } },
    });
  }

  async inputs(type: string, name: string, news: Props, olds?: Props): Promise<Props> {
    const { inputs, failures } = await this.check(type, name, news, olds);
    if (failures.length > 0) throw new Error(failures.map((f) => `${f.property}: ${f.reason}`).join("\n"));
    return inputs;
  }

  async create(type: string, name: string, news: Props): Promise<Made> {
    const inputs = await this.inputs(type, name, news);
    const made = await this.provider.create({ ...target(type, name), inputs, preview: false });
    return { type, name, inputs, ...made };
  }

  async diff(old: Made, news: Props) {
    const inputs = await this.inputs(old.type, old.name, news, old.inputs);
    const { id, inputs: oldInputs, outputs: oldOutputs } = old;
    return this.provider.diff({ ...target(old.type, old.name), id, oldInputs, oldOutputs, news: inputs });
  }

  async update(old: Made, news: Props): Promise<Made> {
    const inputs = await this.inputs(old.type, old.name, news, old.inputs);
    const { id, inputs: oldInputs, outputs: oldOutputs } = old;
    const change = { ...target(old.type, old.name), id, oldInputs, oldOutputs, news: inputs, preview: false };
    return { ...old, inputs, outputs: await this.provider.update(change) };
  }

  async delete(made: Made): Promise<void> {
    const { id, inputs, outputs } = made;
    await this.provider.delete({ ...target(made.type, made.name), id, inputs, outputs });
  }
}

export type Made = { type: string; name: string; id: string; inputs: Props; outputs: Props };

function target(type: string, name: string) {
  return { urn: `urn:pulumi:test::test::${type}::${name}`, type, name };
}

export const PROJECT = "bulkhead-test";
const quiet = { status: () => undefined, warn: () => undefined };

export async function gcpDriver(env: Partial<Environment>): Promise<Driver> {
  const provider = await createGcpProvider({ mode: "record", dir: undefined, repo: "/nowhere", ...env }, quiet);
  await provider.configure({ project: PROJECT, region: "europe-west1" });
  return new Driver(provider);
}

export async function kubernetesDriver(env: Partial<Environment>, config: Props = {}, lines: string[] = []) {
  const reporter = { status: (_urn: string, line: string) => void lines.push(line), warn: () => undefined };
  const provider = await createKubernetesProvider(
    { mode: "record", dir: undefined, repo: "/nowhere", ...env },
    reporter,
  );
  await provider.configure(config);
  return new Driver(provider);
}

/** A folder of the test's own, and the cloud in it, which takes its servers with it. */
export function temporaryCloud(): { dir: string; cloud: Cloud; end: () => Promise<void> } {
  const root = mkdtempSync(join(tmpdir(), "bulkhead-cloud-"));
  const dir = join(root, "cloud");
  const cloud = openCloud(dir);
  const end = async () => {
    await cloud.destroy();
    await rm(root, { recursive: true, force: true });
  };
  return { dir, cloud, end };
}

/** A repository whose runtime is this program. */
export async function fakeRuntime(dir: string, source: string): Promise<string> {
  const home = join(dir, "packages", "runtime", "src");
  await mkdir(home, { recursive: true });
  await writeFile(join(home, "cli.ts"), source);
  return dir;
}

const CLUSTER = "gcp:alloydb/cluster:Cluster";
const INSTANCE = "gcp:alloydb/instance:Instance";

/** An AlloyDB cluster with its primary: on this machine a PostgreSQL server. */
export async function makeDatabase(gcp: Driver, name: string, instance: Props = {}, cluster: Props = {}) {
  const parent = await gcp.create(CLUSTER, name, {
    ...{ clusterId: name, location: "europe-west1", databaseVersion: "POSTGRES_17" },
    ...{ networkConfig: { network: "projects/p/global/networks/n" }, deletionProtection: false, ...cluster },
  });
  const clusterName = String(parent.outputs.name);
  const primary = await gcp.create(INSTANCE, `${name}-primary`, {
    ...{ cluster: clusterName, instanceId: "primary", instanceType: "PRIMARY", ...instance },
  });
  return { parent, primary, clusterName, instanceName: primary.id };
}

/** A service account that may log in by IAM as a pod's identity, with each grant the real thing asks for. */
export async function makeIdentity(gcp: Driver, cluster: string, pod: string, options: { without?: string } = {}) {
  const account = await gcp.create("gcp:serviceaccount/account:Account", "client", { accountId: "client-api" });
  const email = String(account.outputs.email);
  const member = `serviceAccount:${email}`;
  const roles = ["roles/alloydb.client", "roles/alloydb.databaseUser", "roles/serviceusage.serviceUsageConsumer"];
  for (const role of roles.filter((r) => r !== options.without))
    await gcp.create("gcp:projects/iAMMember:IAMMember", role.replace("/", "-"), { project: PROJECT, role, member });
  const role = "roles/iam.workloadIdentityUser";
  if (role !== options.without)
    await gcp.create("gcp:serviceaccount/iAMMember:IAMMember", "wi", {
      ...{ serviceAccountId: account.id, role, member: `serviceAccount:${PROJECT}.svc.id.goog[${pod}]` },
    });
  const userId = email.replace(".gserviceaccount.com", "");
  const userType = "ALLOYDB_IAM_USER";
  const user = await gcp.create("gcp:alloydb/user:User", "client", { cluster, userId, userType });
  return { email, user, userId };
}

// What tests of the whole platform look behind the curtain with: the server's own superuser, and where a server's data lies.
export { Paths, rootDirOf } from "../cloud/paths.ts";
export { findPostgrest } from "../pods/postgrest.ts";
export { asAdmin } from "../postgres/admin.ts";
export { findBinaries, runAs } from "../postgres/binaries.ts";
export { readServer } from "../postgres/record.ts";
