/** What a workflow here may do: pinned actions, few permissions, no credential where a stranger's code runs, nothing of others in a shell. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { REPOSITORY } from "../lib/platform.ts";

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, unknown>>;
}
type Permissions = Readonly<Record<string, string>>;
interface Job {
  readonly if?: string;
  readonly uses?: string;
  readonly needs?: string | readonly string[];
  readonly environment?: string;
  readonly permissions?: Permissions;
  readonly concurrency?: { readonly group: string; readonly "cancel-in-progress": unknown };
  readonly "timeout-minutes"?: number;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly steps?: readonly Step[];
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Permissions;
  readonly jobs: Readonly<Record<string, Job>>;
}

/** As a workflow writes it. */
const INPUT = ["$", "{{ inputs.environment }}"].join("");
const FOLDER = join(REPOSITORY, ".github/workflows");
const NAMES = readdirSync(FOLDER).filter((name) => name.endsWith(".yml"));
const textOf = (name: string) => readFileSync(join(FOLDER, name), "utf8");
const read = (name: string) => parse(textOf(name)) as Workflow;
const actionText = readFileSync(join(REPOSITORY, ".github/actions/toolchain/action.yml"), "utf8");
const jobsOf = (name: string) => Object.entries(read(name).jobs);
const stepsOf = (name: string) => jobsOf(name).flatMap(([, { steps = [] }]) => steps);

describe.each(NAMES)("%s", (name) => {
  const workflow = read(name);

  test("actions are pinned by commit, each with its version beside it", () => {
    for (const [, reference = ""] of `${textOf(name)}\n${actionText}`.matchAll(/^\s*(?:- )?uses:\s*(.+)$/gm))
      expect(reference).toMatch(
        /^\.\/\.github\/(?:actions\/toolchain|workflows\/[a-z-]+\.yml)$|^[\w.-]+\/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/,
      );
  });

  test("it may read the repository, and a job says what it may beyond that", () => {
    expect(workflow.permissions).toEqual({ contents: "read" });
    for (const [job, { permissions = {} }] of jobsOf(name)) {
      const writes = Object.keys(permissions).filter((key) => permissions[key] === "write");
      const allowed: Record<string, readonly string[]> = {
        "deploy.yml": ["id-token"],
        "deploy-environment.yml": ["id-token"],
        "drift.yml": ["id-token", "issues"],
        "image.yml publish": ["id-token", "attestations"],
        "image.yml propose": ["contents", "pull-requests"],
      };
      for (const write of writes)
        expect([job, allowed[name] ?? allowed[`${name} ${job}`] ?? []]).toEqual([job, expect.arrayContaining([write])]);
    }
  });

  test("a shell sees what others wrote by variables only", () => {
    for (const { run = "" } of stepsOf(name)) expect(run.replace(/\$\{\{ matrix\.part \}\}/g, "")).not.toContain("${{");
  });

  test("a checkout leaves no token behind, and every job that runs has an end", () => {
    for (const { uses = "", with: inputs } of stepsOf(name))
      if (uses.startsWith("actions/checkout@")) expect(inputs).toMatchObject({ "persist-credentials": false });
    for (const [, { uses, "timeout-minutes": minutes }] of jobsOf(name)) if (!uses) expect(minutes).toBeGreaterThan(0);
  });

  test("where a pull request's code runs there is no credential to take", () => {
    expect(Object.keys(workflow.on)).not.toContain("pull_request_target");
    expect(Object.keys(workflow.on)).not.toContain("workflow_run");
    expect(textOf(name)).not.toMatch(/\bsecrets\b/);
    if (!("pull_request" in workflow.on)) return;
    for (const [, { permissions = {}, environment, if: condition = "", needs }] of jobsOf(name)) {
      const onlyOutside = condition.includes("github.event_name != 'pull_request'") || needs === "publish";
      if (onlyOutside) continue;
      expect(permissions["id-token"]).toBeUndefined();
      expect(environment).toBeUndefined();
    }
  });

  test("what holds a credential takes nothing from a cache that another job filled", () => {
    for (const [, { permissions = {}, steps = [] }] of jobsOf(name)) {
      if (!Object.values(permissions).includes("write")) continue;
      for (const { uses = "", with: inputs } of steps)
        if (uses === "./.github/actions/toolchain") expect(inputs?.cache).toBeUndefined();
    }
  });
});

