/** An environment of one cell with a secondary, brought up with providers that only record, and commands run on copies of it. */
import { spawn } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parse, stringify } from "yaml";
import { copyStacks } from "../../scripts/rehearsal/edit.ts";
import type { ExportedState, StateResource } from "../../scripts/rehearsal/rehearsal.ts";
import { type Finished, REPOSITORY } from "../support/platform.ts";

/** The smallest, given a second region. */
const ENVIRONMENT = "dev";

/** Knows a primary and a secondary, each ready, and writes down what it is to change. */
const GCLOUD = `#!/bin/sh
case "$*" in
  *"clusters describe bulkhead-eu1-dr"*) echo '{"state":"READY","clusterType":"SECONDARY"}' ;;
  *"clusters describe"*) echo '{"state":"READY","clusterType":"PRIMARY"}' ;;
  *"--cluster=bulkhead-eu1-dr"*) echo '[{"name":"x/instances/main","state":"READY","instanceType":"SECONDARY"}]' ;;
  *"instances list"*) echo '[{"name":"x/instances/primary","state":"READY","instanceType":"PRIMARY"},{"name":"x/instances/read-reports","state":"READY","instanceType":"READ_POOL"}]' ;;
  *"instances update"*) echo "$*" >> $log ;;
  *) echo "ERROR: not known here: $*" >&2; exit 1 ;;
esac
`;

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
    edit("1-foundation", (config) => {
      config["bulkhead:gatewayRegion"] = "europe-west1";
      Object.assign(config["bulkhead:regions"] as object, {
        "us-east4": {
          nodes: "10.64.0.0/20",
          pods: "10.68.0.0/14",
          services: "10.72.0.0/20",
          controlPlane: "172.16.1.0/28",
        },
      });
    });
    edit("4-tenants", (config) => {
      config["bulkhead:tenants"] = { acme: {}, globex: { isolation: "schema" }, initech: { isolation: "instance" } };
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

  /**
   * The same as an environment on Google Cloud: run without `--rehearse`, Pulumi in `stacks/` on a backend from the user's environment, and a
   * `gcloud` that knows its clusters.
   * @returns what is to be in the environment of the command, and what gcloud was asked to change
   */
  asCloud(): { env: NodeJS.ProcessEnv; asked(): string[] } {
    const home = join(this.#folder, "home");
    for (const layer of readdirSync(join(home, "projects"))) {
      const name = `Pulumi.${ENVIRONMENT}.yaml`;
      const { encryptionsalt } = parse(readFileSync(join(home, "projects", layer, name), "utf8"));
      appendFileSync(join(this.#folder, "stacks", layer, name), `encryptionsalt: ${encryptionsalt}\n`);
    }
    const bin = join(this.#folder, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "gcloud"), GCLOUD.replaceAll("$log", join(bin, "log")), { mode: 0o755 });
    return {
      env: {
        BULKHEAD_ROOT: this.#folder,
        PATH: [bin, join(REPOSITORY, "packages/local-cloud/bin"), process.env.PATH].join(delimiter),
        PULUMI_HOME: join(home, "pulumi"),
        PULUMI_BACKEND_URL: `file://${join(home, "state")}`,
        PULUMI_CONFIG_PASSPHRASE_FILE: join(home, "passphrase"),
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        BULKHEAD_CLOUD: "record",
        BULKHEAD_CLOUD_DIR: join(home, "cloud"),
        BULKHEAD_REPO: REPOSITORY,
      },
      asked: () => readFileSync(join(bin, "log"), "utf8").trim().split("\n"),
    };
  }

  /** The same, to do something else to. */
  copy(): Drill {
    const folder = mkdtempSync(join(tmpdir(), "bulkhead-drill-"));
    const copy = join(folder, "drill");
    cpSync(this.#folder, copy, { recursive: true, verbatimSymlinks: true });
    return new Drill(copy, this.#root);
  }

  start(command: "promote" | "switchover", args: readonly string[], cell = "eu1", cloud?: NodeJS.ProcessEnv): Started {
    const script = join(REPOSITORY, "scripts", `${command}.ts`);
    const drill = cloud ? [] : ["--rehearse", "--keep", this.#folder];
    const child = spawn(process.execPath, [script, ENVIRONMENT, cell, ...drill, ...args], {
      cwd: this.#root,
      env: { ...process.env, BULKHEAD_ROOT: this.#root, ...cloud },
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

  run(...args: Parameters<Drill["start"]>): Promise<Finished> {
    return this.start(...args).finished;
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

  /** A cluster or instance of AlloyDB in layer 2, by its logical name. */
  alloydb(name: string): { inputs: Record<string, unknown>; protect: boolean; created: string } {
    const found = this.resources("database").find(
      ({ type, urn }) => type.startsWith("gcp:alloydb/") && urn.endsWith(`::${name}`),
    );
    if (!found) throw new Error(`there is no ${name}`);
    // When it was made: another moment is another resource.
    const { created = "" } = found as { created?: string };
    return { inputs: found.inputs ?? {}, protect: found.protect === true, created };
  }

  destroy(): void {
    rmSync(join(this.#folder, ".."), { recursive: true, force: true });
  }
}
