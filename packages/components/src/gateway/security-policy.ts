/** Cloud Armor before the public gateway: OWASP rules, then a limit per key. */
import { type EdgeConfig, type RateLimit, WAF_RULE_SETS } from "@bulkhead/config";
import * as gcp from "@pulumi/gcp";
import type * as pulumi from "@pulumi/pulumi";

export interface EdgeSecurityPolicyArgs {
  readonly project: string;
  /** Name of the policy. Changing it replaces it. */
  readonly name: string;
  readonly description: string;
  /** Limit of a key. */
  readonly limit: RateLimit;
  readonly edge: Pick<EdgeConfig, "rateLimits" | "waf" | "adaptiveProtection" | "verboseLog">;
}

type Rule = gcp.types.input.compute.SecurityPolicyRule;

const ANYBODY: Rule["match"] = { versionedExpr: "SRC_IPS_V1", config: { srcIpRanges: ["*"] } };

/**
 * The first rule that fits decides, and a rule that counts lets pass what is under its limit: so what refuses comes first. After the
 * rules that count nothing is left, and the last rule refuses it.
 */
export function edgeSecurityPolicy(
  name: string,
  args: EdgeSecurityPolicyArgs,
  opts: pulumi.CustomResourceOptions,
): gcp.compute.SecurityPolicy {
  const { adaptiveProtection, rateLimits, verboseLog } = args.edge;
  const key = rateLimits.keyHeader;
  return new gcp.compute.SecurityPolicy(
    name,
    {
      project: args.project,
      name: args.name,
      description: args.description,
      type: "CLOUD_ARMOR",
      advancedOptionsConfig: { jsonParsing: "STANDARD", logLevel: verboseLog ? "VERBOSE" : "NORMAL" },
      adaptiveProtectionConfig: {
        layer7DdosDefenseConfig: {
          enable: adaptiveProtection,
          ...(adaptiveProtection && { ruleVisibility: "STANDARD" }),
        },
      },
      rules: [
        ...wafRules(args.edge.waf),
        {
          priority: 2000,
          description: `Without ${key}: a limit per address`,
          match: { expr: { expression: `!has(request.headers['${key}'])` } },
          ...counted(rateLimits.keyless, [{ enforceOnKeyType: "IP" }]),
        },
        {
          priority: 2100,
          description: `A limit per ${key} and address`,
          match: ANYBODY,
          // With the address: the header is whatever a client sends. Two clients whose tokens begin alike do not share a limit, and
          // one that floods with somebody else's beginning of a token does not use up theirs.
          ...counted(args.limit, [
            { enforceOnKeyType: "HTTP_HEADER", enforceOnKeyName: key },
            { enforceOnKeyType: "IP" },
          ]),
        },
        { priority: 2147483647, description: "Whatever is left", match: ANYBODY, action: "deny(403)" },
      ],
    },
    opts,
  );
}

function wafRules(waf: EdgeConfig["waf"]): Rule[] {
  return WAF_RULE_SETS.filter((name) => waf[name].sensitivity > 0).map((name) => {
    const { optOut, preview, sensitivity } = waf[name];
    const options = [
      `'sensitivity': ${sensitivity}`,
      ...(optOut.length > 0 ? [`'opt_out_rule_ids': [${optOut.map((id) => `'${id}'`).join(", ")}]`] : []),
    ];
    return {
      // By its place in the list of all sets: one that is switched off moves no other.
      priority: 1000 + 10 * WAF_RULE_SETS.indexOf(name),
      description: `OWASP ${name}`,
      action: "deny(403)",
      preview,
      match: { expr: { expression: `evaluatePreconfiguredWaf('${name}-v33-stable', {${options.join(", ")}})` } },
      // A token is noise to signatures, and is verified by PostgREST.
      preconfiguredWafConfig: {
        exclusions: [
          { targetRuleSet: `${name}-v33-stable`, requestHeaders: [{ operator: "EQUALS", value: "authorization" }] },
        ],
      },
    };
  });
}

type KeyPart = gcp.types.input.compute.SecurityPolicyRuleRateLimitOptionsEnforceOnKeyConfig;

/** What is over the limit gets 429; with a ban, so does everything of that key for a while. */
function counted(
  { banSec, intervalSec, requests }: RateLimit,
  key: KeyPart[],
): Pick<Rule, "action" | "rateLimitOptions"> {
  return {
    action: banSec > 0 ? "rate_based_ban" : "throttle",
    rateLimitOptions: {
      conformAction: "allow",
      exceedAction: "deny(429)",
      // Empty beside a key of several parts, or the provider sets ALL and the API refuses both.
      enforceOnKey: "",
      enforceOnKeyConfigs: key,
      rateLimitThreshold: { count: requests, intervalSec },
      ...(banSec > 0 && { banDurationSec: banSec }),
    },
  };
}
