/** The runtime's image: its file tree, assembled by the Dockerfile's own steps, holds all that `bulkhead` needs and nothing else. */
import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { build, makeWritable, modeOf, parseDockerfile } from "../support/dockerfile.ts";

const repository = join(import.meta.dirname, "..", "..");
const dockerfile = join(repository, "packages/runtime/Dockerfile");
const stages = parseDockerfile(readFileSync(dockerfile, "utf8"));
let scratch: string;
let image: string;

beforeAll(() => {
  scratch = realpathSync(mkdtempSync(join(tmpdir(), "bulkhead-image-")));
  image = build(stages, repository, readFileSync(`${dockerfile}.dockerignore`, "utf8"), scratch, process.env);
});
afterAll(() => {
  if (!scratch) return;
  makeWritable(scratch);
  rmSync(scratch, { recursive: true, force: true });
});

/** Runs `bulkhead` as the image would, with nothing of this repository or this user in reach but Node. */
function bulkhead(...args: string[]) {
  return spawnSync(process.execPath, [join(image, "app/bin/bulkhead"), ...args], {
    cwd: join(image, "app"),
    env: { PATH: "/nowhere", HOME: "/nowhere", NODE_ENV: "production", PGHOST: "127.0.0.1", PGPORT: "1" },
    encoding: "utf8",
  });
}

test("the image's command line answers, with types stripped from all of its sources", () => {
  const { status, stdout, stderr } = bulkhead("--help");
  expect(stderr).not.toMatch(/Error/);
  expect(status).toBe(0);
  expect(stdout).toContain("bulkhead <verb> [options]");
});

test("a verb gets as far as the database that is not there: drivers, SQL and migrations are in", () => {
  const { status, stderr } = bulkhead("status");
  expect(stderr).toContain("cannot reach the database");
  expect(status).toBe(1);
  expect(globSync("app/packages/runtime/{sql,migrations}/**/*.sql", { cwd: image }).sort()).toEqual(
    globSync("packages/runtime/{sql,migrations}/**/*.sql", { cwd: repository })
      .map((file) => join("app", file))
      .sort(),
  );
});

test("it holds neither tests, development dependencies, a package manager nor a link out of itself", () => {
  const files = globSync("**/*", { cwd: join(image, "app"), withFileTypes: true });
  const paths = files.map((file) => join(file.parentPath, file.name));
  const named =
    /\.test\.ts$|\/node_modules\/(?:\.pnpm\/)?(?:vitest|typescript|zx|pnpm|npm|@pulumi)(?:@|\/|$)|\/pnpm-lock\.yaml$/;
  expect(paths.filter((path) => named.test(path))).toEqual([]);
  for (const [index, file] of files.entries()) {
    if (file.isSymbolicLink()) expect(realpathSync(paths[index]!).startsWith(`${image}/`)).toBe(true);
  }
});

test("any user may read it and none may write it, as Jobs run under user ids of their own and a read-only root", () => {
  for (const file of globSync("app/**/*", { cwd: image })) {
    const folder = statSync(join(image, file)).isDirectory();
    expect([file, modeOf(join(image, file))]).toEqual([file, folder ? "555" : expect.stringMatching(/^(?:444|555)$/)]);
  }
  expect(modeOf(join(image, "app/bin/bulkhead"))).toBe("555");
});

test("bases are pinned by digest, the last one is distroless, and it runs as a user that is not root", () => {
  for (const { base } of stages) expect(base).toMatch(/:[\w.-]+@sha256:[0-9a-f]{64}$/);
  const last = stages.at(-1)!;
  expect(last.base).toMatch(/^gcr\.io\/distroless\/nodejs24-debian13:nonroot@/);
  const of = (keyword: string) =>
    last.instructions.filter((entry) => entry.keyword === keyword).map(({ text }) => text);
  expect(of("RUN")).toEqual([]);
  expect(of("USER")).toEqual(["65532:65532"]);
  expect(of("ENTRYPOINT")).toEqual(['["/app/bin/bulkhead"]']);
  // What a Job's `command: ["bulkhead"]` is looked up in.
  expect(of("ENV").join(" ")).toMatch(/\bPATH=\/app\/bin:/);
  expect(readFileSync(join(image, "app/bin/bulkhead"), "utf8")).toMatch(/^#!\/nodejs\/bin\/node\n/);
});
