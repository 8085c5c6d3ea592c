import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { noNetwork, pulumiFolders, Sandbox } from "./sandbox.ts";

// The sources of the Pulumi CLI in their order, but the build, which has a file of its own.

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = new Sandbox();
  await sandbox.install();
}, 120_000);
afterEach(() => sandbox[Symbol.dispose]());

const elsewhere = () => join(sandbox.folder, "elsewhere");

test("a new enough pulumi on PATH is used, and no other is set up", async () => {
  sandbox.fakePulumi(elsewhere(), "3.300.0");
  sandbox.fakePulumi(join(sandbox.versions, "3.301.0", "bin"), "3.301.0");
  sandbox.offerFolder(elsewhere());
  const result = await sandbox.bootstrap(["show"]);
  expect(pulumiFolders(result)).toEqual([elsewhere()]);
  expect(result.stderr).toBe("");
  expect(readdirSync(sandbox.versions)).toEqual(["3.301.0"]);
});

test.each([
  ["too old", "3.219.9", true],
  ["of a major version that was never tried", "4.0.0", true],
  ["without a host for Node.js", "3.300.0", false],
])("a pulumi on PATH that is %s is ignored for the newest in the cache", async (_, version, host) => {
  sandbox.fakePulumi(elsewhere(), version, host);
  sandbox.offerFolder(elsewhere());
  for (const cached of ["3.100.0", "3.220.0", "3.230.1", "3.9.0"]) {
    sandbox.fakePulumi(join(sandbox.versions, cached, "bin"), cached);
  }
  sandbox.fakePulumi(join(sandbox.versions, "3.299.0", "bin"), "3.299.0", false);
  const result = await sandbox.bootstrap(["show"], { env: noNetwork });
  expect(pulumiFolders(result)).toEqual([join(sandbox.versions, "3.230.1", "bin"), elsewhere()]);
  expect(result.stderr).toBe("");
});

test("a pulumi on PATH that does not answer is ignored", async () => {
  sandbox.fakePulumi(elsewhere(), "3.300.0");
  sandbox.standIn("pulumi", "exit 7", elsewhere());
  sandbox.offerFolder(elsewhere());
  sandbox.fakePulumi(join(sandbox.versions, "3.230.0", "bin"), "3.230.0");
  const result = await sandbox.bootstrap(["show"], { env: noNetwork });
  expect(pulumiFolders(result)[0]).toBe(join(sandbox.versions, "3.230.0", "bin"));
});

test("with neither, the npm package pulumi fills the cache, once", async () => {
  const npm = sandbox.offerNpm("downloads");
  // What an installer that was cut off leaves behind is no CLI.
  sandbox.fakePulumi(join(sandbox.versions, "3.265.0", "bin"), "3.265.0", false);
  const first = await sandbox.bootstrap(["show"]);
  expect(pulumiFolders(first)).toEqual([join(sandbox.versions, "3.265.0", "bin")]);
  expect(first.stderr).toContain("the Pulumi CLI: done");
  expect(existsSync(join(sandbox.versions, ".bulkhead", "staging"))).toBe(false);

  const second = await sandbox.bootstrap(["show"]);
  expect(second.stderr).toBe("");
  expect(npm.downloads()).toBe(1);
});

test("where no source works, one error names all three, why each failed, and the remedy", async () => {
  sandbox.fakePulumi(elsewhere(), "3.1.0");
  sandbox.offerFolder(elsewhere());
  sandbox.offer("npm");
  sandbox.standIn("go", "echo go version go1.19.8 linux/amd64");
  const { code, stderr, stdout } = await sandbox.bootstrap(["show"], { env: noNetwork });
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toMatch(
    /1\. `pulumi` on PATH: .*elsewhere\/pulumi is v3\.1\.0, and 3\.220\.0 or a later 3\.x is needed/,
  );
  expect(stderr).toMatch(/2\. the npm package pulumi: .+/);
  expect(stderr).toMatch(/3\. a build from source: .*go is 1\.19\.8, too old.*there is no pip/);
  expect(stderr).toContain("install the Pulumi CLI by its own instructions");
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(readdirSync(sandbox.versions)).toEqual([".bulkhead"]);
  rmSync(sandbox.versions, { recursive: true });
}, 60_000);
