/** `npm run map -- <environment>`: a picture of an environment, drawn from the resources of its rehearsal. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { LAYERS } from "@bulkhead/config";
import { script, UserError } from "./lib/cli.ts";
import { REPOSITORY } from "./lib/platform.ts";
import { describeResources, Progress, showEvents } from "./lib/progress.ts";
import { drawMap } from "./map/draw.ts";
import { mapOf } from "./map/extract.ts";
import type { EstateMap } from "./map/model.ts";
import { counted } from "./map/words.ts";
import { Rehearsal, type StateResource } from "./rehearsal/rehearsal.ts";

const HELP = `
npm run map -- <environment> [--output <file>]
npm run map -- --all

Rehearses an environment (no account, no network, nothing is created anywhere) and draws what it consists of: regions, cells and their
sites, read pools, tiers, tenants, and each network path that is allowed, as an arrow or in words below the picture.
Writes docs/maps/<environment>.svg.
  --output  writes it elsewhere
  --all     every environment that has stack files, but for local
Examples: npm run map -- prod
          npm run map -- dev --output /tmp/dev.svg`;

const OPTIONS = { output: { type: "string" }, all: { type: "boolean" } } as const;

await script(HELP, OPTIONS, async ({ all, output }, names) => {
  const root = process.env.BULKHEAD_ROOT ?? REPOSITORY;
  if (names.length !== (all ? 0 : 1) || (all && output !== undefined)) throw new UserError(HELP.trim(), 2);
  const environments = all ? environmentsOf(root) : names;
  const progress = new Progress(LAYERS.length * environments.length);
  for (const name of environments) {
    const map = mapOf(name, await rehearsed(root, name, progress));
    const file = output === undefined ? join(root, "docs/maps", `${name}.svg`) : resolve(output);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, drawMap(map));
    process.stdout.write(`wrote ${output ?? relative(root, file)}: ${summary(map)}\n`);
  }
  return 0;
});

/** Those with stack files; `local` has no cloud to be drawn. */
function environmentsOf(root: string): string[] {
  return readdirSync(join(root, "stacks/1-foundation"))
    .flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? [])
    .filter((name) => name !== "local")
    .sort();
}

/** The resources of all layers, the providers included. */
async function rehearsed(root: string, name: string, progress: Progress): Promise<StateResource[]> {
  const rehearsal = Rehearsal.open(root, name);
  const close = () => rehearsal.close();
  const interrupted = () => process.exit(130);
  process.on("exit", close);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, interrupted);
  try {
    const resources: StateResource[] = [];
    for (const layer of LAYERS) {
      const step = progress.step(`${name}, stacks/${layer}`);
      try {
        step.done(describeResources((await rehearsal.apply(layer, showEvents(step))).changes));
      } catch (error) {
        step.failed("see below");
        throw error;
      }
      resources.push(...((await rehearsal.export(layer)).deployment.resources ?? []));
    }
    return resources;
  } finally {
    close();
    process.off("exit", close);
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, interrupted);
  }
}

function summary({ also, cells, databases, regions, shut, ways }: EstateMap): string {
  const tenants = cells.flatMap((cell) => cell.tenants);
  return [
    counted(regions.length, "region"),
    counted(cells.length, "cell"),
    counted(databases.length, "AlloyDB cluster"),
    counted(tenants.length, "tenant"),
    counted(ways.length, "allowed path"),
    `${also.length} more in words`,
    ...(shut.length > 0 ? [`${shut.length} declared and not let through`] : []),
  ].join(", ");
}
