/** `npm run rehearse -- <environment>`: the whole environment through the real engine, with nothing real at the end of it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LAYERS, readEnvironment } from "@bulkhead/config";
import { script, UserError } from "./lib/cli.ts";
import type { EngineEvent } from "./lib/events.ts";
import { platformAt, prepareHome, REPOSITORY } from "./lib/platform.ts";
import { describeResources, Progress, showEvents } from "./lib/progress.ts";
import { applyLayer, LayerFailure } from "./lib/pulumi.ts";

const HELP = `
npm run rehearse -- <environment>

Applies every layer of an environment with the real engine and the policy pack, and stand-in providers that only record: no account,
no network, nothing is created anywhere. Ends by applying it all once more, which has to change nothing. The state is thrown away.
Example: npm run rehearse -- dev`;

await script(HELP, {}, async (_values, [name, ...more]) => {
  if (name === undefined || more.length > 0) throw new UserError(HELP.trim(), 2);
  const root = process.env.BULKHEAD_ROOT ?? REPOSITORY;
  const home = mkdtempSync(join(tmpdir(), "bulkhead-rehearsal-"));
  const platform = platformAt(root, home, name, "record");
  const interrupt = () => process.exit(130);
  process.on("exit", () => rmSync(home, { recursive: true, force: true }));
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  readEnvironment(platform.stacks, name);
  prepareHome(platform);

  const progress = new Progress(LAYERS.length * 2);
  const kinds = new Map<string, number>();
  for (const pass of ["first", "again"] as const) {
    for (const layer of LAYERS) {
      const step = progress.step(`stacks/${layer}${pass === "again" ? ", once more" : ""}`);
      const show = showEvents(step);
      const onEvent = (event: EngineEvent) => {
        show(event);
        if (pass === "first") count(kinds, event);
        const words = /^tenants:\n(?:.|\n)*/m.exec(
          event.diagnosticEvent?.message.replace(/<\{%[a-z ]*%\}>/g, "") ?? "",
        )?.[0];
        if (words && pass === "first") step.line(words.trim());
      };
      try {
        const result = await applyLayer(platform, layer, onEvent);
        const described = describeResources(result.changes);
        step.done(described);
        if (pass === "again" && described !== "nothing to change")
          throw new UserError(`\na second run would change stacks/${layer}: ${described}`);
      } catch (error) {
        if (!(error instanceof LayerFailure)) throw error;
        step.failed("see below");
        throw new UserError(`\nstacks/${layer} of ${name} would fail:\n${error.message.replace(/^/gm, "  ")}`);
      }
    }
  }
  const total = [...kinds.values()].reduce((sum, number) => sum + number, 0);
  const rows = [...kinds]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([kind, number]) => `  ${String(number).padStart(4)}  ${kind}`);
  process.stdout.write(
    `\n${name}: ${total} resources in ${LAYERS.length} layers; policies hold; a second run changes nothing\n${rows.join("\n")}\n`,
  );
  return 0;
});

/** Resources of providers, by kind; components and the stack itself are only groups. */
function count(kinds: Map<string, number>, event: EngineEvent): void {
  const made = event.resOutputsEvent?.metadata;
  if (made?.op === "create" && /^(?:gcp|kubernetes|vault):/.test(made.type))
    kinds.set(made.type, (kinds.get(made.type) ?? 0) + 1);
}
