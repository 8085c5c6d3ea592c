/** `bulkhead:edge` of `stacks/3-services`: the gateways, and what they let through. */
import { z } from "zod";
import { joinPath, type Mistake } from "../mistakes.ts";
import { TIERS } from "./tenants.ts";

/** The intervals over which Cloud Armor counts, in seconds. */
const INTERVALS = [10, 30, 60, 120, 180, 240, 270, 300, 600, 900, 1200, 1800, 2700, 3600];

/** OWASP rule sets of Cloud Armor that fit an API before PostgreSQL, by the name that goes before `-v33-stable`. */
export const WAF_RULE_SETS = ["protocolattack", "scannerdetection", "lfi", "rce", "rfi", "sqli", "xss"] as const;

const domainName = z.string().regex(/^(?=.{4,190}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/, {
  error: "use a domain name in lower case without a dot at its end, such as api.example.com",
});

const zoneName = z.string().regex(/^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/, {
  error: "use the name of a managed zone of Cloud DNS, such as example-com",
});

const limit = z.strictObject({
  requests: z.int().min(1).max(1_000_000).describe("Requests that a key may make in an interval."),
  intervalSec: z
    .union(
      INTERVALS.map((seconds) => z.literal(seconds)),
      { error: `use ${INTERVALS.join(", ")}` },
    )
    .default(60)
    .describe("The interval, in seconds; 60 unless said."),
  banSec: z
    .int()
    .min(0)
    .max(86_400)
    .default(0)
    .describe(
      "Seconds for which a key that went over is refused outright. 0, the default: only what is over is refused.",
    ),
});

const ruleSet = z.strictObject({
  sensitivity: z
    .int()
    .min(0)
    .max(4)
    .default(1)
    .describe("1, the default, has the signatures with the fewest false alarms; 4 has all; 0 switches the set off."),
  preview: z.boolean().describe("Only log what would be refused."),
  optOut: z
    .array(
      z
        .string()
        .regex(/^owasp-crs-v\d{6}-id\d{6}-[a-z]+$/, { error: "use an id such as owasp-crs-v030301-id942100-sqli" }),
    )
    .default([])
    .describe("Signatures left out, such as owasp-crs-v030301-id942100-sqli."),
});

const refuse = ruleSet.extend({ preview: ruleSet.shape.preview.default(false) }).prefault({});
/** What is PostgREST's everyday traffic (filters, URLs and HTML in values) looks like an attack to these sets. */
const watch = ruleSet.extend({ preview: ruleSet.shape.preview.default(true) }).prefault({});

const rateLimits = z
  .strictObject({
    keyHeader: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,63}$/, {
        error: "use a header's name in lower case, such as authorization or x-api-key",
      })
      .default("authorization")
      .describe("Header whose first 128 bytes, with the client's address, are the key that is counted."),
    pooledTier: z
      .enum(TIERS)
      .default("free")
      .describe(
        "Whose limit the hosts of pooled tenants have: they share them, and the edge cannot tell their tiers apart.",
      ),
    keyless: limit
      .prefault({ requests: 60, banSec: 300 })
      .describe("Limit of an address for requests without the header."),
    free: limit.prefault({ requests: 300 }).describe("Limit of tier free."),
    pro: limit.prefault({ requests: 1500 }).describe("Limit of tier pro."),
    enterprise: limit.prefault({ requests: 6000 }).describe("Limit of tier enterprise."),
  })
  .prefault({})
  .describe("Requests that a key may make, by the tier of the host it calls.");

