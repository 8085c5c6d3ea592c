/** A tiny Pulumi project in a folder of its own, whose resources a test chooses, under the real engine and the real policy pack. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";

const REPOSITORY = resolve(import.meta.dirname, "../..");

/** Registers what `resources.json` lists, by type token: the engine and its policies see no difference to an SDK's classes. */
const PROGRAM = `
import { readFileSync } from "node:fs";
import pulumi from "@pulumi/pulumi";

for (const { type, name, props } of JSON.parse(readFileSync("resources.json", "utf8"))) {
  new pulumi.CustomResource(type, name, props);
}
`;

export interface Declared {
  readonly type: string;
  readonly name: string;
  readonly props: object;
}

export interface Outcome {
  readonly succeeded: boolean;
  /** What the engine printed. */
  readonly output: string;
}

export class Sandbox {
  readonly #folder = mkdtempSync(join(tmpdir(), "bulkhead-policies-"));
  readonly #environment: NodeJS.ProcessEnv;

  constructor() {
    mkdirSync(join(this.#folder, "state"));
    symlinkSync(join(REPOSITORY, "node_modules"), join(this.#folder, "node_modules"));
    writeFileSync(join(this.#folder, "Pulumi.yaml"), "name: sandbox\nruntime: nodejs\nmain: program.mjs\n");
    writeFileSync(join(this.#folder, "package.json"), '{ "type": "module", "main": "program.mjs" }\n');
    writeFileSync(join(this.#folder, "program.mjs"), PROGRAM);
    this.#environment = {
      ...process.env,
      PATH: [join(REPOSITORY, "packages/local-cloud/bin"), process.env.PATH].join(delimiter),
      BULKHEAD_CLOUD: "record",
      BULKHEAD_CLOUD_DIR: join(this.#folder, "cloud"),
      PULUMI_HOME: join(this.#folder, "home"),
      PULUMI_BACKEND_URL: `file://${join(this.#folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "sandbox",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    };
    const { succeeded, output } = this.#pulumi(["stack", "init", "test"]);
    if (!succeeded) throw new Error(output);
  }

  /** Runs `pulumi up` with the pack on exactly these resources. */
  up(resources: readonly Declared[]): Outcome {
    return this.#apply("up", ["--yes", "--skip-preview"], resources);
  }

  preview(resources: readonly Declared[]): Outcome {
    return this.#apply("preview", [], resources);
  }

  /** Names of the resources that exist, as the state has it. */
  existing(): string[] {
    const file = join(this.#folder, "state/.pulumi/stacks/sandbox/test.json");
    const state = JSON.parse(readFileSync(file, "utf8")) as {
      checkpoint: { latest?: { resources?: { urn: string; custom: boolean; type: string }[] } };
    };
    return (state.checkpoint.latest?.resources ?? [])
      .filter(({ custom, type }) => custom && !type.startsWith("pulumi:"))
      .map(({ urn }) => urn.split("::").at(-1) ?? "");
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #apply(verb: string, options: readonly string[], resources: readonly Declared[]): Outcome {
    writeFileSync(join(this.#folder, "resources.json"), JSON.stringify(resources));
    return this.#pulumi([verb, "--stack", "test", "--policy-pack", join(REPOSITORY, "policies"), ...options]);
  }

  #pulumi(args: readonly string[]): Outcome {
    const { status, stdout, stderr, error } = spawnSync("pulumi", [...args, "--non-interactive", "--color", "never"], {
      cwd: this.#folder,
      env: this.#environment,
      encoding: "utf8",
      timeout: 120_000,
    });
    if (error) throw error;
    return { succeeded: status === 0, output: stdout + stderr };
  }
}
