/** What a platform has running and lying about on the machine. */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { rootDirOf } from "@bulkhead/local-cloud/testing";

/** Processes whose command line or environment names the folder: servers, engine, plugins, Jobs. */
export function processesOf(root: string): string[] {
  const { stdout } = spawnSync("ps", ["axeww", "-o", "pid=,stat=,command="], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout
    .split("\n")
    .filter((line) => (line.includes(root) || line.includes(rootDirOf(cloudOf(root)))) && !/^\s*\d+\s+Z/.test(line))
    .map((line) => line.slice(0, 300));
}

/** Folders that hold anything of the platform. */
export function foldersOf(root: string): string[] {
  return [join(root, ".bulkhead"), rootDirOf(cloudOf(root))].filter((folder) => existsSync(folder));
}

function cloudOf(root: string): string {
  return join(root, ".bulkhead/cloud");
}
