/** The workflows, as actionlint reads them: syntax, expressions, contexts, inputs of actions and of reusable workflows. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { findGo } from "../../scripts/toolchain/go.ts";
import { withLock } from "../../scripts/toolchain/lock.ts";
import { isExecutable, manifest, pinned } from "../../scripts/toolchain/machine.ts";

const repository = join(import.meta.dirname, "..", "..");
const module = manifest("actionlint");
const version = pinned(join(module, "go.mod"), "github.com/rhysd/actionlint");
const cache = process.env.BULKHEAD_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "bulkhead");
const folder = join(cache, "actionlint");
const command = join(folder, version, "actionlint");

beforeAll(async () => {
  if (isExecutable(command)) return;
  mkdirSync(folder, { recursive: true });
  await withLock(join(folder, ".lock"), "building actionlint", async (held) => {
    if (isExecutable(command)) return;
    const go = await findGo(held, { note: () => {}, done: () => {}, failed: () => {} });
    const options = ["-mod=readonly", "-trimpath", "-buildvcs=false", "-o", command];
    const env = { ...go.env, GOFLAGS: go.flags, GOWORK: "off", CGO_ENABLED: "0" };
    await held.run(go.command, ["build", ...options, "github.com/rhysd/actionlint/cmd/actionlint"], {
      cwd: module,
      env,
    });
    if (go.folder !== undefined) rmSync(go.folder, { recursive: true, force: true });
  });
});

/** Without shellcheck and pyflakes, which a machine may or may not have. */
function lint(root: string): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(command, ["-no-color", "-shellcheck=", "-pyflakes="], {
    cwd: root,
    encoding: "utf8",
  });
  return { status, output: stdout + stderr };
}

test("it finds nothing", () => {
  expect(lint(repository)).toEqual({ status: 0, output: "" });
});

test("it looks: an unknown context, a wrong input, an event's title in a shell", () => {
  const root = mkdtempSync(join(tmpdir(), "bulkhead-actionlint-"));
  try {
    execFileSync("git", ["init", "--quiet", root]);
    cpSync(join(repository, ".github"), join(root, ".github"), { recursive: true });
    const file = join(root, ".github/workflows/deploy.yml");
    const text = readFileSync(file, "utf8");
    writeFileSync(
      file,
      text.replace("environment: dev", "enviroment: dev").replace("vars.DEPLOY_ENABLED", "var.DEPLOY_ENABLED"),
    );
    const preview = join(root, ".github/workflows/preview.yml");
    writeFileSync(
      preview,
      `${readFileSync(preview, "utf8")}      - run: echo \${{ github.event.pull_request.title }}\n`,
    );
    const { status, output } = lint(root);
    expect(status).toBe(1);
    expect(output).toContain('input "enviroment" is not defined');
    expect(output).toContain('undefined variable "var"');
    expect(output).toContain("potentially untrusted");
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
