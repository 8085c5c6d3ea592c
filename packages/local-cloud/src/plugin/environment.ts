import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * `record`: resources are checked, diffed and answered with plausible outputs; the engine's state is their only trace.
 * `realise`: the same, and what has a local counterpart becomes real, kept in `dir`.
 */
export type Environment = { mode: "record" | "realise"; dir: string | undefined; repo: string };

export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  const mode = env.BULKHEAD_CLOUD;
  if (mode !== "record" && mode !== "realise")
    throw new Error(
      `BULKHEAD_CLOUD is ${mode === undefined ? "not set" : JSON.stringify(mode)}: set it to "record" (rehearse) or ` +
        `"realise" (run locally). These are stand-ins for the real providers: where a real cloud is meant, take ` +
        "packages/local-cloud/bin off the PATH.",
    );
  const dir = env.BULKHEAD_CLOUD_DIR;
  if (mode === "realise" && !dir)
    throw new Error("BULKHEAD_CLOUD_DIR is not set: name the folder that keeps the local cloud's state.");
  const repo = env.BULKHEAD_REPO || fileURLToPath(new URL("../../../../", import.meta.url));
  return { mode, dir: dir ? resolve(dir) : undefined, repo: resolve(repo) };
}

/** The version of the installed SDK: the engine warns where a plugin is older than the SDK that asks for it. */
export function sdkVersion(name: string): string {
  const path = createRequire(import.meta.url).resolve(`@pulumi/${name}/package.json`);
  const { version } = JSON.parse(readFileSync(path, "utf8")) as { version: string };
  return version;
}
