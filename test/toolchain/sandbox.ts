import { spawn } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { onPath } from "../../scripts/toolchain/machine.ts";
import { endGroup, identityOf } from "../../scripts/toolchain/process.ts";

const repository = join(import.meta.dirname, "..", "..");
const realCache =
  process.env.BULKHEAD_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "bulkhead");

/** What the shell part and npm need of a system; a sandbox's PATH has nothing else. */
const utilities = ["sh", "env", "cat", "cp", "dirname", "mkdir", "mv", "ps", "rm", "sed", "sleep", "tail", "uname"];

/** A line of network that leads nowhere, for every client that the bootstrap starts. */
export const noNetwork = {
  npm_config_registry: "http://127.0.0.1:9/",
  pnpm_config_registry: "http://127.0.0.1:9/",
  PIP_INDEX_URL: "http://127.0.0.1:9/",
  GOPROXY: "off",
  HTTP_PROXY: "http://127.0.0.1:9/",
  HTTPS_PROXY: "http://127.0.0.1:9/",
};

export interface Result {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

/** Which registry to use and how to trust it, wherever this machine's npm finds that; none of it is in a sandbox's home. */
function npmSettings(): Record<string, string | undefined> {
  const trust = ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR", "npm_config_registry", "npm_config_cafile"];
  return {
    ...Object.fromEntries(trust.map((name) => [name, process.env[name]])),
    npm_config_userconfig: process.env.npm_config_userconfig ?? join(homedir(), ".npmrc"),
    npm_config_globalconfig: process.env.npm_config_globalconfig ?? join(onPath("npm")!, "..", "..", "etc", "npmrc"),
  };
}

/** A machine of its own for one test: a home, a PATH and a clone small enough to install in a moment. */
export class Sandbox {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), "bulkhead-toolchain-")));
  readonly home = join(this.folder, "home");
  readonly cache = join(this.home, ".cache", "bulkhead");
  readonly versions = join(this.home, ".pulumi", "versions");
  readonly clone = this.addClone("clone");
  private readonly started: number[] = [];
  private readonly bin = join(this.folder, "bin");
  private readonly path = [this.bin];

  constructor() {
    mkdirSync(this.home);
    mkdirSync(this.bin);
    for (const name of utilities) this.offer(name);
    symlinkSync(process.execPath, join(this.bin, "node"));
  }

  /** Ends whatever a failed test left running, then removes everything. */
  [Symbol.dispose](): void {
    for (const group of [...this.started, ...this.orphans()]) endGroup(group);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }

  /** A clone with the toolchain, one package to install, and a verb `show` that prints what it runs on. */
  addClone(name: string): string {
    const clone = join(this.folder, name);
    cpSync(join(repository, "scripts", "toolchain"), join(clone, "scripts", "toolchain"), { recursive: true });
    cpSync(join(repository, "scripts", "bootstrap.sh"), join(clone, "scripts", "bootstrap.sh"));
    writeFileSync(
      join(clone, "scripts", "show.ts"),
      "const shown: object = { version: process.version, path: process.env.PATH, args: process.argv.slice(2), home: process.env.HOME };\n" +
        "process.stdout.write(JSON.stringify(shown));\n",
    );
    const [version, integrity] = /^ {2}yaml@([\d.]+):\n\s+resolution: \{integrity: (.+)\}/m
      .exec(readFileSync(join(repository, "pnpm-lock.yaml"), "utf8"))!
      .slice(1);
    writeFileSync(
      join(clone, "package.json"),
      JSON.stringify({ private: true, type: "module", dependencies: { yaml: version } }),
    );
    writeFileSync(join(clone, "pnpm-workspace.yaml"), "packages:\n  - packages/*\n");
    writeFileSync(
      join(clone, "pnpm-lock.yaml"),
      "lockfileVersion: '9.0'\n\nsettings:\n  autoInstallPeers: true\n  excludeLinksFromLockfile: false\n\nimporters:\n\n" +
        `  .:\n    dependencies:\n      yaml:\n        specifier: ${version}\n        version: ${version}\n\npackages:\n\n` +
        `  yaml@${version}:\n    resolution: {integrity: ${integrity}}\n    engines: {node: '>= 14.6'}\n    hasBin: true\n\n` +
        `snapshots:\n\n  yaml@${version}: {}\n`,
    );
    return clone;
  }

  /** Puts the real command on the sandbox's PATH. */
  offer(name: string): void {
    const real = onPath(name);
    rmSync(join(this.bin, name), { force: true });
    if (real !== undefined) symlinkSync(realpathSync(real), join(this.bin, name));
  }

  /** Puts a shell script on the sandbox's PATH, in the place of whatever has its name. */
  standIn(name: string, script: string, folder: string = this.bin): string {
    const path = join(folder, name);
    mkdirSync(folder, { recursive: true });
    rmSync(path, { force: true });
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  /** Puts a folder at the end of PATH. */
  offerFolder(folder: string): void {
    this.path.push(folder);
  }

  /** A CLI of that version in a folder `bin`, with the language host or without. */
  fakePulumi(bin: string, version: string, host = true): void {
    this.standIn("pulumi", `echo v${version}`, bin);
    if (host) this.standIn("pulumi-language-nodejs", "exit 0", bin);
  }

  /**
   * The real npm, with a stand-in for the one package that downloads from elsewhere: it writes down that it ran, then
   * fills the Pulumi home it is given in two steps with a pause between them, or fails.
   */
  offerNpm(pulumi: "downloads" | "fails"): { readonly downloads: () => number } {
    const log = join(this.folder, "downloads.log");
    const runner = join(this.folder, "run.js");
    writeFileSync(
      runner,
      `const fs = require("node:fs");
const bin = process.env.PULUMI_HOME + "/versions/" + process.env.PULUMI_VERSION + "/bin/";
const put = (name, text) => fs.writeFileSync(bin + name, "#!/bin/sh\\n" + text + "\\n", { mode: 0o755 });
fs.appendFileSync(${JSON.stringify(log)}, "x");
fs.mkdirSync(bin, { recursive: true });
put("pulumi", "echo v" + process.env.PULUMI_VERSION);
setTimeout(() => put("pulumi-language-nodejs", "exit 0"), 700);
`,
    );
    const standIn =
      pulumi === "fails"
        ? "echo no way to the download servers >&2; exit 1"
        : `mkdir -p node_modules/pulumi && exec cp '${runner}' node_modules/pulumi/run.js`;
    this.standIn(
      "npm",
      `case $(cat package.json) in *bulkhead-toolchain-pulumi*) ${standIn} ;; esac\nexec '${realpathSync(onPath("npm")!)}' "$@"`,
    );
    return { downloads: () => (existsSync(log) ? readFileSync(log, "utf8").length : 0) };
  }

  /** Lends this machine's pnpm to the sandbox, where there is one, to spare each test a download. */
  lendPnpm(): void {
    const real = join(realCache, "pnpm");
    if (!existsSync(real)) return;
    mkdirSync(join(this.cache, "pnpm"), { recursive: true });
    for (const version of readdirSync(real).filter((name) => /^\d/.test(name)))
      symlinkSync(join(real, version), join(this.cache, "pnpm", version));
  }

  /** Everything is there but the Pulumi CLI; PATH has no Go, no pip, and no network is needed. */
  async install(): Promise<void> {
    this.lendPnpm();
    this.offerNpm("downloads");
    this.fakePulumi(join(this.versions, "3.230.0", "bin"), "3.230.0");
    const { code, stderr } = await this.bootstrap();
    if (code !== 0) throw new Error(stderr);
    rmSync(this.versions, { recursive: true });
  }

  start(args: readonly string[] = [], options: { clone?: string; env?: Record<string, string | undefined> } = {}) {
    const env = {
      ...npmSettings(),
      HOME: this.home,
      PATH: this.path.join(":"),
      LC_ALL: "C.UTF-8",
      ...options.env,
    };
    const started = Date.now();
    const script = join(options.clone ?? this.clone, "scripts", "bootstrap.sh");
    const child = spawn("/bin/sh", [script, ...args], { env, cwd: this.folder, detached: true });
    if (child.pid !== undefined) this.started.push(child.pid);
    const heard = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (heard.stdout += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (heard.stderr += chunk));
    const result = new Promise<Result>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => {
        this.started.splice(this.started.indexOf(child.pid!), 1);
        resolve({ code, signal, ...heard, milliseconds: Date.now() - started });
      });
    });
    return { pid: child.pid!, result, heard };
  }

  bootstrap(...of: Parameters<Sandbox["start"]>): Promise<Result> {
    return this.start(...of).result;
  }

  /** What killed runs have left running, by their own ledgers. */
  orphans(): number[] {
    const clones = readdirSync(this.folder).map((name) => join(this.folder, name, ".bulkhead", "toolchain"));
    return [join(this.cache, "pnpm", ".lock"), join(this.versions, ".bulkhead"), ...clones]
      .map((lock) => join(lock, "children"))
      .filter((ledger) => existsSync(ledger))
      .flatMap((ledger) => readFileSync(ledger, "utf8").trim().split("\n"))
      .map((line) => /^(\d+) (.+)$/.exec(line) ?? [])
      .filter(([, pid, identity]) => identity !== undefined && identityOf(Number(pid)) === identity)
      .map(([, pid]) => Number(pid));
  }

  /** Every file of the sandbox with its size and time of change. */
  snapshot(): string[] {
    return readdirSync(this.folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isSymbolicLink())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => `${relative(this.folder, file)} ${statSync(file).mtimeMs} ${statSync(file).size}`)
      .sort();
  }
}

export interface Shown {
  readonly version: string;
  readonly path: string;
  readonly args: readonly string[];
  readonly home: string;
}

/** What the verb `show` printed. */
export function shown(result: Result): Shown {
  if (result.code !== 0) throw new Error(`exit code ${result.code}\n${result.stderr}`);
  return JSON.parse(result.stdout) as Shown;
}

/** The folders of the CLI that the verb would find, in order. */
export function pulumiFolders(result: Result): string[] {
  return shown(result)
    .path.split(":")
    .filter((folder) => existsSync(join(folder, "pulumi")));
}
