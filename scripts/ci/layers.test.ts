/** The scripts that the workflows call, against a pulumi and a gh that only write down how they were called. */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { REPOSITORY } from "../lib/platform.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bulkhead-ci-"));
  mkdirSync(join(folder, "bin"));
  cpSync(join(REPOSITORY, "scripts/ci"), join(folder, "scripts/ci"), { recursive: true });
  writeFileSync(join(folder, "scripts/bootstrap.sh"), "exit 0\n");
  return () => rmSync(folder, { recursive: true, force: true });
});

function tool(name: string, body: string): void {
  writeFileSync(join(folder, "bin", name), `#!/bin/sh\necho "$@" >> "${folder}/calls"\n${body}\n`);
  chmodSync(join(folder, "bin", name), 0o755);
}

function run(script: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const path = [join(folder, "bin"), process.env.PATH].join(delimiter);
  const base = { PATH: path, PULUMI_BACKEND_URL: "gs://state", GITHUB_REPOSITORY: "acme/platform" };
  return spawnSync(join(folder, "scripts/ci", script), args, { encoding: "utf8", env: { ...base, ...env } });
}
const calls = () =>
  existsSync(join(folder, "calls")) ? readFileSync(join(folder, "calls"), "utf8").trim().split("\n") : [];

test("up: layer after layer, and no further than one that fails", () => {
  tool("pulumi", 'case "$*" in *2-database*) exit 255 ;; esac');
  expect(run("layers.sh", ["up", "dev"]).status).not.toBe(0);
  expect(calls()).toHaveLength(2);
  expect(calls()[0]).toBe(
    `up --yes --policy-pack ${folder}/policies --suppress-outputs --cwd ${folder}/stacks/1-foundation --stack dev --non-interactive --color never`,
  );
});

test("drift: every layer is looked at; a difference ends with 3, and what could not be told with 1", () => {
  tool(
    "pulumi",
    'case "$*" in *2-database*) echo "error: no changes were expected but changes occurred"; exit 255 ;; esac',
  );
  expect(run("layers.sh", ["drift", "dev"]).status).toBe(3);
  expect(calls()).toHaveLength(4);
  for (const call of calls()) expect(call).toMatch(/^refresh --preview-only --expect-no-changes /);
  tool("pulumi", 'echo "error: could not get credentials"; exit 255');
  expect(run("layers.sh", ["drift", "dev"]).status).toBe(1);
  tool("pulumi", "");
  expect(run("layers.sh", ["drift", "dev"]).status).toBe(0);
});

test("no environment that a shell would read, and no verb but the three", () => {
  tool("pulumi", "");
  for (const args of [["up", "dev;id"], ["destroy", "dev"], ["up"]]) expect(run("layers.sh", args).status).not.toBe(0);
  expect(run("layers.sh", ["up", "dev"], { PULUMI_BACKEND_URL: "" }).status).not.toBe(0);
  expect(calls()).toEqual([]);
});

test("the summary holds what was printed, and the command's own end is kept", () => {
  const summary = join(folder, "summary.md");
  const { status, stdout } = run("summarise.sh", ["dev", "sh", "-c", "echo seen; exit 7"], {
    GITHUB_STEP_SUMMARY: summary,
  });
  expect(status).toBe(7);
  expect(stdout).toContain("seen");
  expect(readFileSync(summary, "utf8")).toBe("### dev: failed (7)\n\n~~~~~~text\nseen\n\n~~~~~~\n\n");
});

test("drift opens one issue, adds to it, and closes it", () => {
  tool("gh", "");
  run("drift-issue.sh", ["dev", "3", "https://run"]);
  expect(calls().at(-1)).toMatch(/^issue create --repo acme\/platform --title Drift in dev --body .*https:\/\/run/);
  tool("gh", 'case "$*" in *list*) echo 12 ;; esac');
  run("drift-issue.sh", ["dev", "3", "https://run"]);
  expect(calls().at(-1)).toMatch(/^issue comment 12 /);
  run("drift-issue.sh", ["dev", "0", "https://run"]);
  expect(calls().at(-1)).toMatch(/^issue close 12 /);
  tool("gh", "");
  const before = calls().length;
  run("drift-issue.sh", ["dev", "0", "https://run"]);
  expect(calls()).toHaveLength(before + 1);
});
