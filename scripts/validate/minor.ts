/** The Kubernetes minor version of an environment's clusters. */
import { join } from "node:path";
import { readEnvironment } from "@bulkhead/config";

/** Where the config names none: what GKE's REGULAR channel is at least at. */
const DEFAULT_MINOR = "1.33";

/** @param root - folder that holds `stacks/` */
export function kubernetesMinor(root: string, environment: string): string {
  const { foundation } = readEnvironment(join(root, "stacks"), environment);
  const { gke } = foundation as { readonly gke?: { readonly minorVersion?: string } };
  return gke?.minorVersion ?? DEFAULT_MINOR;
}
