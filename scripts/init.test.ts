/** npm run init, against a gcloud and a pulumi that keep a cloud in a file and write down how they were called. */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LAYERS } from "@bulkhead/config";
import { beforeEach, expect, test } from "vitest";
import { REPOSITORY } from "./lib/platform.ts";

/** Acts on `cloud.json` as the real ones would, as far as init asks; says NOT_FOUND in their words. */
const FAKE = `
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
const [tool, ...args] = process.argv.slice(2);
const folder = process.env.FAKE_FOLDER;
appendFileSync(folder + "/calls.jsonl", JSON.stringify({ tool, args, cwd: process.cwd(), backend: process.env.PULUMI_BACKEND_URL ?? null }) + "\\n");
const cloud = JSON.parse(readFileSync(folder + "/cloud.json", "utf8"));
const save = () => writeFileSync(folder + "/cloud.json", JSON.stringify(cloud));
const print = (value) => process.stdout.write(JSON.stringify(value));
const missing = () => { process.stderr.write("ERROR: NOT_FOUND: not found: 404."); process.exit(1); };
const flag = (name) => args.find((arg) => arg.startsWith("--" + name + "="))?.split("=")[1];
const [noun, what, action] = args;
if (cloud.fail === [noun, what, action].join(" ")) { process.stderr.write("ERROR: PERMISSION_DENIED: 403"); process.exit(1); }
if (tool === "pulumi") {
  if (noun === "stack" && what === "ls") print((cloud.stacks ?? []).filter(({ cwd }) => cwd === process.cwd()));
  if (noun === "stack" && what === "init") { (cloud.stacks ??= []).push({ name: "organization/p/" + action, cwd: process.cwd() }); save(); }
} else if (noun === "projects") cloud.project ? print(cloud.project) : missing();
else if (what === "buckets") {
  if (action === "describe") cloud.bucket ? print(cloud.bucket) : missing();
  if (action === "create") {
    cloud.bucket = { projectNumber: "42", location: flag("location").toUpperCase(), iamConfiguration: {
      uniformBucketLevelAccess: { enabled: args.includes("--uniform-bucket-level-access") },
      publicAccessPrevention: args.includes("--public-access-prevention") ? "enforced" : "inherited" },
      softDeletePolicy: { retentionDurationSeconds: String(parseInt(flag("soft-delete-duration")) * 86400) } };
    save();
  }
  if (action === "update") { cloud.bucket.versioning = { enabled: args.includes("--versioning") }; save(); }
} else if (what === "keyrings") {
  if (action === "describe") cloud.ring ? print({}) : missing();
  else { cloud.ring = true; save(); }
} else if (what === "keys") {
  if (action === "describe") cloud.key ? print(cloud.key) : missing();
  else { cloud.key = { purpose: "ENCRYPT_DECRYPT", primary: { state: "ENABLED" }, rotationPeriod: parseInt(flag("rotation-period")) * 86400 + "s" }; save(); }
}
`;

interface Call {
  readonly tool: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly backend: string | null;
}

let folder: string;
let cloud: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bulkhead-init-"));
  cloud = join(folder, "cloud.json");
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "fake.mjs"), FAKE);
  for (const tool of ["gcloud", "pulumi"]) {
    const file = join(folder, "bin", tool);
    writeFileSync(file, `#!/bin/sh\nexec "${process.execPath}" "${folder}/fake.mjs" ${tool} "$@"\n`);
    chmodSync(file, 0o755);
  }
  for (const layer of LAYERS) {
    for (const name of ["Pulumi.dev.yaml", "Pulumi.yaml"])
      cpSync(join(REPOSITORY, "stacks", layer, name), join(folder, "stacks", layer, name), { recursive: true });
  }
  given({});
  return () => rmSync(folder, { recursive: true, force: true });
});

const given = (more: object) =>
  writeFileSync(cloud, JSON.stringify({ project: { projectNumber: "42", lifecycleState: "ACTIVE" }, ...more }));

