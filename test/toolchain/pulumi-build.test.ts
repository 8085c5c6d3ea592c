import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { manifest, onPath, pinned } from "../../scripts/toolchain/machine.ts";
import { pulumiFolders, Sandbox } from "./sandbox.ts";

// Cold this is the real five minutes; after a bootstrap that built the CLI, Go's caches make it seconds.
const minutes = 60_000;

/** Go's caches and module source are this machine's, as they are in a user's own home. */
function goSettings(): Record<string, string> {
  if (onPath("go") === undefined) return {};
  const names = ["GOCACHE", "GOMODCACHE", "GOPROXY", "GOSUMDB", "GONOSUMDB", "GOTOOLCHAIN"];
  return JSON.parse(execFileSync("go", ["env", "-json", ...names], { encoding: "utf8" }));
}

test("the last source builds a CLI that runs a program", { timeout: 25 * minutes }, async () => {
  using sandbox = new Sandbox();
  await sandbox.install();
  sandbox.offerNpm("fails");
  for (const name of ["go", "git", "python3", "pip3"]) sandbox.offer(name);
  const result = await sandbox.bootstrap(["show"], { env: goSettings() });

  const version = pinned(manifest("pulumi-cli", "go.mod"), "github.com/pulumi/pulumi/pkg/v3");
  const bin = join(sandbox.versions, version, "bin");
  expect(pulumiFolders(result)).toEqual([bin]);
  expect(readdirSync(bin).sort()).toEqual([
    "pulumi",
    "pulumi-analyzer-policy",
    "pulumi-language-nodejs",
    "pulumi-resource-pulumi-nodejs",
  ]);
  expect(readdirSync(join(sandbox.versions, ".bulkhead"))).toEqual(["lock"]);

  const program = join(sandbox.folder, "program");
  mkdirSync(program);
  symlinkSync(join(import.meta.dirname, "..", "..", "node_modules"), join(program, "node_modules"));
  writeFileSync(join(program, "package.json"), '{ "name": "tiny", "type": "module", "main": "index.ts" }');
  writeFileSync(join(program, "Pulumi.yaml"), "name: tiny\nruntime: nodejs\n");
  writeFileSync(
    join(program, "index.ts"),
    'import * as pulumi from "@pulumi/pulumi";\nexport const ran: pulumi.Output<string> = pulumi.output(process.version);\n',
  );
  const env = {
    ...process.env,
    HOME: sandbox.home,
    PATH: `${bin}:${process.env.PATH}`,
    PULUMI_HOME: join(sandbox.home, ".pulumi"),
    PULUMI_BACKEND_URL: `file://${program}`,
    PULUMI_CONFIG_PASSPHRASE: "only for this test",
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
  const pulumi = (...args: string[]) =>
    execFileSync(join(bin, "pulumi"), args, { cwd: program, env, encoding: "utf8", stdio: "pipe" }).trim();
  expect(pulumi("version")).toBe(`v${version}`);
  pulumi("stack", "init", "test");
  pulumi("up", "--yes", "--stack", "test");
  expect(pulumi("stack", "output", "ran", "--stack", "test")).toBe(process.version);
});

test("what is built is pinned to the last module", () => {
  for (const module of ["pulumi-cli", "pulumi-language-nodejs"]) {
    const wanted = readFileSync(manifest(module, "go.mod"), "utf8").matchAll(/^\s+(\S+) (v\S+)/gm);
    const sums = new Set(
      readFileSync(manifest(module, "go.sum"), "utf8")
        .split("\n")
        .map((line) =>
          line
            .split(/ |\/go\.mod/)
            .slice(0, 2)
            .join(" "),
        ),
    );
    const missing = [...wanted].map(([, name, version]) => `${name} ${version}`).filter((entry) => !sums.has(entry));
    // The one module that is replaced is summed under its replacement.
    expect(missing.filter((entry) => !entry.startsWith("github.com/atotto/clipboard "))).toEqual([]);
  }
});
