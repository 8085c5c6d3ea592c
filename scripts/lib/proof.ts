/** The last isolation proof of each cell: what its Job printed. */

import type { TenantsOutputs } from "@bulkhead/components";
import type { Cloud } from "@bulkhead/local-cloud";

/** The proof's own lines, by cell. */
export async function lastProofs(cloud: Cloud, proofs: TenantsOutputs["proofs"]): Promise<Record<string, string[]>> {
  const lines: Record<string, string[]> = {};
  for (const [cell, job] of Object.entries(proofs)) {
    const log = (await cloud.jobLog(job)) ?? "";
    const all = log.split("\n").map((line) => line.replace(/^\S+Z? (?=isolation)/, ""));
    const start = all.findIndex((line) => line.startsWith("isolation "));
    lines[cell] = start === -1 ? ["no proof yet"] : all.slice(start).filter((line) => line.trim() !== "");
  }
  return lines;
}