function init(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(REPOSITORY, "scripts/init.ts"), ...args], {
    encoding: "utf8",
    env: {
      ...process.env,
      PATH: join(folder, "bin"),
      FAKE_FOLDER: folder,
      BULKHEAD_ROOT: folder,
      PULUMI_BACKEND_URL: "https://elsewhere.example.com",
      PULUMI_CONFIG_PASSPHRASE: "a-passphrase-of-the-shell",
    },
  });
  return { status, output: stdout + stderr };
}
const dev = (...more: string[]) => init("dev", "--project", "bulkhead-dev", "--yes", ...more);
const calls = (): Call[] =>
  existsSync(join(folder, "calls.jsonl"))
    ? readFileSync(join(folder, "calls.jsonl"), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Call)
    : [];
/** The calls that change something, as words. */
const changes = () =>
  calls()
    .filter(({ args }) =>
      /^(?:enable|create|update|login|init)$/.test(
        args.find((arg) => /^(?:enable|create|update|login|init|describe|ls)$/.test(arg)) ?? "",
      ),
    )
    .map(({ tool, args }) => [tool, ...args].join(" "));
const forget = () => rmSync(join(folder, "calls.jsonl"), { force: true });

test("a new project gets services, a bucket, a key, and a stack for each layer, in this order", () => {
  const { status, output } = dev();
  expect(output).toContain("dev is ready for its first update");
  expect(status).toBe(0);
  const made = changes();
  expect(made.map((call) => call.split(" ").slice(0, 4).join(" "))).toEqual([
    "gcloud services enable cloudkms.googleapis.com",
    "gcloud storage buckets create",
    "gcloud storage buckets update",
    "gcloud kms keyrings create",
    "gcloud kms keys create",
    "pulumi login gs://bulkhead-dev-pulumi-state",
    ...LAYERS.map(() => "pulumi stack init dev"),
  ]);
  const [, create = "", update = "", , key = ""] = made;
  expect(create.split(" ").slice(4)).toEqual([
    "gs://bulkhead-dev-pulumi-state",
    "--project=bulkhead-dev",
    "--location=europe-west1",
    "--uniform-bucket-level-access",
    "--public-access-prevention",
    "--soft-delete-duration=90d",
  ]);
  expect(update).toBe("gcloud storage buckets update gs://bulkhead-dev-pulumi-state --versioning");
  expect(key).toMatch(
    /create pulumi-dev --keyring=bulkhead --location=europe-west1 --project=bulkhead-dev --purpose=encryption --protection-level=software --rotation-period=90d --next-rotation-time=\d{4}-\d\d-\d\dT[\d:]+Z --destroy-scheduled-duration=30d$/,
  );
  const inits = calls().filter(({ args }) => args[1] === "init");
  expect(inits.map(({ cwd }) => cwd)).toEqual(LAYERS.map((layer) => join(folder, "stacks", layer)));
  for (const { args, backend } of inits) {
    expect(args).toContain(
      "--secrets-provider=gcpkms://projects/bulkhead-dev/locations/europe-west1/keyRings/bulkhead/cryptoKeys/pulumi-dev",
    );
    // Whatever backend the shell names, the stack is made in the bucket of the login before it.
    expect(backend).toBeNull();
  }
});

test("again: nothing is made twice", () => {
  dev();
  forget();
  expect(dev().status).toBe(0);
  expect(changes().map((call) => call.split(" ").slice(0, 3).join(" "))).toEqual([
    "gcloud services enable",
    "pulumi login gs://bulkhead-dev-pulumi-state",
  ]);
});

test("a run that ended half-way is completed: a bucket without versioning, two stacks of four", () => {
  dev();
  const state = JSON.parse(readFileSync(cloud, "utf8")) as {
    bucket: { versioning?: object };
    stacks: object[];
    key?: object;
  };
  delete state.bucket.versioning;
  delete state.key;
  state.stacks.splice(2);
  writeFileSync(cloud, JSON.stringify(state));
  forget();
  expect(dev().status).toBe(0);
  expect(changes().map((call) => call.split(" ").slice(0, 4).join(" "))).toEqual([
    expect.stringContaining("services enable"),
    "gcloud storage buckets update",
    "gcloud kms keys create",
    expect.stringContaining("pulumi login"),
    "pulumi stack init dev",
    "pulumi stack init dev",
  ]);
});

