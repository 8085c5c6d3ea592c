/** The restricted Pod Security Standard, and what goes past it: a read-only root and a user id of its own for each workload. */
import { createHash } from "node:crypto";

/** Security context of every container. */
export const restrictedContainer = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};

/** Security context of a pod: a user id that no other workload has, so that a breakout meets nobody it could act as. */
export function restrictedPod(workload: string) {
  const userId = workloadUserId(workload);
  return {
    runAsNonRoot: true,
    runAsUser: userId,
    runAsGroup: userId,
    fsGroup: userId,
    seccompProfile: { type: "RuntimeDefault" },
  };
}

/** A user id between 20,000 and 59,999, from the workload's name. */
export function workloadUserId(workload: string): number {
  return 20_000 + (createHash("sha256").update(workload).digest().readUInt32BE(0) % 40_000);
}
