/** A tenant's data is where its residency allows it. */
import { residencySatisfied } from "@bulkhead/config";
import { configMapsOf } from "./config-maps.ts";
import { isKubernetes } from "./pods.ts";
import type { Rule } from "./rule.ts";
import { fields, isGiven, UNKNOWN } from "./values.ts";

const REGION = "bulkhead.dev/region";
/** The files of a manifest that hold tenants. */
const TENANT_FILE = /^tenants-.*\.json$/i;
const NAMED_IN_MESSAGE = 10;

export const tenantResidency: Rule = {
  id: "tenant-residency",
  severity: "critical",
  description: "A rollout puts no tenant into a region that its residency does not allow.",
  frameworks: ["GDPR Art. 44", "SOC 2 C1.1", "HIPAA 164.310(a)(1)"],
  remedy: "Give these tenants a cell in a region that satisfies their residency, in stacks/4-tenants.",
  faults: (resource) => {
    if (!isKubernetes(resource)) return [];
    return configMapsOf(resource).flatMap(({ metadata, texts }) => {
      const files = texts.filter(({ key }) => TENANT_FILE.test(key));
      if (files.length === 0) return [];
      const region = fields(metadata.annotations)[REGION];
      if (region === UNKNOWN || metadata.annotations === UNKNOWN) return [];
      if (typeof region !== "string" || region === "") {
        return [`A manifest of tenants does not say in which region their data is (annotation ${REGION})`];
      }
      return files.flatMap(({ key, text }) => fileFaults(key, text, region));
    });
  },
};

function fileFaults(file: string, text: unknown, region: string): string[] {
  if (text === UNKNOWN) return [];
  const tenants = parse(text);
  if (!Array.isArray(tenants)) return [`${file} is not a list of tenants, so their residency cannot be checked`];
  const unsatisfied = tenants.map(fields).filter(({ residency }) => {
    return isGiven(residency) && !residencySatisfied(String(residency), region);
  });
  if (unsatisfied.length === 0) return [];
  const named = unsatisfied
    .slice(0, NAMED_IN_MESSAGE)
    .map(({ id, residency }) => `${String(id)} (${String(residency)})`);
  const more = unsatisfied.length > named.length ? ` and ${unsatisfied.length - named.length} more` : "";
  return [`Region ${region} does not satisfy the residency of ${named.join(", ")}${more}`];
}

function parse(text: unknown): unknown {
  try {
    return typeof text === "string" ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}
