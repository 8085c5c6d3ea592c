/** `npm run up`: brings the platform up on this machine, and says what it did. */
import { existsSync } from "node:fs";
import {
  describeChanges,
  type Environment,
  LAYERS,
  type Layer,
  readEnvironment,
  type TenantChange,
} from "@bulkhead/config";
import { type Cloud, openCloud } from "@bulkhead/local-cloud";
import { tenantTable } from "@bulkhead/runtime";
import { script, UserError } from "./lib/cli.ts";
import { greet } from "./lib/demo.ts";
import { mendInterrupted } from "./lib/engine-lock.ts";
import { watchInterrupt } from "./lib/interrupt.ts";
import { readAddresses, registeredTenants } from "./lib/local.ts";
import { localPlatform, type Platform, prepareHome } from "./lib/platform.ts";
import { describeResources, Progress, type Step, showEvents } from "./lib/progress.ts";
import { lastProofs, proofPlaces } from "./lib/proof.ts";
import { applyLayer, LayerFailure, type LayerResult, stateFile } from "./lib/pulumi.ts";
import { holdRoot } from "./lib/root-lock.ts";
import { curlLines, HOW_TO_ADD, platformLines } from "./lib/summary.ts";
import { prepareKeys } from "./lib/tokens.ts";

const HELP = `
npm run up

Brings the platform of stacks/*/Pulumi.local.yaml up on this machine: PostgreSQL, PostgREST and the tenants, by the real Pulumi engine
with stand-in providers. Run it again after an edit: it says what will happen to which tenant, and does it. Nothing leaves this
machine; everything is kept under .bulkhead/. See also: npm run status, npm run down.`;

const TITLES: Record<Layer, string> = {
  "1-foundation": "stacks/1-foundation: network, GKE",
  "2-database": "stacks/2-database: AlloyDB",
  "3-services": "stacks/3-services: PostgREST, identities, network policies",
  "4-tenants": "stacks/4-tenants: the tenants",
};

await script(HELP, {}, async (_values, positionals) => {
  if (positionals.length > 0)
    throw new UserError(`"${positionals.join(" ")}": npm run up takes no words\n\n${HELP.trim()}`, 2);
  const start = Date.now();
  const platform = localPlatform();
  prepareHome(platform);
  const release = holdRoot(platform);
  const interrupted = watchInterrupt();
  try {
    return await bringUp(platform, start, interrupted);
  } catch (error) {
    if (interrupted()) throw new UserError("interrupted; what was done is kept, run npm run up again to go on", 130);
    throw error;
  } finally {
    release();
  }
});

async function bringUp(platform: Platform, start: number, interrupted: () => boolean): Promise<number> {
  const progress = new Progress(LAYERS.length + 2);
  await prepareKeys(platform);
  const environment = readEnvironment(platform.stacks, platform.environment);
  const cloud = openCloud(platform.cloud);
  await revive(platform, cloud, progress.step("what is here already"));

  const results: LayerResult[] = [];
  let failure: string | undefined;
  let changes: readonly TenantChange[] = [];
  for (const layer of LAYERS) {
    const step = progress.step(TITLES[layer]);
    try {
      if (layer === "4-tenants") changes = await announce(platform, cloud, environment, step);
      const result = await applyLayer(platform, layer, showEvents(step));
      results.push(result);
      step.done(describeResources(result.changes));
    } catch (error) {
      if (!(error instanceof LayerFailure)) {
        step.failed("see below");
        throw error;
      }
      step.failed(interrupted() ? "interrupted" : "see below");
      if (interrupted()) throw error;
      failure = error.message;
      if (layer !== "4-tenants" || !existsSync(stateFile(platform, "4-tenants")))
        throw new UserError(
          `\nstacks/${layer} failed:\n${indent(failure)}\n\nMend the cause and run npm run up again; what was done is kept.`,
        );
      break;
    }
  }
  const last = progress.step("a look at the result");
  const report = await summarise(platform, cloud, environment, changes, last);
  const nothing =
    failure === undefined &&
    changes.length === 0 &&
    results.every((result) => describeResources(result.changes) === "nothing to change");
  process.stdout.write(`\n${report.join("\n")}\n`);
  const seconds = `${Math.round((Date.now() - start) / 1000)} s`;
  if (failure !== undefined)
    throw new UserError(
      `\nThe rollout failed (${seconds}):\n${indent(failure)}\n\nMend the cause and run npm run up again; what was done is kept.`,
    );
  process.stdout.write(
    nothing ? `\nNothing changed: the platform was up already (${seconds}).\n` : `\nThe platform is up (${seconds}).\n`,
  );
  return 0;
}

/** Servers that should run and do not (a reboot), locks that nobody holds any more. */
async function revive(platform: Platform, cloud: Cloud, step: Step): Promise<void> {
  for (const line of mendInterrupted(platform)) step.line(line);
  const revived = await cloud.ensure((event) => step.now(`${event.action} ${event.kind} ${event.name}`));
  step.done(
    revived.length === 0
      ? existsSync(stateFile(platform, "4-tenants"))
        ? "all servers run"
        : "nothing yet"
      : `started ${revived.length} servers that were down`,
  );
}

/** Says, before anything is applied, what will happen to which tenant. */
async function announce(
  platform: Platform,
  cloud: Cloud,
  environment: Environment,
  step: Step,
): Promise<readonly TenantChange[]> {
  const changes = describeChanges(await registeredTenants(platform, cloud, environment), environment.tenants.tenants);
  const refused = changes.filter((change) => change.kind === "refuse");
  if (refused.length > 0)
    throw new UserError(`${refused.map((change) => change.words).join("\n")}\nNothing was done to any tenant.`, 2);
  step.line(
    changes.length === 0
      ? "no tenant changes"
      : `what will happen:\n${changes.map((change) => `  ${change.words}`).join("\n")}`,
  );
  return changes;
}

async function summarise(
  platform: Platform,
  cloud: Cloud,
  environment: Environment,
  changes: readonly TenantChange[],
  step: Step,
): Promise<string[]> {
  step.now("addresses, tenants, proof");
  const registered = await registeredTenants(platform, cloud, environment);
  const addresses = await readAddresses(platform, cloud, registered);
  const created = changes.filter((change) => change.kind === "create").map((change) => change.tenant);
  await greet(
    platform,
    environment,
    registered.filter((tenant) => created.includes(tenant.id)),
    addresses,
  );
  const proof = await lastProofs(cloud, await proofPlaces(platform));
  const tenants = tenantTable(registered);
  step.done(`${tenants.length} tenants, ${tenants.filter((tenant) => tenant.phase === "failed").length} failed`);
  return [
    ...platformLines(addresses, tenants, proof),
    "",
    "Try it",
    ...curlLines(tenants, addresses),
    "",
    "Add a tenant",
    ...HOW_TO_ADD,
  ];
}

function indent(text: string): string {
  return text
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");
}
