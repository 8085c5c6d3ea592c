/** Applies a layer with the real engine: project files under `.bulkhead/`, state there too, stand-in providers on PATH. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join, relative } from "node:path";
import { type Layer, projectOf } from "@bulkhead/config";
import { parse, stringify } from "yaml";
import { type EngineEvent, followEvents } from "./events.ts";
import { type Platform, REPOSITORY, writePrivate } from "./platform.ts";

export interface LayerResult {
  readonly layer: Layer;
  /** Resources by what was done to them: create, update, replace, delete, same. */
  readonly changes: Readonly<Record<string, number>>;
  readonly seconds: number;
}

/** The engine refused or failed; the message holds what it, a policy or a provider said. */
export class LayerFailure extends Error {
  readonly layer: Layer;
  readonly interrupted: boolean;
  constructor(layer: Layer, message: string, interrupted: boolean) {
    super(message);
    this.layer = layer;
    this.interrupted = interrupted;
  }
}

/** Environment of every Pulumi process of a platform. */
export function pulumiEnvironment(platform: Platform): NodeJS.ProcessEnv {
  // Reveals --event-log, by which Pulumi's own automation API follows an update.
  const events = { PULUMI_SKIP_UPDATE_CHECK: "true", PULUMI_DEBUG_COMMANDS: "true" };
  if (platform.mode === "cloud") return { ...process.env, ...events };
  return {
    ...process.env,
    ...events,
    PATH: [join(REPOSITORY, "packages/local-cloud/bin"), process.env.PATH].join(delimiter),
    // A home of its own: no login, plugin or setting of the user's other work comes in, or goes out.
    PULUMI_HOME: join(platform.home, "pulumi"),
    PULUMI_BACKEND_URL: `file://${join(platform.home, "state")}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: join(platform.home, "passphrase"),
    PULUMI_CONFIG_PASSPHRASE: undefined,
    PULUMI_ACCESS_TOKEN: undefined,
    PULUMI_STACK: undefined,
    PULUMI_SKIP_CONFIRMATIONS: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK: "true",
    // A rehearsal's state is thrown away: saving it after every step, the whole of it each time, is most of what a large layer takes.
    ...(platform.mode === "record" ? { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" } : {}),
    BULKHEAD_CLOUD: platform.mode,
    BULKHEAD_CLOUD_DIR: platform.cloud,
    BULKHEAD_REPO: REPOSITORY,
  };
}

/** Whether the layer has ever been applied here. */
export function stateFile(platform: Platform, layer: Layer): string {
  return join(platform.home, "state/.pulumi/stacks", projectOf(layer), `${platform.environment}.json`);
}

/** Where Pulumi is run for a layer. */
function projectFolder(platform: Platform, layer: Layer): string {
  return platform.mode === "cloud" ? join(platform.stacks, layer) : join(platform.home, "projects", layer);
}

/**
 * Writes the layer's project and config where Pulumi may add to them; returns the folder.
 * @param text - the stack file's content, where it is not what stands in `stacks/`
 */
export function prepareProject(platform: Platform, layer: Layer, text?: string): string {
  const folder = projectFolder(platform, layer);
  if (platform.mode === "cloud") return folder;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const source = join(platform.stacks, layer);
  const project = parse(readFileSync(join(source, "Pulumi.yaml"), "utf8"));
  // Wholly or not at all: a run that is killed must leave what the next one can read, the salt of its state above all.
  writePrivate(join(folder, "Pulumi.yaml"), stringify({ ...project, main: `${relative(folder, source)}/` }));
  const file = `Pulumi.${platform.environment}.yaml`;
  const config = parse(text ?? readFileSync(join(source, file), "utf8"));
  const images = config?.config?.["bulkhead:images"];
  if (platform.mode === "realise" && images?.runtime) images.runtime += `-${runtimeVersion()}`;
  // What npm run init wrote: the key of the environment's real state, which nothing here may ask for.
  for (const key of ["secretsprovider", "encryptedkey"]) delete config?.[key];
  // The salt goes with the passphrase of this machine; it stays over runs, as the state is encrypted with it.
  const kept = existsSync(join(folder, file)) ? parse(readFileSync(join(folder, file), "utf8")) : {};
  writePrivate(
    join(folder, file),
    stringify({ ...config, ...(kept?.encryptionsalt ? { encryptionsalt: kept.encryptionsalt } : {}) }),
  );
  return folder;
}

/**
 * Here the runtime's image is its source, so its tag has to follow the source: changed SQL or a new migration is a new image, and a new
 * image is a new rollout, as it is in production.
 */
function runtimeVersion(): string {
  const hash = createHash("sha256");
  for (const folder of ["packages/runtime", "packages/config/src"]) {
    const files = readdirSync(join(REPOSITORY, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(?:ts|sql)$/.test(entry.name) && !entry.name.endsWith(".test.ts"))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !path.includes("node_modules"))
      .sort();
    for (const path of files) hash.update(`${relative(REPOSITORY, path)}\0`).update(readFileSync(path));
  }
  return hash.digest("hex").slice(0, 12);
}

/** The running engine, so that an interrupt can wait for it. */
let running: ChildProcess | undefined;
export function runningEngine(): ChildProcess | undefined {
  return running;
}

/** Runs one Pulumi command to its end and returns its standard output; throws with all that it said if it fails. */
export async function pulumi(platform: Platform, layer: Layer, args: readonly string[]): Promise<string> {
  // All of it: a state is long.
  const printed: string[] = [];
  const { code, output } = await run(platform, layer, args, (chunk) => printed.push(chunk));
  if (code !== 0) throw new LayerFailure(layer, output.trim(), false);
  return printed.join("");
}

async function run(
  platform: Platform,
  layer: Layer,
  args: readonly string[],
  onPrinted: (chunk: string) => void = () => {},
): Promise<{ code: number | null; signal: NodeJS.Signals | null; output: string }> {
  const folder = projectFolder(platform, layer);
  const child = spawn("pulumi", [...args, "--non-interactive", "--color", "never"], {
    cwd: folder,
    env: pulumiEnvironment(platform),
    stdio: ["ignore", "pipe", "pipe"],
  });
  running = child;
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      output = (output + chunk).slice(-200_000);
    });
  }
  child.stdout.on("data", onPrinted);
  try {
    return await new Promise((done, failed) => {
      child.on("error", failed);
      child.on("close", (code, signal) => done({ code, signal, output }));
    });
  } finally {
    running = undefined;
  }
}

/** How an update or a preview of a layer differs from one of the whole layer as its files say. */
export interface RunOptions {
  /** The stack file's content, where it is not what stands in `stacks/`. */
  readonly text?: string;
  /** URNs: nothing else is updated. */
  readonly targets?: readonly string[];
  /** URNs that are left as they are. */
  readonly exclude?: readonly string[];
}

/**
 * `pulumi up` of one layer, with the policy pack.
 * @param onEvent - called with each event of the engine, as it happens
 */
export function applyLayer(
  platform: Platform,
  layer: Layer,
  onEvent: (event: EngineEvent) => void,
  options: RunOptions = {},
): Promise<LayerResult> {
  return runLayer(platform, layer, ["up", "--yes", "--skip-preview", "--suppress-outputs"], onEvent, options);
}

/** `pulumi preview` of one layer, with the policy pack: its events say what an update would do. */
export function previewLayer(
  platform: Platform,
  layer: Layer,
  onEvent: (event: EngineEvent) => void,
  options: RunOptions = {},
): Promise<LayerResult> {
  return runLayer(platform, layer, ["preview", "--suppress-outputs"], onEvent, options);
}

async function runLayer(
  platform: Platform,
  layer: Layer,
  command: readonly string[],
  onEvent: (event: EngineEvent) => void,
  { text, targets = [], exclude = [] }: RunOptions,
): Promise<LayerResult> {
  const start = Date.now();
  prepareProject(platform, layer, text);
  if (platform.mode !== "cloud" && !existsSync(stateFile(platform, layer)))
    await pulumi(platform, layer, ["stack", "init", platform.environment, "--no-select"]);
  const log = join(platform.home, `events-${layer}-${process.pid}.json`);
  const config = join(platform.home, `Pulumi.${platform.environment}.${layer}-${process.pid}.yaml`);
  const instead = platform.mode === "cloud" && text !== undefined;
  if (instead) writePrivate(config, text);
  const errors: string[] = [];
  const changes: Record<string, number> = {};
  const events = followEvents(log, (event) => {
    if (event.diagnosticEvent?.severity === "error") errors.push(clean(event.diagnosticEvent.message));
    if (event.policyEvent && event.policyEvent.enforcementLevel === "mandatory") {
      errors.push(`policy ${event.policyEvent.policyName}: ${clean(event.policyEvent.message)}`);
    }
    if (event.summaryEvent) Object.assign(changes, event.summaryEvent.resourceChanges);
    onEvent(event);
  });
  try {
    const { code, signal, output } = await run(platform, layer, [
      ...command,
      "--stack",
      platform.environment,
      "--policy-pack",
      join(REPOSITORY, "policies"),
      "--event-log",
      log,
      ...(instead ? ["--config-file", config] : []),
      ...targets.flatMap((urn) => ["--target", urn]),
      ...exclude.flatMap((urn) => ["--exclude", urn]),
    ]);
    await events.close();
    if (code !== 0) {
      const interrupted = signal !== null || /update (?:was )?cancell?ed|interrupted/i.test(output);
      throw new LayerFailure(layer, [...new Set(errors)].filter(Boolean).join("\n") || output.trim(), interrupted);
    }
    return { layer, changes, seconds: (Date.now() - start) / 1000 };
  } finally {
    await events.close();
    rmSync(log, { force: true });
    if (instead) rmSync(config, { force: true });
  }
}

/** The layer's `outputs`, as plain values. */
export async function readOutputs<T>(platform: Platform, layer: Layer): Promise<T> {
  const printed = await pulumi(platform, layer, [
    "stack",
    "output",
    "outputs",
    "--json",
    "--show-secrets",
    "--stack",
    platform.environment,
  ]);
  return JSON.parse(printed) as T;
}

/** Markup that the engine leaves in messages: `<{%reset%}>`. */
function clean(message: string): string {
  return message.replace(/<\{%[a-z ]*%\}>/g, "").trim();
}