const sound = {
  projectNumber: "42",
  location: "EUROPE-WEST1",
  versioning: { enabled: true },
  iamConfiguration: { uniformBucketLevelAccess: { enabled: true }, publicAccessPrevention: "enforced" },
  softDeletePolicy: { retentionDurationSeconds: "7776000" },
};
test.each([
  ["of another project", { bucket: { ...sound, projectNumber: "666" } }, "belongs to another project"],
  ["in another region", { bucket: { ...sound, location: "US" } }, "is in us, not in europe-west1"],
  [
    "that may become public",
    { bucket: { ...sound, iamConfiguration: { uniformBucketLevelAccess: { enabled: true } } } },
    "could be made public",
  ],
  [
    "with access lists",
    { bucket: { ...sound, iamConfiguration: { publicAccessPrevention: "enforced" } } },
    "access lists on objects",
  ],
  ["that forgets at once", { bucket: { ...sound, softDeletePolicy: {} } }, "less than 90 days"],
])("a bucket %s is refused and left as it is", (_which, found, message) => {
  given(found);
  const { status, output } = dev();
  expect(output).toContain(message);
  expect(status).toBe(1);
  expect(changes()).toEqual([expect.stringContaining("services enable")]);
});

test("a key of another purpose, or without a working version, is refused before any stack is made", () => {
  given({ bucket: sound, ring: true, key: { purpose: "ASYMMETRIC_SIGN", primary: { state: "DESTROYED" } } });
  const { status, output } = dev();
  expect(output).toContain("not for encryption");
  expect(output).toContain("no enabled primary version");
  expect(status).toBe(1);
  expect(calls().some(({ tool }) => tool === "pulumi")).toBe(false);
});

test("what may not be looked at is no permission to make it", () => {
  given({ fail: "storage buckets describe" });
  const { status, output } = dev();
  expect(output).toContain("PERMISSION_DENIED");
  expect(status).toBe(1);
  expect(changes()).toEqual([expect.stringContaining("services enable")]);
});

test("--dry-run says everything and calls nothing; without --yes and a terminal nothing is done", () => {
  const dry = dev("--dry-run");
  expect(dry.status).toBe(0);
  expect(dry.output).toContain("gs://bulkhead-dev-pulumi-state");
  expect(dry.output).toContain("cryptoKeys/pulumi-dev");
  expect(init("dev", "--project", "bulkhead-dev")).toMatchObject({
    status: 2,
    output: expect.stringContaining("--yes"),
  });
  expect(calls()).toEqual([]);
});

test("no secret is in any command line, and nothing is written into the stack files", () => {
  const before = LAYERS.map((layer) => readFileSync(join(folder, "stacks", layer, "Pulumi.dev.yaml"), "utf8"));
  dev();
  expect(JSON.stringify(calls().map(({ args }) => args))).not.toMatch(
    /passphrase|password|token|secret(?!s-provider)/i,
  );
  expect(LAYERS.map((layer) => readFileSync(join(folder, "stacks", layer, "Pulumi.dev.yaml"), "utf8"))).toEqual(before);
});

test("a project that is not the stack files' own, an environment without stack files, and local are refused", () => {
  expect(init("dev", "--project", "acme-other", "--yes")).toMatchObject({
    status: 2,
    output: expect.stringContaining("make the two alike"),
  });
  expect(init("qa", "--project", "acme-qa", "--yes")).toMatchObject({
    status: 2,
    output: expect.stringContaining("no stack files"),
  });
  expect(init("local", "--project", "acme", "--yes").status).toBe(2);
  expect(calls()).toEqual([]);
});

test("without gcloud on PATH it says what to install", () => {
  rmSync(join(folder, "bin/gcloud"));
  expect(dev()).toMatchObject({ status: 2, output: expect.stringContaining("no gcloud on PATH") });
});
