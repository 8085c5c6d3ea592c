import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Everything the cloud keeps is private to the user, and is either the old content or the new, never a part of it. */
export async function makeDir(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
}

export async function writePrivate(path: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
  await makeDir(dirname(path));
  const part = `${path}.${randomBytes(6).toString("hex")}.part`;
  try {
    const file = await open(part, "wx", mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

export async function writeJson(path: string, value: unknown): Promise<void> {
  await writePrivate(path, `${JSON.stringify(value, null, 2)}\n`);
}

export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isMissingFile(error)) return undefined;
    throw error;
  }
}

/** A file of the cloud that is not what the cloud wrote. What it stood for is lost, and guessing it would lose more. */
export class DamagedFile extends Error {
  constructor(path: string, cause: unknown) {
    super(`${path} is damaged: it is no JSON. To start over without the local data: npm run down -- --delete`, {
      cause,
    });
    this.name = "DamagedFile";
  }
}

export async function readJson<T>(path: string): Promise<T | undefined> {
  const content = await readText(path);
  if (content === undefined) return undefined;
  try {
    return JSON.parse(content) as T;
  } catch (error) {
    throw new DamagedFile(path, error);
  }
}

/** Takes a damaged file as a missing one: for what can be found out anew, and for deleting, which must come to its end. */
export async function readIntact<T>(path: string): Promise<T | undefined> {
  try {
    return await readJson<T>(path);
  } catch (error) {
    if (error instanceof DamagedFile) return undefined;
    throw error;
  }
}

/** How a file is read: `readJson`, or `readIntact`. */
export type Reader = <T>(path: string) => Promise<T | undefined>;

/** The names in a folder, without half-written files; none if there is no such folder. */
export async function list(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).filter((name) => !name.endsWith(".part")).sort();
  } catch (error) {
    if (isMissingFile(error)) return [];
    throw error;
  }
}

export async function readAll<T>(dir: string, read: Reader = readJson): Promise<T[]> {
  const found = await Promise.all(
    (await list(dir)).filter((name) => name.endsWith(".json")).map((name) => read<T>(join(dir, name))),
  );
  return found.filter((item) => item !== undefined);
}

export function isMissingFile(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === "ENOENT" || code === "ENOTDIR";
}

/** A file name for any text: readable where it can be, and never a way out of its folder. */
export function fileName(name: string): string {
  return encodeURIComponent(name).replaceAll(".", "%2E").replaceAll("*", "%2A");
}

/** The last lines of a log, without reading all of a large one. */
export async function tail(path: string, lines: number): Promise<string[]> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, "r");
  } catch (error) {
    if (isMissingFile(error)) return [];
    throw error;
  }
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - lines * 1024);
    const buffer = Buffer.alloc(size - from);
    await file.read(buffer, 0, buffer.length, from);
    return buffer
      .toString("utf8")
      .split("\n")
      .filter((line) => line.trim() !== "")
      .slice(-lines);
  } finally {
    await file.close();
  }
}
