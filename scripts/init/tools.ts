/** gcloud and pulumi, as they are on PATH. */
import { spawnSync } from "node:child_process";
import { UserError } from "../lib/cli.ts";
import { onPath } from "../toolchain/machine.ts";

/** Runs a command to its end; standard error goes to the user, as a login may be asked for there. */
export function run(command: string, args: readonly string[], cwd?: string): string {
  const { status, stdout, stderr, error } = call(command, args, cwd);
  if (error) throw new UserError(`${command}: ${error.message}`);
  if (status !== 0) throw new UserError(`${command} ${args.join(" ")} failed:\n${(stderr || stdout).trim()}`);
  return stdout;
}

/** What a `describe` finds; undefined where there is no such thing. Other failures, such as a missing permission, are failures. */
export function describe<T>(args: readonly string[]): T | undefined {
  const all = [...args, "--format=json"];
  const { status, stdout, stderr, error } = call("gcloud", all);
  if (error) throw new UserError(`gcloud: ${error.message}`);
  if (status === 0) return JSON.parse(stdout) as T;
  if (/NOT_FOUND|not found|\b404\b/i.test(stderr) && !/PERMISSION_DENIED|\b403\b/.test(stderr)) return undefined;
  throw new UserError(`gcloud ${all.join(" ")} failed:\n${stderr.trim()}`);
}

/** @throws UserError where a tool is missing */
export function requireTools(): void {
  const remedies: Record<string, string> = {
    gcloud: "install the Google Cloud CLI and log in: gcloud auth login && gcloud auth application-default login",
    pulumi: "run this by npm run init, which brings it",
  };
  const missing = Object.keys(remedies).filter((tool) => onPath(tool) === undefined);
  if (missing.length > 0)
    throw new UserError(missing.map((tool) => `there is no ${tool} on PATH; ${remedies[tool]}`).join("\n"), 2);
}

function call(command: string, args: readonly string[], cwd?: string) {
  return spawnSync(command, args, {
    ...(cwd === undefined ? {} : { cwd }),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 64 * 1024 * 1024,
    // No question that nobody answers; a backend of the caller's shell would not be the one that is made here.
    env: {
      ...process.env,
      CLOUDSDK_CORE_DISABLE_PROMPTS: "1",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_BACKEND_URL: undefined,
      PULUMI_STACK: undefined,
    },
  });
}
