/** What a policy of this pack is, apart from the engine: a rule over one resource, which tests call without one. */
import type { ResourceValidationPolicy, Severity } from "@pulumi/policy";
import { reveal } from "./values.ts";

/** A resource as it is about to be created or updated. */
export interface Resource {
  /** Type token, such as `kubernetes:apps/v1:Deployment`. */
  readonly type: string;
  /** Its inputs; what only the apply will tell is `UNKNOWN`. */
  readonly props: unknown;
  /** Environment that it is part of, the stack's name; left out, it counts as one that is not `local`. */
  readonly environment?: string;
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
    validateResource: ({ type, props, urn }, report) => {
      // urn:pulumi:<stack>::…
      const environment = /^urn:pulumi:([^:]+)::/.exec(urn ?? "")?.[1];
      const resource = { type, props: reveal(props), ...(environment === undefined ? {} : { environment }) };
      for (const fault of rule.faults(resource)) report(`${fault}. ${rule.remedy}`);
    },
  };
}
