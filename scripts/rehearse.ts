/** `npm run rehearse -- <environment>`: the whole environment through the real engine, with nothing real at the end of it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { LAYERS } from "@bulkhead/config";
import { script, UserError } from "./lib/cli.ts";
import { type EngineEvent, tenantWords } from "./lib/events.ts";
import { REPOSITORY } from "./lib/platform.ts";
import { describeResources, Progress, type Step, showEvents } from "./lib/progress.ts";
import { checkOut } from "./rehearsal/baseline.ts";
import { dataAtRisk } from "./rehearsal/changes.ts";
import { compare, describe } from "./rehearsal/compare.ts";
import { applyEdits, copyStacks, parseEdit } from "./rehearsal/edit.ts";
import { inventory, inventoryFile } from "./rehearsal/inventory.ts";
import { Rehearsal, type StateResource } from "./rehearsal/rehearsal.ts";
import { releaseFile, writeRelease } from "./rehearsal/release.ts";

const HELP = `
npm run rehearse -- <environment> [--edit <edit> …] [--against <commit>] [--inventory] [--release]

Applies every layer of an environment with the real engine and the policy pack, and stand-in providers that only record: no account,
no network, nothing is created anywhere. Says per layer what is created, and ends by applying it all once more, which has to change
nothing. The state is thrown away.
  --edit       what this edit of a stack file would change, replace, and put at risk, in an environment that stands; none is written.
               bulkhead:<key>.<path>=<value>, the value as YAML; an empty one removes the entry. May be given more than once.
  --inventory  writes what the environment consists of to test/estate/inventories/<environment>.yaml, for review
  --release    keeps the state as the last release's (test/estate/release): later code must not replace what is in it
  --against    the same for all that differs between a commit and the working copy, stack files and programs alike, such as HEAD
Ends with 1 where a layer would fail, or a resource that holds data would be replaced or deleted.
Examples: npm run rehearse -- dev
          npm run rehearse -- prod --edit 'bulkhead:tenants.acme.tier=enterprise'
          npm run rehearse -- prod --against HEAD`;

const OPTIONS = {
  edit: { type: "string", multiple: true },
  against: { type: "string" },
  inventory: { type: "boolean" },
  release: { type: "boolean" },
} as const;

await script(HELP, OPTIONS, async (values, [name, ...more]) => {
  if (name === undefined || more.length > 0) throw new UserError(HELP.trim(), 2);
  const root = process.env.BULKHEAD_ROOT ?? REPOSITORY;
  const edits = (values.edit ?? []).map(parseEdit);
  const folder = mkdtempSync(join(tmpdir(), "bulkhead-rehearse-"));
  const cleanUp = [() => rmSync(folder, { recursive: true, force: true })];
  process.on("exit", () => {
    for (const clean of cleanUp) clean();
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));

  const comparing = edits.length > 0 || values.against !== undefined;
  const before = values.against === undefined ? root : checkOut(values.against, folder);
  // Mistakes in what is changed come before the long part.
  const after = edits.length === 0 ? root : copyStacks(root, folder);
  applyEdits(after, name, edits);
  const rehearsal = Rehearsal.open(before, name);
  cleanUp.push(() => rehearsal.close());
  const changed = comparing ? rehearsal.under(after) : undefined;

  const progress = new Progress(LAYERS.length * 2);
  const kinds: [layer: string, kinds: Map<string, number>][] = [];
  for (const layer of LAYERS) {
    const found = new Map<string, number>();
    kinds.push([layer, found]);
    await pass(rehearsal, layer, progress.step(`stacks/${layer}`), (event) => count(found, event));
  }
  if (changed) {
    const layers = await compare(changed, progress, showEvents);
    process.stdout.write(describe(layers));
    const bad = layers.some(({ changes, refused }) => refused !== undefined || dataAtRisk(changes).length > 0);
    return bad ? 1 : 0;
  }
  for (const layer of LAYERS) {
    const described = await pass(rehearsal, layer, progress.step(`stacks/${layer}, once more`));
    if (described !== "nothing to change")
      throw new UserError(`\na second run would change stacks/${layer}: ${described}`);
  }
  if (values.inventory) {
    const resources: Record<string, StateResource[]> = {};
    for (const layer of LAYERS) resources[layer] = await rehearsal.resources(layer);
    const file = join(root, inventoryFile(name));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, inventory(resources));
    process.stdout.write(`wrote ${inventoryFile(name)}\n`);
  }
  if (values.release) {
    await writeRelease(root, rehearsal);
    process.stdout.write(`wrote ${releaseFile(name)}\n`);
  }
  process.stdout.write(summary(name, kinds));
  return 0;
});

/** Applies a layer and shows it; returns in words what was done. */
async function pass(
  rehearsal: Rehearsal,
  layer: (typeof LAYERS)[number],
  step: Step,
  onEvent?: (event: EngineEvent) => void,
): Promise<string> {
  const show = showEvents(step);
  try {
    const result = await rehearsal.apply(layer, (event) => {
      show(event);
      onEvent?.(event);
      const words = tenantWords(event);
      if (words && onEvent) step.line(words);
    });
    const described = describeResources(result.changes);
    step.done(described);
    return described;
  } catch (error) {
    step.failed("see below");
    throw error;
  }
}

/** Resources of providers, by kind; components and the stack itself are only groups. */
function count(kinds: Map<string, number>, event: EngineEvent): void {
  const made = event.resOutputsEvent?.metadata;
  if (made?.op === "create" && /^(?:gcp|kubernetes|vault):/.test(made.type))
    kinds.set(made.type, (kinds.get(made.type) ?? 0) + 1);
}

function summary(name: string, layers: readonly [string, ReadonlyMap<string, number>][]): string {
  const lines = layers.flatMap(([layer, kinds]) => [
    `\nstacks/${layer}`,
    ...[...kinds]
      .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
      .map(([kind, number]) => `  ${String(number).padStart(4)}  ${kind}`),
  ]);
  const total = layers.flatMap(([, kinds]) => [...kinds.values()]).reduce((sum, number) => sum + number, 0);
  return `${lines.join("\n")}\n\n${name}: ${total} resources in ${layers.length} layers; policies hold; a second run changes nothing\n`;
}
