import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { readText, writePrivate } from "../cloud/files.ts";
import { CLUSTER, field, INSTANCE, primaryOf, record, records, userPasswordFile } from "../cloud/inventory.ts";
import { withLock } from "../cloud/lock.ts";
import type { Paths } from "../cloud/paths.ts";
import { isAlive } from "../cloud/process.ts";
import { at, isObject, type Props, revealProps, text } from "../plugin/values.ts";
import { applyLogin, asAdmin, dropLogin } from "../postgres/admin.ts";
import { readServer, type ServerRecord, serverLock, writePassword } from "../postgres/record.ts";
import { newPassword } from "../postgres/scram.ts";
import { applyServer, destroyServer } from "../postgres/server.ts";

function initialPasswordFile(paths: Paths, cluster: string): string {
  return join(paths.dir, "users", `${createHash("sha256").update(cluster).digest("hex").slice(0, 24)}.initial`);
}

export async function applyCluster(
  paths: Paths,
  id: string,
  inputs: Props,
  oldInputs: Props | undefined,
): Promise<void> {
  const server = await primaryServer(paths, id);
  const version = text(inputs.databaseVersion);
  if (server && oldInputs && version !== text(oldInputs.databaseVersion) && version !== `POSTGRES_${majorOf(server)}`)
    throw new Error(
      `${id}: an upgrade to ${version} has no local counterpart; its server is PostgreSQL ${server.version}`,
    );
  const password = text(at(inputs, "initialUser.password")) ?? text(at(inputs, "initialUser.passwordWo"));
  if (password === undefined) return;
  await writePrivate(initialPasswordFile(paths, id), password);
  const before = oldInputs && text(at(oldInputs, "initialUser.password"));
  if (before === password || server === undefined) return;
  await setPassword(paths, server, "postgres", password);
}

export async function deleteCluster(paths: Paths, id: string, inputs: Props): Promise<void> {
  const left = (await records(paths, INSTANCE)).filter((r) => field(r.inputs, "cluster") === id);
  if (left.length > 0 && inputs.deletionPolicy !== "FORCE")
    throw new Error(`${id} still has instances: ${left.map((r) => r.id).join(", ")}`);
  for (const instance of left) {
    await destroyServer(paths, instance.id);
    await rm(paths.gcpRecord(INSTANCE, instance.id), { force: true });
  }
  await rm(initialPasswordFile(paths, id), { force: true });
}

/** A PRIMARY becomes a PostgreSQL server; read pools and secondaries are written down only. */
export async function applyInstance(paths: Paths, id: string, marked: Props): Promise<ServerRecord | undefined> {
  const inputs = revealProps(marked);
  if (inputs.instanceType !== "PRIMARY") return undefined;
  const cluster = text(inputs.cluster) ?? "";
  const parent = await record(paths, CLUSTER, cluster);
  if (parent === undefined) throw new Error(`there is no cluster ${cluster} in this cloud`);
  const flags = isObject(inputs.databaseFlags) ? inputs.databaseFlags : {};
  return applyServer(paths, {
    instance: id,
    cluster,
    databaseVersion: field(parent.inputs, "databaseVersion"),
    flags: Object.fromEntries(Object.entries(flags).map(([name, value]) => [name, String(value)])),
    initialPassword: await readText(initialPasswordFile(paths, cluster)),
    wanted: inputs.activationPolicy !== "NEVER",
  });
}

export async function deleteInstance(paths: Paths, id: string, outputs: Props): Promise<void> {
  // The real provider leaves a secondary to the deletion of its cluster; here it has no server at all.
  if (outputs.instanceType === "PRIMARY") await destroyServer(paths, id);
}

function majorOf(server: ServerRecord): string {
  return server.version.split(".")[0] ?? "";
}

async function primaryServer(paths: Paths, cluster: string): Promise<ServerRecord | undefined> {
  const instance = await primaryOf(paths, cluster);
  const server = instance === undefined ? undefined : await readServer(paths, instance);
  return server && isAlive(server.process) ? server : undefined;
}

async function setPassword(paths: Paths, server: ServerRecord, name: string, password: string): Promise<void> {
  await withLock(serverLock(paths, server.instance), () =>
    asAdmin(paths, server, "postgres", (client) => applyLogin(client, { name, password, roles: [] }, [])),
  );
  if (name === "postgres") await writePassword(paths, server.instance, "postgres", password);
}

function rolesOf(inputs: Props | undefined): string[] {
  const roles = inputs?.databaseRoles;
  return Array.isArray(roles) ? roles.map(String) : [];
}

export async function applyUser(paths: Paths, marked: Props, oldMarked: Props | undefined): Promise<void> {
  const inputs = revealProps(marked);
  const cluster = text(inputs.cluster) ?? "";
  const name = text(inputs.userId) ?? "";
  const isIam = inputs.userType !== "ALLOYDB_BUILT_IN";
  const server = await primaryServer(paths, cluster);
  if (server === undefined)
    throw new Error(`${cluster} has no running primary: a user is created after the instance (dependsOn)`);
  const file = userPasswordFile(paths, cluster, name);
  // An IAM user proves itself by a token there and by a password that only the sidecar's stand-in knows here.
  const given = isIam ? ((await readText(file)) ?? newPassword()) : (text(inputs.password) ?? text(inputs.passwordWo));
  if (isIam && given !== undefined) await writePrivate(file, given);
  const roles = isIam ? ["alloydbiamuser", ...rolesOf(inputs)] : rolesOf(inputs);
  // The lock keeps concurrent grants to one role apart, which PostgreSQL answers with "tuple concurrently updated".
  await withLock(serverLock(paths, server.instance), () =>
    asAdmin(paths, server, "postgres", (client) =>
      applyLogin(
        client,
        { name, password: given, roles: [...new Set(roles)] },
        rolesOf(oldMarked && revealProps(oldMarked)),
      ),
    ),
  );
  if (name === "postgres" && given !== undefined) await writePassword(paths, server.instance, "postgres", given);
}

export async function deleteUser(paths: Paths, marked: Props): Promise<void> {
  const inputs = revealProps(marked);
  const cluster = text(inputs.cluster) ?? "";
  const name = text(inputs.userId) ?? "";
  const server = await primaryServer(paths, cluster);
  // A server that is gone took its users with it.
  if (server && name !== "postgres")
    await withLock(serverLock(paths, server.instance), () =>
      asAdmin(paths, server, "postgres", (client) => dropLogin(client, name)),
    );
  await rm(userPasswordFile(paths, cluster, name), { force: true });
}
