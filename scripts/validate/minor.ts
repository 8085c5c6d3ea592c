/** The Kubernetes minor version that an environment's manifests must suit. */
import { join } from "node:path";
import { readEnvironment } from "@bulkhead/config";

/** @param root - folder that holds `stacks/` */
export function kubernetesMinor(root: string, environment: string): string {
  return readEnvironment(join(root, "stacks"), environment).foundation.gke.minorVersion;
}
