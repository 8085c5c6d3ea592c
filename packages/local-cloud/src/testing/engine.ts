import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));

export type Run = { code: number; output: string };

/** A Pulumi program in a folder of its own, run by the real engine with the stand-in providers on PATH. */
export class Engine {
  readonly #dir: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(dir: string, cloud: { mode: string; dir?: string; repo?: string }) {
    this.#dir = dir;
    this.#env = {
      PATH: [join(PACKAGE, "bin"), join(process.execPath, ".."), ...pulumiDirs(), process.env.PATH].join(delimiter),
      HOME: process.env.HOME,
      PULUMI_HOME: join(dir, "home"),
      PULUMI_BACKEND_URL: `file://${join(dir, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      BULKHEAD_CLOUD: cloud.mode,
      BULKHEAD_CLOUD_DIR: cloud.dir,
      BULKHEAD_REPO: cloud.repo,
    };
  }

  async init(): Promise<void> {
    await mkdir(join(this.#dir, "state"), { recursive: true });
    await writeFile(join(this.#dir, "Pulumi.yaml"), "name: engine\nruntime: nodejs\nmain: index.ts\n");
    await writeFile(join(this.#dir, "package.json"), '{ "type": "module", "main": "index.ts" }\n');
    await symlink(join(PACKAGE, "node_modules"), join(this.#dir, "node_modules"));
    const { code, output } = await this.pulumi("stack", "init", "test");
    if (code !== 0) throw new Error(`pulumi stack init failed:\n${output}`);
    await appendFile(join(this.#dir, "Pulumi.test.yaml"), "config:\n  gcp:project: bulkhead-test\n");
  }

  async program(source: string): Promise<void> {
    await writeFile(join(this.#dir, "index.ts"), source);
  }

  pulumi(...args: string[]): Promise<Run> {
    const child = spawn("pulumi", [...args, "--non-interactive"], { cwd: this.#dir, env: this.#env });
    let output = "";
    child.stdout.on("data", (data) => {
      output += data;
    });
    child.stderr.on("data", (data) => {
      output += data;
    });
    return new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve({ code: code ?? 1, output }));
    });
  }

  up(...args: string[]): Promise<Run> {
    return this.pulumi("up", "--yes", "--skip-preview", ...args);
  }

  async state(): Promise<string> {
    return (await this.pulumi("stack", "export")).output;
  }
}

/** Where the CLI is when it is not on PATH: the cache that Pulumi's own installer and the toolchain script fill. */
function pulumiDirs(): string[] {
  const version = "3.220.0";
  const dir = join(homedir(), ".pulumi", "versions", version, "bin");
  return existsSync(dir) ? [dir] : [];
}
