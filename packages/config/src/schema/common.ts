/** Pieces that several layers' schemas share. */
import { z } from "zod";

/** Google Cloud project id. */
export const projectId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/, {
    error: "use a Google Cloud project id: 6 to 30 of a-z, 0-9 and -, a letter first",
  })
  .describe("Google Cloud project id. Changing it replaces everything.");

/** Google Cloud region, such as europe-west1. */
export const region = z
  .string()
  .regex(/^[a-z]+-[a-z]+[0-9]+$/, { error: "use a Google Cloud region, such as europe-west1" })
  .describe("Google Cloud region, such as europe-west1.");

/** An IPv4 range in CIDR notation, its host bits zero. */
export const cidr = z
  .string()
  .refine(isCidr, { error: "use an IPv4 range whose host bits are zero, such as 10.0.0.0/20" })
  .describe("IPv4 range in CIDR notation, such as 10.0.0.0/20.");

/** Key of a map of cells. Part of host, cluster and secret names. */
export const cellName = z
  .string()
  .regex(/^[a-z][a-z0-9]{0,14}$/, { error: "use 1 to 15 of a-z and 0-9, a letter first, such as eu1" });

/** A container image with a tag, a digest or both; `latest` would make two rollouts of one config differ. */
export const image = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._/:-]*(?::[A-Za-z0-9._-]+(?:@sha256:[a-f0-9]{64})?|@sha256:[a-f0-9]{64})$/, {
    error: "use an image with a tag or a digest, such as postgrest/postgrest:v16.1",
  })
  .refine((value) => !value.endsWith(":latest"), { error: "pin a version: latest changes under your feet" });

/** How long something may take: milliseconds as PostgreSQL writes them, such as 500ms, 5s, 2min. */
export const duration = z
  .string()
  .regex(/^[1-9][0-9]{0,5}(?:ms|s|min)$/, { error: "use a duration such as 500ms, 5s or 2min" });

function isCidr(text: string): boolean {
  // No leading zeros: some readers take 010 for eight.
  const match = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\/(0|[1-9]\d?)$/.exec(text);
  if (!match) return false;
  const octets = match.slice(1, 5).map(Number);
  const bits = Number(match[5]);
  if (bits > 32 || octets.some((octet) => octet > 255)) return false;
  const address = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  return address % 2 ** (32 - bits) === 0;
}

/** First and last address of a range, as numbers. Takes what `cidr` accepts. */
export function cidrBounds(range: string): readonly [number, number] {
  const [address = "", bits = "32"] = range.split("/");
  const first = address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
  return [first, first + 2 ** (32 - Number(bits)) - 1];
}
