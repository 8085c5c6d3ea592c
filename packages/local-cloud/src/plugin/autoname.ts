import { createHash } from "node:crypto";
import type { Autonaming } from "./provider.ts";

/**
 * A physical name for a resource whose program gives none: the logical name and seven hex digits of the engine's seed,
 * so that a replacement, which gets a new seed, gets a new name.
 */
export function autoname(
  logical: string,
  autonaming: Autonaming,
  seed: Uint8Array,
  maxLength = 63,
): string | undefined {
  if (autonaming.mode === "disable") return undefined;
  if (autonaming.proposed !== "") return autonaming.proposed;
  const digits = createHash("sha256").update(logical).update(seed).digest("hex").slice(0, 7);
  const stem = logical
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .slice(0, maxLength - 8)
    .replace(/-+$/, "");
  return `${stem}-${digits}`;
}
