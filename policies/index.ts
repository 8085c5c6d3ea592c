/** The policy pack that every `up` and every rehearsal runs under. What violates it is never created, and the update fails. */
import { PolicyPack } from "@pulumi/policy";
import { RULES } from "./src/pack.ts";
import { toPolicy } from "./src/rule.ts";

new PolicyPack("guardrails", {
  displayName: "Bulkhead guardrails",
  description:
    "What no environment may do: a public database, an unrestricted pod, a secret in plain text, a tenant out of its region.",
  enforcementLevel: "mandatory",
  policies: RULES.map(toPolicy),
});
