/** What was decided at the first apply and cannot be changed since: said before anything is touched, not by the API halfway. */
import type { FoundationOutputs } from "@bulkhead/components";
import type { FoundationConfig, Mistake } from "@bulkhead/config";

/** `before`: what the last update of this stack exported, undefined before the first. */
export function checkUnchanged(before: FoundationOutputs | undefined, config: FoundationConfig): Mistake[] {
  if (before === undefined) return [];
  const mistakes: Mistake[] = [];
  // Earlier releases knew peering only, and no keys.
  const access = before.databaseAccess?.kind ?? "psa";
  if (access !== config.databaseAccess) {
    mistakes.push({
      path: "bulkhead:databaseAccess",
      value: config.databaseAccess,
      problem: `was ${access} when this environment was made, and AlloyDB moves no cluster to the other`,
      remedy: `keep ${access}, or make a new environment and move the tenants`,
    });
  }
  const encrypted = Object.values(before.regions).some(({ keys }) => Object.keys(keys ?? {}).length > 0);
  if (encrypted !== config.encryption.enabled) {
    mistakes.push({
      path: "bulkhead:encryption.enabled",
      value: config.encryption.enabled,
      problem: `was ${encrypted} when this environment was made, and another key replaces a cluster`,
      remedy: `set it to ${encrypted}, or make a new environment and move the tenants`,
    });
  }
  return mistakes;
}
