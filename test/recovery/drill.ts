/** An environment of one cell with a secondary, brought up with providers that only record, and commands run on copies of it. */
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { copyStacks } from "../../scripts/rehearsal/edit.ts";
import type { ExportedState, StateResource } from "../../scripts/rehearsal/rehearsal.ts";
import { type Finished, REPOSITORY } from "../support/platform.ts";

const ENVIRONMENT = "prod";

/** A command under way. */
export interface Started {
  readonly finished: Promise<Finished>;
  /** Resolves when it has printed this. */
  said(words: string): Promise<void>;
  /** To the process and all it has started. */
  signal(name: NodeJS.Signals): void;
}

export class Drill {
  readonly #folder: string;
  readonly #root: string;

  private constructor(folder: string, root: string) {
    this.#folder = folder;
    this.#root = root;
  }

  /** Brings the environment up: a minute or two. */
  static async create(): Promise<Drill> {
    const folder = mkdtempSync(join(tmpdir(), "bulkhead-drill-"));
    const root = copyStacks(REPOSITORY, folder);
    const edit = (layer: string, change: (config: Record<string, unknown>) => void) => {
      const file = join(root, "stacks", layer, `Pulumi.${ENVIRONMENT}.yaml`);
      const document = parse(readFileSync(file, "utf8"));
      change(document.config);
      writeFileSync(file, stringify(document));
    };
    edit("4-tenants", (config) => {
      config["bulkhead:tenants"] = { acme: {}, globex: { isolation: "schema" } };
    });
    // Written out, as what is tested is that its comments stay.
    writeFileSync(
      join(root, "stacks/2-database", `Pulumi.${ENVIRONMENT}.yaml`),
      `config:
  bulkhead:cells:
    # Ask Ada before touching this.
    eu1:
      region: europe-west1 # Belgium
      readPools:
        reports: { nodes: 2 }
      secondaries:
        dr: { region: us-east4 }
`,
    );
    const drill = new Drill(join(folder, "drill"), root);
    const made = await drill.run("promote", ["--dry-run"]);
    if (made.code !== 0) throw new Error(made.stderr + made.stdout);
    return drill;
  }

  /** The same, to do something else to. */
  copy(): Drill {
    const folder = mkdtempSync(join(tmpdir(), "bulkhead-drill-"));
    const copy = join(folder, "drill");
    cpSync(this.#folder, copy, { recursive: true, verbatimSymlinks: true });
    return new Drill(copy, this.#root);
  }

  start(command: "promote" | "switchover", args: readonly string[], cell = "eu1"): Started {
    const script = join(REPOSITORY, "scripts", `${command}.ts`);
    const child = spawn(process.execPath, [script, ENVIRONMENT, cell, "--rehearse", "--keep", this.#folder, ...args], {
      cwd: this.#root,
      env: { ...process.env, BULKHEAD_ROOT: this.#root },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const printed = { stdout: "", stderr: "" };
    const listeners = new Set<() => void>();
    for (const stream of ["stdout", "stderr"] as const)
      child[stream].setEncoding("utf8").on("data", (chunk: string) => {
        printed[stream] += chunk;
        for (const listener of listeners) listener();
      });
    const finished = new Promise<Finished>((done, failed) => {
      child.on("error", failed);
      child.on("close", (code) => done({ code, ...printed }));
    });
    return {
      finished,
      said: (words) =>
        new Promise((done, failed) => {
          const look = () => (printed.stdout + printed.stderr).includes(words) && done();
          listeners.add(look);
          look();
          finished.then(() =>
            failed(new Error(`it ended and never said "${words}":\n${printed.stderr}${printed.stdout}`)),
          );
        }),
      signal: (name) => process.kill(-child.pid!, name),
    };
  }

  run(command: "promote" | "switchover", args: readonly string[], cell = "eu1"): Promise<Finished> {
    return this.start(command, args, cell).finished;
  }

  get file(): string {
    return join(this.#folder, "stacks/2-database", `Pulumi.${ENVIRONMENT}.yaml`);
  }

  /** What the state of a layer holds. */
  resources(layer: "database" | "services" | "tenants"): StateResource[] {
    const file = join(this.#folder, "home/state/.pulumi/stacks", `bulkhead-${layer}`, `${ENVIRONMENT}.json`);
    const { checkpoint } = JSON.parse(readFileSync(file, "utf8")) as {
      checkpoint: { latest: ExportedState["deployment"] };
    };
    return [...(checkpoint.latest.resources ?? [])];
  }

  /** Inputs of a resource of layer 2, by its logical name. */
  inputs(name: string): Record<string, unknown> & { readonly protect?: boolean } {
    const found = this.resources("database").find(({ custom, urn }) => custom && urn.endsWith(`::${name}`));
    if (!found) throw new Error(`there is no ${name}`);
    return { ...found.inputs, protect: found.protect === true };
  }

  /** When a resource of layer 2 was made: another moment is another resource. */
  created(name: string): string | undefined {
    const found = this.resources("database").find(({ custom, urn }) => custom && urn.endsWith(`::${name}`));
    return (found as { created?: string } | undefined)?.created;
  }

  destroy(): void {
    rmSync(join(this.#folder, ".."), { recursive: true, force: true });
  }
}