describe("deploy", () => {
  test("dev, staging, prod: one after the other, of the same commit, from main alone", () => {
    const { jobs } = read("deploy.yml");
    expect(Object.keys(jobs)).toEqual(["dev", "staging", "prod"]);
    expect(jobs.dev?.if).toContain("github.ref == 'refs/heads/main'");
    expect(jobs.staging?.needs).toBe("dev");
    expect(jobs.prod?.needs).toBe("staging");
    for (const [name, { uses, with: inputs }] of Object.entries(jobs)) {
      expect(uses).toBe("./.github/workflows/deploy-environment.yml");
      expect(inputs).toEqual({ environment: name });
    }
    // Whatever else is checked out would not be the commit that was approved.
    for (const { uses = "", with: inputs } of stepsOf("deploy-environment.yml"))
      if (uses.startsWith("actions/checkout@")) expect(inputs).not.toHaveProperty("ref");
  });

  test("applying waits for the environment's approval, one at a time, and is never cut short; previewing logs in as another", () => {
    const { preview, apply } = read("deploy-environment.yml").jobs;
    expect(preview?.environment).toBe(`${INPUT}-preview`);
    expect(apply).toMatchObject({
      needs: "preview",
      environment: INPUT,
      concurrency: { group: `deploy-${INPUT}`, "cancel-in-progress": false },
    });
    expect(apply?.steps?.at(-1)?.run).toContain("layers.sh up ");
    expect(preview?.steps?.at(-1)?.run).toContain("layers.sh preview ");
  });

  test("no key file: Google Cloud is logged in to by Workload Identity Federation", () => {
    for (const name of NAMES) {
      for (const { uses = "", with: inputs } of stepsOf(name)) {
        if (!uses.startsWith("google-github-actions/auth@")) continue;
        expect(Object.keys(inputs ?? {}).sort()).toEqual(["service_account", "workload_identity_provider"]);
      }
    }
  });

  test("every update and preview runs under the policy pack, in the layers' order", () => {
    const script = readFileSync(join(REPOSITORY, "scripts/ci/layers.sh"), "utf8");
    for (const command of script.matchAll(/pulumi (?:up|preview)\b.*/g))
      expect(command[0]).toContain('--policy-pack "$root/policies"');
    expect(script).toContain("for layer in 1-foundation 2-database 3-services 4-tenants;");
    expect(script).toContain("pulumi refresh --preview-only --expect-no-changes");
  });
});

test("a rehearsal covers every environment that a deploy goes to", () => {
  const environments = Object.keys(read("deploy.yml").jobs);
  for (const name of ["preview.yml", "drift.yml"])
    expect(textOf(name)).toContain(`environment: [${environments.join(", ")}]`);
});

test("an image is pushed with SBOM and provenance, signed by its digest, and the signature is verified", () => {
  const steps = read("image.yml").jobs.publish?.steps ?? [];
  expect(steps.find(({ uses = "" }) => uses.startsWith("docker/build-push-action@"))?.with).toMatchObject({
    sbom: true,
    provenance: "mode=max",
  });
  const sign = steps.find(({ name = "" }) => name.startsWith("Sign"));
  expect(sign?.run).toMatch(/cosign sign --yes --recursive "\$image"/);
  expect(sign?.run).toMatch(/image="\$\{tag%:\*\}@\$DIGEST"/);
  expect(sign?.run).toContain('cosign verify --certificate-identity "$IDENTITY"');
});
