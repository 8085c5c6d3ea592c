import { join } from "node:path";
import { readJson, readText, writeJson, writePrivate } from "../cloud/files.ts";
import type { Paths } from "../cloud/paths.ts";
import type { ProcessRecord } from "../cloud/process.ts";

/** What the cloud remembers of one PostgreSQL server. */
export type ServerRecord = {
  /** `projects/…/instances/…`, AlloyDB's full name. */
  instance: string;
  cluster: string;
  version: string;
  port: number;
  dataDir: string;
  /** The cloud's folder when the server was made: a copy of it must not take over the original's server. */
  home?: string;
  settings: Record<string, string>;
  /** False while AlloyDB's activationPolicy NEVER has it stopped on purpose. */
  wanted: boolean;
  /** Set once roles and passwords are in place: a half-made data folder is made again from nothing. */
  ready: boolean;
  process?: ProcessRecord | undefined;
};

export type Credential = "alloydbadmin" | "postgres";

export function serverLock(paths: Paths, instance: string): string {
  return paths.lock(`server ${instance.replaceAll("/", ".")}`);
}

export function readServer(paths: Paths, instance: string): Promise<ServerRecord | undefined> {
  return readJson<ServerRecord>(join(paths.server(instance), "server.json"));
}

export function writeServer(paths: Paths, record: ServerRecord): Promise<void> {
  return writeJson(join(paths.server(record.instance), "server.json"), record);
}

export function serverLog(paths: Paths, instance: string): string {
  return join(paths.server(instance), "server.log");
}

export async function readPassword(paths: Paths, instance: string, user: Credential): Promise<string> {
  const password = await readText(join(paths.server(instance), `${user}.password`));
  if (password === undefined) throw new Error(`the password of ${user} on ${instance} is not kept in this cloud`);
  return password;
}

export function writePassword(paths: Paths, instance: string, user: Credential, password: string): Promise<void> {
  return writePrivate(join(paths.server(instance), `${user}.password`), password);
}
