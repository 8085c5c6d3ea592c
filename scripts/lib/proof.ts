/** The last isolation proof of each cell: what its Job printed, whether or not it succeeded. */
import { statSync } from "node:fs";
import type { ServicesOutputs } from "@bulkhead/components";
import type { Cloud } from "@bulkhead/local-cloud";

/** Jobs of proofs begin so; each attempt at a rollout has one of its own. */
const PROOF_JOB = "tenant-prove-";

/** The last proof's own lines, by cell. A rollout that failed leaves the proof before it in Pulumi's outputs, so the newest is asked for. */
export async function lastProofs(cloud: Cloud, cells: ServicesOutputs["cells"]): Promise<Record<string, string[]>> {
  const jobs = (await cloud.status()).filter((server) => server.kind === "job" && server.name.startsWith(PROOF_JOB));
  const lines: Record<string, string[]> = {};
  for (const [cell, { namespace }] of Object.entries(cells)) {
    const newest = jobs.filter((job) => job.namespace === namespace).sort((a, b) => ended(b.log) - ended(a.log))[0];
    const log = newest && (await cloud.jobLog({ namespace, name: newest.name }));
    lines[cell] = proofOf(log ?? "");
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