export const edgeSchema = z
  .strictObject({
    domain: domainName.describe(
      "Domain of the API: it is the default cell's host, and each cell and each tenant with an API of its own has a host below it. Changing it replaces the certificate.",
    ),
    dnsZone: zoneName
      .optional()
      .describe(
        "Managed zone of the project that holds the domain: the records are set there. Default: the outputs say which to set.",
      ),
    timeoutSec: z
      .int()
      .min(5)
      .max(3600)
      .default(75)
      .describe("Longest that a request may take, in seconds: longer than the longest statementTimeout."),
    drainSec: z
      .int()
      .min(0)
      .max(3600)
      .default(30)
      .describe("Seconds that open requests of an ending pod have to finish."),
    minTlsVersion: z
      .enum(["TLS_1_2", "TLS_1_3"])
      .default("TLS_1_2")
      .describe(
        "Oldest TLS version that is accepted. TLS_1_3 takes the ciphers of profile RESTRICTED, TLS_1_2 those of MODERN.",
      ),
    logSampleRate: z
      .number()
      .min(0)
      .max(1)
      .default(1)
      .describe("Share of requests that the load balancer logs: what Cloud Armor refused is seen there only."),
    verboseLog: z
      .boolean()
      .default(false)
      .describe(
        "Log which part of a request a WAF rule matched. Parts of requests then stand in the log: for tuning only.",
      ),
    deletionProtection: z
      .boolean()
      .default(true)
      .describe(
        "Refuse to delete the public address, which is in others' DNS and firewalls. Set false and apply before a deletion.",
      ),
    adaptiveProtection: z.boolean().default(true).describe("Learn the usual traffic and alert on layer 7 floods."),
    rateLimits,
    waf: z
      .strictObject({
        protocolattack: refuse.describe("Request smuggling and split responses. Refused."),
        scannerdetection: refuse.describe("Known scanners. Refused."),
        lfi: refuse.describe("Paths out of a folder. Refused."),
        rce: refuse.describe("Shell commands. Refused."),
        rfi: watch.describe("URLs in parameters. Logged only: a filter on a column of URLs is one."),
        sqli: watch.describe(
          "SQL in parameters and bodies. Logged only: PostgREST's filters look like it, and never become SQL text.",
        ),
        xss: watch.describe("Script in parameters and bodies. Logged only: rich text in a column is one."),
      })
      .prefault({})
      .describe("OWASP rule sets (CRS 3.3), by name."),
    admin: z
      .strictObject({
        domain: domainName
          .optional()
          .describe(
            "Domain below which each cell's admin API has its host. Default: admin.<domain>. Changing it replaces the certificate.",
          ),
        dnsZone: zoneName
          .optional()
          .describe(
            "Private managed zone of the project that holds it: the address is set there. Default: the outputs say what to set.",
          ),
      })
      .optional()
      .describe(
        "An internal gateway for the admin tier, on private addresses. Default: none, and no way in to the admin tier at all.",
      ),
  })
  .describe("The way in from outside. Default: none, and nothing is reachable.");

export type EdgeConfig = z.output<typeof edgeSchema>;
export type RateLimit = z.output<typeof limit>;

/** The most that Cloud Armor counts where it bans. */
const MOST_WITH_BAN = 10_000;

/** A higher tier may not have less than a lower one, and a ban counts no further than Cloud Armor does. */
export function checkEdge(edge: EdgeConfig | undefined): Mistake[] {
  if (!edge) return [];
  const path = (tier: string) => joinPath("bulkhead:edge", "rateLimits", tier);
  const perSecond = ({ requests, intervalSec }: RateLimit) => requests / intervalSec;
  const uneven = TIERS.slice(1).flatMap((tier, index) => {
    const below = TIERS[index]!;
    const limit = edge.rateLimits[tier];
    if (perSecond(limit) >= perSecond(edge.rateLimits[below])) return [];
    return [
      { path: path(tier), value: limit, problem: `allows less than ${below}`, remedy: `raise it, or lower ${below}` },
    ];
  });
  const beyond = (["keyless", ...TIERS] as const).flatMap((tier) => {
    const { banSec, requests } = edge.rateLimits[tier];
    if (banSec === 0 || requests <= MOST_WITH_BAN) return [];
    const problem = "is more than Cloud Armor counts where it bans";
    const remedy = `use at most ${MOST_WITH_BAN}, in a shorter interval, or banSec: 0`;
    return [{ path: `${path(tier)}.requests`, value: requests, problem, remedy }];
  });
  return [...uneven, ...beyond];
}

/** Host of a cell's pooled tenants; the default cell also has the domain itself. */
export function cellHost(cell: string, domain: string): string {
  return `${cell}.${domain}`;
}

/** Host of a tenant with a schema, a database or an instance of its own. */
export function tenantHost(tenantId: string, domain: string): string {
  return `${tenantId}.${domain}`;
}

/** Host of a cell's admin API. */
export function adminHost(cell: string, edge: Pick<EdgeConfig, "domain" | "admin">): string {
  return `${cell}.${edge.admin?.domain ?? `admin.${edge.domain}`}`;
}
