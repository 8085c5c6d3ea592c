/** The last isolation proof of each cell: what its Job printed, whether or not it succeeded. */
import { statSync } from "node:fs";
import type { ServicesOutputs, TenantsOutputs } from "@bulkhead/components";
import type { Cloud } from "@bulkhead/local-cloud";
import type { Platform } from "./platform.ts";
import { readOutputs } from "./pulumi.ts";

/** Jobs of proofs begin so; each attempt at a rollout has one of its own. */
const PROOF_JOB = "tenant-prove-";

/** Where proofs run: the namespace of each cell, and of each instance tenant as `tenant <id>`. */
export async function proofPlaces(platform: Platform): Promise<Record<string, { readonly namespace: string }>> {
  const { cells } = await readOutputs<ServicesOutputs>(platform, "3-services");
  const { instances } = await readOutputs<TenantsOutputs>(platform, "4-tenants");
  const own = Object.entries(instances ?? {}).map(([id, { namespace }]) => [`tenant ${id}`, { namespace }] as const);
  return { ...cells, ...Object.fromEntries(own) };
}

/** The last proof's own lines, by place. A rollout that failed leaves the proof before it in Pulumi's outputs, so the newest is asked for. */
export async function lastProofs(
  cloud: Cloud,
  places: Readonly<Record<string, { readonly namespace: string }>>,
): Promise<Record<string, string[]>> {
  const jobs = (await cloud.status()).filter((server) => server.kind === "job" && server.name.startsWith(PROOF_JOB));
  const lines: Record<string, string[]> = {};
  for (const [place, { namespace }] of Object.entries(places)) {
    const newest = jobs.filter((job) => job.namespace === namespace).sort((a, b) => ended(b.log) - ended(a.log))[0];
    const log = newest && (await cloud.jobLog({ namespace, name: newest.name }));
    lines[place] = proofOf(log ?? "");
  }
  return lines;
}

/** What a proof says in its log, progress left out. */
export function proofOf(log: string): string[] {
  const all = log.split("\n");
  const start = all.findLastIndex((line) => /^isolation (?:NOT )?proven/.test(line));
  if (start === -1) return ["not proven: the last proof came to no end; npm run up tries again"];
  return all.slice(start).filter((line) => line.trim() !== "" && !/^\s+\d+\.\ds {2}/.test(line));
}

function ended(log: string | undefined): number {
  return log === undefined ? 0 : (statSync(log, { throwIfNoEntry: false })?.mtimeMs ?? 0);
}
