/** A platform in a folder of its own: the repository's stacks, its own state, servers and ports. Brought up by the real scripts. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { TenantLine } from "@bulkhead/runtime";
import { parse, stringify } from "yaml";
import type { Addresses } from "../../scripts/lib/local.ts";
import { layStacks } from "../../scripts/rehearsal/edit.ts";

export const REPOSITORY = resolve(import.meta.dirname, "../..");

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly finished: Promise<Finished>;
  /** What it has printed so far. */
  output(): string;
  /** To the process and its children, as Ctrl-C at a terminal. */
  signal(name: NodeJS.Signals): void;
}

/** What `npm run status -- --json` prints. */
export interface PlatformStatus {
  readonly up: boolean;
  readonly servers: readonly {
    readonly kind: string;
    readonly name: string;
    readonly running: boolean;
    readonly pid?: number;
    readonly address?: string;
  }[];
  readonly addresses: Addresses;
  readonly tenants: readonly TenantLine[];
  readonly proof: Readonly<Record<string, readonly string[]>>;
}

export class TestPlatform {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** Copies the stacks into a new folder; their packages stay the repository's. */
  static create(): TestPlatform {
    const root = mkdtempSync(join(tmpdir(), "bulkhead-test-"));
    layStacks(REPOSITORY, root);
    return new TestPlatform(root);
  }

  /** Rewrites the config of a layer's stack file. */
  edit(layer: string, change: (config: Record<string, unknown>) => void, environment = "local"): void {
    const file = join(this.root, "stacks", layer, `Pulumi.${environment}.yaml`);
    const document = parse(readFileSync(file, "utf8"));
    change(document.config);
    writeFileSync(file, stringify(document));
  }

  /** Starts `scripts/<name>.ts` on this folder. */
  start(name: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Started {
    const child = spawn(process.execPath, [join(REPOSITORY, "scripts", `${name}.ts`), ...args], {
      cwd: this.root,
      env: { ...process.env, BULKHEAD_ROOT: this.root, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own, so that a signal reaches the engine as it would from a terminal.
      detached: true,
    });
    const printed = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      printed.stdout += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      printed.stderr += chunk;
    });
    const finished = new Promise<Finished>((done, failed) => {
      child.on("error", failed);
      child.on("close", (code) => done({ code, ...printed }));
    });
    return {
      finished,
      output: () => printed.stderr + printed.stdout,
      signal: (signal) => process.kill(-child.pid!, signal),
    };
  }

  run(name: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Finished> {
    return this.start(name, args, env).finished;
  }

  /** Brings it up; throws with what it printed if that fails. */
  async up(): Promise<Finished> {
    const result = await this.run("up");
    if (result.code !== 0) throw new Error(`up ended with ${result.code}:\n${result.stderr}\n${result.stdout}`);
    return result;
  }

  async token(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run("token", args);
    if (code !== 0) throw new Error(stderr);
    return stdout.trim();
  }

  async status(): Promise<PlatformStatus> {
    const { stdout, stderr } = await this.run("status", ["--json"]);
    if (stdout === "") throw new Error(stderr);
    return JSON.parse(stdout);
  }

  /** Stops everything and removes the folder. */
  async destroy(): Promise<void> {
    await this.run("down", ["--delete", "--yes"]);
    rmSync(this.root, { recursive: true, force: true });
  }
}
