/** What a policy of this pack is, apart from the engine: a rule over one resource, which tests call without one. */
import type { ResourceValidationPolicy, Severity } from "@pulumi/policy";
import { reveal } from "./values.ts";

/** A resource as it is about to be created or updated. */
export interface Resource {
  /** Type token, such as `kubernetes:apps/v1:Deployment`. */
  readonly type: string;
  /** Its inputs; what only the apply will tell is `UNKNOWN`. */
  readonly props: unknown;
}

export interface Rule {
  /** For life: exceptions and reports refer to it. */
  readonly id: string;
  readonly severity: Severity;
  /** What it guarantees, in a sentence. */
  readonly description: string;
  /** The requirements of others that it serves, such as `CIS GKE 4.2.1`. */
  readonly frameworks: readonly string[];
  /** What to do about a violation; part of every message. */
  readonly remedy: string;
  /** What is wrong with a resource, a sentence each without its full stop; empty where nothing is. */
  readonly faults: (resource: Resource) => readonly string[];
}

/** The rule as Pulumi's engine runs it. */
export function toPolicy(rule: Rule): ResourceValidationPolicy {
  return {
    name: rule.id,
    description: `${rule.description} Serves ${rule.frameworks.join(", ")}.`,
    enforcementLevel: "mandatory",
    severity: rule.severity,
    remediationSteps: rule.remedy,
    validateResource: ({ type, props }, report) => {
      for (const fault of rule.faults({ type, props: reveal(props) })) report(`${fault}. ${rule.remedy}`);
    },
  };
}
