/** The policies of the pack `guardrails`, in the order in which they are reported. */
import { imageDigest } from "./image-digest.ts";
import { noPlaintextSecret } from "./no-plaintext-secret.ts";
import { noPublicAlloydb } from "./no-public-alloydb.ts";
import { restrictedPods } from "./restricted-pods.ts";
import type { Rule } from "./rule.ts";
import { tenantResidency } from "./tenant-residency.ts";

export const RULES: readonly Rule[] = [
  noPublicAlloydb,
  restrictedPods,
  imageDigest,
  noPlaintextSecret,
  tenantResidency,
];
