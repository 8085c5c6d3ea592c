import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

/** Where the tools of this user and of this clone live. */
export interface Machine {
  /** The repository. */
  readonly root: string;
  /** Shared by every clone of this user. */
  readonly cache: string;
  /** Pulumi's own home, whose `versions/` other Pulumi tools share. */
  readonly pulumiHome: string;
}

export function machineAt(cache: string): Machine {
  const root = join(import.meta.dirname, "..", "..");
  return { root, cache, pulumiHome: process.env.PULUMI_HOME || join(homedir(), ".pulumi") };
}

/** A pinned manifest of this folder. The pins live in the files that the package managers read, and nowhere else. */
export function manifest(...path: string[]): string {
  return join(import.meta.dirname, ...path);
}

/** The version that a manifest pins, `3.220.0` of `github.com/x/y v3.220.0` or `"y": "3.220.0"`. */
export function pinned(file: string, dependency: string): string {
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const [, name, version] = /^\s*(?:require\s+)?"?([^\s"]+?)"?:?\s+"?v?(\d[^\s",]*)/.exec(line) ?? [];
    if (name === dependency && version !== undefined) return version;
  }
  throw new Error(`${file} pins no ${dependency}`);
}

/** The whole path of the command that a shell would run, if any. */
export function onPath(command: string): string | undefined {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, command))
    .find(isExecutable);
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    const file = statSync(path);
    return file.isFile() && file.size > 0;
  } catch {
    return false;
  }
}

/** Negative, zero or positive as `a` is older than, the same as or newer than `b`; pre-release marks are ignored. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.replace(/^v/, "").split(/[-+]/)[0]!.split(".").map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (left![i] ?? 0) - (right![i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
