/** `npm run validate -- <environment>`: every Kubernetes object of an environment, against the schemas of its clusters' version. */
import { LAYERS } from "@bulkhead/config";
import { script, UserError } from "./lib/cli.ts";
import { REPOSITORY } from "./lib/platform.ts";
import { Rehearsal } from "./rehearsal/rehearsal.ts";
import { describeFault, validateObjects } from "./validate/environment.ts";
import { kubernetesMinor } from "./validate/minor.ts";
import { readSources } from "./validate/sources.ts";

const HELP = `
npm run validate -- <environment> [--minor <version>]

Rehearses the environment, then validates each of its Kubernetes objects as the clusters would with strict field validation: against the
schemas of the GKE minor version in the stack files, and of the custom resources in use. The schemas are fetched once, with pip and Go.
  --minor   another minor version, such as 1.34: what an upgrade would refuse
Ends with 1 where an object would be refused.`;

await script(HELP, { minor: { type: "string" } }, async (values, [name, ...more]) => {
  if (name === undefined || more.length > 0) throw new UserError(HELP.trim(), 2);
  const minor = values.minor ?? kubernetesMinor(process.env.BULKHEAD_ROOT ?? REPOSITORY, name);
  const rehearsal = Rehearsal.open(process.env.BULKHEAD_ROOT ?? REPOSITORY, name);
  process.on("exit", () => rehearsal.close());
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));
  const sources = await readSources();
  await rehearsal.applyAll();
  const resources = (await Promise.all(LAYERS.map((layer) => rehearsal.resources(layer)))).flat();
  const { kinds, faults } = validateObjects(resources, sources, minor);
  for (const fault of faults) process.stderr.write(`${describeFault(fault)}\n`);
  const total = Object.values(kinds).reduce((sum, number) => sum + number, 0);
  for (const [kind, number] of Object.entries(kinds).sort())
    process.stdout.write(`${String(number).padStart(5)}  ${kind}\n`);
  process.stdout.write(`${name}: ${total} objects against Kubernetes ${minor}, ${faults.length} faults\n`);
  return faults.length > 0 ? 1 : 0;
});
