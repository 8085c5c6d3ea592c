/** Which attempt at a rollout this is. */
import type { ServicesOutputs, TenantsOutputs } from "@bulkhead/components";
import { type Manifest, shortHash, writeManifest } from "@bulkhead/config";

/**
 * A stack's outputs are those of the last update that succeeded. What they do not name has not come to its end yet, and is attempted anew.
 * @param last - the last rollout that came to its end
 */
export function attemptOf(
  manifest: Manifest,
  images: ServicesOutputs["images"],
  last: TenantsOutputs["rollouts"][string] | undefined,
): TenantsOutputs["rollouts"][string] {
  const hash = shortHash(JSON.stringify([writeManifest(manifest).hash, images]), 16);
  return { hash, attempt: last?.hash === hash ? last.attempt : Date.now().toString(36) };
}
