/** What a change of config or code would do to an environment that stands: per layer, with the data at risk. */
import { LAYERS } from "@bulkhead/config";
import { type EngineEvent, tenantWords } from "../lib/events.ts";
import type { Progress, Step } from "../lib/progress.ts";
import { applyLayer, LayerFailure, previewLayer, pulumi } from "../lib/pulumi.ts";
import { type Change, Changes, DATA_BEARING, dataAtRisk } from "./changes.ts";
import type { Rehearsal } from "./rehearsal.ts";

export interface LayerChanges {
  readonly layer: string;
  readonly changes: readonly Change[];
  /** What the engine, a policy or a provider says against it; undefined where it would succeed. */
  readonly refused?: string;
}

/**
 * Previews every layer under changed stack files or programs, and applies it, as later layers build on its outputs. Stops at a layer
 * that would fail.
 * @param after - the environment, applied as it was, under what is changed
 */
export async function compare(
  after: Rehearsal,
  progress: Progress,
  watch: (step: Step) => (event: EngineEvent) => void,
): Promise<LayerChanges[]> {
  const found: LayerChanges[] = [];
  for (const layer of LAYERS) {
    const step = progress.step(`stacks/${layer}, changed`);
    const show = watch(step);
    const changes = new Changes();
    // Without this the engine would refuse to even say what it would replace; that a resource is protected is said beside it.
    const kept = await protectedUrns(after, layer);
    if (kept.size > 0)
      await pulumi(after.platform, layer, [
        "state",
        "unprotect",
        "--all",
        "--yes",
        "--stack",
        after.platform.environment,
      ]);
    let refused: string | undefined;
    try {
      await previewLayer(after.platform, layer, changes.onEvent);
      await applyLayer(after.platform, layer, (event) => {
        show(event);
        const words = tenantWords(event);
        if (words !== undefined) step.line(words);
        // What a preview could not know yet.
        changes.onEvent(event);
      });
    } catch (error) {
      if (!(error instanceof LayerFailure)) throw error;
      refused = error.message.trim();
    }
    const all = changes.all.map((change) => ({ ...change, protected: kept.has(`${change.type} ${change.name}`) }));
    found.push({ layer, changes: all, ...(refused === undefined ? {} : { refused }) });
    const risks = dataAtRisk(all).length;
    const words = all.length === 0 ? "nothing changes" : count(all);
    if (refused !== undefined) {
      step.failed("it would fail; later layers were not looked at");
      break;
    }
    step.done(risks > 0 ? `${words}; DATA AT RISK` : words);
  }
  return found;
}

async function protectedUrns(rehearsal: Rehearsal, layer: (typeof LAYERS)[number]): Promise<Set<string>> {
  const resources = await rehearsal.resources(layer);
  return new Set(
    resources.filter(({ protect }) => protect).map(({ type, urn }) => `${type} ${urn.split("::").at(-1)}`),
  );
}

function count(changes: readonly Change[]): string {
  return (["create", "update", "replace", "delete"] as const)
    .map((op) => [op, changes.filter((change) => change.op === op).length] as const)
    .filter(([, number]) => number > 0)
    .map(([op, number]) => `${number} ${op}`)
    .join(", ");
}

const MARKS: Readonly<Record<Change["op"], string>> = { create: "+", update: "~", replace: "±", delete: "-" };

/** The whole comparison for a person. */
export function describe(layers: readonly LayerChanges[]): string {
  const lines: string[] = [];
  for (const { layer, changes, refused } of layers) {
    if (changes.length === 0 && refused === undefined) continue;
    lines.push(`\nstacks/${layer}`);
    for (const change of changes) {
      const kind = change.type.split(":").at(-1);
      const because = change.because.length === 0 || change.op === "create" ? "" : `  (${change.because.join(", ")})`;
      lines.push(`  ${MARKS[change.op]} ${change.op.padEnd(7)}  ${kind} ${change.name}${because}`);
    }
    if (refused !== undefined) lines.push("  it would fail:", refused.replace(/^/gm, "    "));
  }
  const risks = layers.flatMap(({ changes }) => dataAtRisk(changes));
  if (lines.length === 0) lines.push("\nnothing would change");
  lines.push("");
  if (risks.length === 0) {
    lines.push("no resource that holds data would be replaced or deleted");
  } else {
    lines.push("data at risk");
    for (const risk of risks) {
      const held = DATA_BEARING[risk.type];
      const guard = risk.protected ? "; it is protected, so pulumi up refuses" : "; NOTHING protects it";
      const because = risk.because.length > 0 ? `, because of ${risk.because.join(", ")}` : "";
      lines.push(
        `  ${risk.type.split(":").at(-1)} ${risk.name} would be ${risk.op}d${because}: with it goes ${held}${guard}`,
      );
    }
  }
  return `${lines.join("\n")}\n`;
}
