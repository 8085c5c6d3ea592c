/** `npm run init -- <environment> --project <id>`: a state bucket, a key and the stacks, for a new Google Cloud project. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { LAYERS, readEnvironment } from "@bulkhead/config";
import { apply } from "./init/apply.ts";
import { backendUrl, describePlan, stateBucket, type Target } from "./init/plan.ts";
import { requireTools } from "./init/tools.ts";
import { script, UserError } from "./lib/cli.ts";
import { REPOSITORY } from "./lib/platform.ts";

const HELP = `
npm run init -- <environment> --project <id> [--region <region>] [--bucket <name>] [--dry-run] [--yes]

Makes what a Google Cloud project needs before the first pulumi up: a bucket for Pulumi's state, a key for the secrets in it, and a stack
for each layer. Says first what it will do, and asks. Run again, it completes what is missing and changes nothing else.
  --project   the project's id, as in stacks/1-foundation/Pulumi.<environment>.yaml
  --region    where state and key are; default: the first region of the environment
  --bucket    name of the bucket; default: <project>-pulumi-state
  --dry-run   say what would be done, and do nothing
  --yes       do not ask
It needs gcloud, logged in as somebody who may enable services, and create a bucket and a key.`;

const OPTIONS = {
  project: { type: "string" },
  region: { type: "string" },
  bucket: { type: "string" },
  "dry-run": { type: "boolean" },
  yes: { type: "boolean" },
} as const;

await script(HELP, OPTIONS, async (values, [environment, ...more]) => {
  if (environment === undefined || more.length > 0 || values.project === undefined) throw new UserError(HELP.trim(), 2);
  const stacks = join(process.env.BULKHEAD_ROOT ?? REPOSITORY, "stacks");
  const target = targetOf(stacks, environment, { ...values, project: values.project });
  process.stdout.write(`${describePlan(target)}\n`);
  if (values["dry-run"]) return 0;
  requireTools();
  if (!values.yes) await confirm();
  apply(target, stacks, (line) => process.stdout.write(`${line}\n`));
  process.stdout.write(next(target));
  return 0;
});

function targetOf(
  stacks: string,
  environment: string,
  values: { project: string; region?: string | undefined; bucket?: string | undefined },
): Target {
  if (environment === "local") throw new UserError("local is on this machine, and needs no project: npm run up", 2);
  if (!existsSync(join(stacks, LAYERS[0], `Pulumi.${environment}.yaml`)))
    throw new UserError(
      `there are no stack files for ${environment}; copy those of dev, Pulumi.dev.yaml in each layer, first`,
      2,
    );
  const { foundation } = readEnvironment(stacks, environment);
  if (foundation.project !== values.project)
    throw new UserError(
      `stacks/${LAYERS[0]}/Pulumi.${environment}.yaml says bulkhead:project: ${foundation.project}, not ${values.project}; make the two alike`,
      2,
    );
  const region = values.region ?? Object.keys(foundation.regions)[0] ?? "";
  const bucket = values.bucket ?? stateBucket(values.project);
  if (!/^[a-z]+-[a-z]+[0-9]+$/.test(region))
    throw new UserError(`--region ${region} is no region, such as europe-west1`, 2);
  if (!/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(bucket))
    throw new UserError(`--bucket ${bucket}: use 3 to 63 of a-z, 0-9 and -`, 2);
  return { environment, project: values.project, region, bucket };
}

async function confirm(): Promise<void> {
  if (!process.stdin.isTTY) throw new UserError("nobody is there to answer; say --yes to go on without asking", 2);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question("\nGo on? [y/N] ");
  terminal.close();
  if (!/^y(?:es)?$/i.test(answer.trim())) throw new UserError("nothing was done");
}

function next({ environment, ...target }: Target): string {
  const bucket = backendUrl({ environment, ...target });
  return `
${environment} is ready for its first update. Commit what pulumi wrote into stacks/*/Pulumi.${environment}.yaml (the key's name, and a
data key that only it can open). Then:
  gcloud auth application-default login      # what the providers log in with
  npm run rehearse -- ${environment}
  cd stacks/1-foundation && pulumi up --policy-pack ../../policies
  npm run pin -- ${environment}              # images by digest, once the runtime's is pushed (.github/workflows/image.yml)
  # then 2-database, 3-services, 4-tenants
The state is in ${bucket}; docs/deployment.md tells how .github/workflows/deploy.yml does the same.
`;
}
