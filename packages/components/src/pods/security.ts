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

/**
 * Security context of a pod: a user id that no other workload has, so that a breakout meets nobody it could act as.
 * @param login - database user of the workload, which holds environment and cell: nodes are shared by the cells of a region
 * @param workload - name of the Deployment or Job
 */
export function restrictedPod(login: string, workload: string) {
  const userId = workloadUserId(`${login}/${workload}`);
  return {
    runAsNonRoot: true,
    runAsUser: userId,
    runAsGroup: userId,
    fsGroup: userId,
    seccompProfile: { type: "RuntimeDefault" },
  };
}

const FIRST_USER_ID = 1_000_000_000;
const USER_IDS = 1_000_000_000;

/**
 * A user id between 1,000,000,000 and 1,999,999,999, from the workload's name. So many, because a name may not be asked for a number in turn
 * (that would renumber the others), and drawn by lot from 40,000 two of 250 tenants would probably share one.
 */
export function workloadUserId(workload: string): number {
  return FIRST_USER_ID + (createHash("sha256").update(workload).digest().readUInt32BE(0) % USER_IDS);
}
