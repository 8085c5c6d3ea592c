import { join } from "node:path";
import { type Reader, readAll, readJson } from "./files.ts";
import type { Paths } from "./paths.ts";

/** The cloud resources that were created and not deleted, as the gcp provider wrote them down (secrets blanked). */
export type CloudRecord = { type: string; id: string; inputs: Fields; outputs: Fields };
export type Fields = Record<string, unknown>;

export const CLUSTER = "gcp:alloydb/cluster:Cluster";
export const INSTANCE = "gcp:alloydb/instance:Instance";
export const USER = "gcp:alloydb/user:User";

export function records(paths: Paths, type: string, read?: Reader): Promise<CloudRecord[]> {
  return readAll<CloudRecord>(paths.gcp(type), read);
}

export function record(paths: Paths, type: string, id: string): Promise<CloudRecord | undefined> {
  return readJson<CloudRecord>(paths.gcpRecord(type, id));
}

export function field(fields: Fields, key: string): string | undefined {
  const value = fields[key];
  return typeof value === "string" ? value : undefined;
}

/** The instance whose server answers for this one: the cluster's primary, for a read pool too. */
export async function serving(paths: Paths, instance: string): Promise<string | undefined> {
  const all = await records(paths, INSTANCE);
  const asked = all.find((r) => r.id === instance);
  if (asked === undefined) return undefined;
  const type = field(asked.inputs, "instanceType");
  if (type === "PRIMARY") return instance;
  if (type !== "READ_POOL") return undefined;
  return primaryOf(paths, field(asked.inputs, "cluster") ?? "");
}

export async function primaryOf(paths: Paths, cluster: string): Promise<string | undefined> {
  const all = await records(paths, INSTANCE);
  return all.find((r) => field(r.inputs, "cluster") === cluster && field(r.inputs, "instanceType") === "PRIMARY")?.id;
}

export function userPasswordFile(paths: Paths, cluster: string, user: string): string {
  return join(paths.dir, "users", `${encodeURIComponent(`${cluster}/${user}`)}.password`);
}
