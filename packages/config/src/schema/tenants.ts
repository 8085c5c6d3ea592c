/** Stack config of `stacks/4-tenants`: the tenants. Rules across tenants are in `../tenants.ts`. */
import { z } from "zod";
import { duration } from "./common.ts";

export const ISOLATIONS = ["pooled", "schema", "database", "instance"] as const;
export const TIERS = ["free", "pro", "enterprise"] as const;
export const STATUSES = ["active", "suspended", "archived", "deleted"] as const;
export const CHANNELS = ["stable", "canary"] as const;

/** Where a tenant's data may be, and the Google Cloud regions that satisfy it, by their prefix. */
export const RESIDENCIES: Readonly<Record<string, readonly string[]>> = {
  eu: [
    "europe-west1",
    "europe-west3",
    "europe-west4",
    "europe-west8",
    "europe-west9",
    "europe-west10",
    "europe-west12",
    "europe-north1",
    "europe-north2",
    "europe-central2",
    "europe-southwest1",
  ],
  uk: ["europe-west2"],
  ch: ["europe-west6"],
  us: ["us-"],
  ca: ["northamerica-northeast1", "northamerica-northeast2"],
  br: ["southamerica-east1"],
  in: ["asia-south"],
  jp: ["asia-northeast1", "asia-northeast2"],
  kr: ["asia-northeast3"],
  sg: ["asia-southeast1"],
  au: ["australia-"],
};

/** Whether data in a region satisfies a residency. */
export function residencySatisfied(residency: string, region: string): boolean {
  const regions = Object.hasOwn(RESIDENCIES, residency) ? RESIDENCIES[residency]! : [];
  return regions.some(
    (prefix) =>
      region === prefix ||
      (prefix.endsWith("-") && region.startsWith(prefix)) ||
      (prefix === "asia-south" && /^asia-south[0-9]/.test(region)),
  );
}

export const tenantSchema = z.strictObject({
  isolation: z
    .enum(ISOLATIONS)
    .default("pooled")
    .describe(
      "pooled: shared tables under row-level security. schema, database, instance: one of its own. Changing it is a move, not an edit.",
    ),
  cell: z
    .string()
    .optional()
    .describe(
      "Cell that holds the tenant. Default: the environment's default cell. Changing it is a move, not an edit.",
    ),
  tier: z.enum(TIERS).default("free").describe("Limits of the tenant's requests, see bulkhead:tiers."),
  status: z
    .enum(STATUSES)
    .default("active")
    .describe(
      "active: served. suspended: sealed, can be resumed. archived: sealed, on its way out. deleted: sealed, its data waiting to be erased; needs deletionConfirmed.",
    ),
  deletionConfirmed: z.string().optional().describe("The tenant's id once more, to confirm status: deleted."),
  accountId: z
    .uuid({ error: "use a UUID, or leave it out: the platform derives one from the id" })
    .transform((id) => id.toLowerCase())
    .optional()
    .describe("Account id in claims and rows. Default: UUIDv5 of the tenant's id. For life."),
  residency: z
    .enum(Object.keys(RESIDENCIES) as [string, ...string[]])
    .optional()
    .describe("Where the data must stay; the cell's region must satisfy it."),
  instance: z
    .strictObject({
      cpuCount: z
        .union(
          [2, 4, 8, 16, 32, 64, 96, 128].map((count) => z.literal(count)),
          { error: "use 2, 4, 8, 16, 32, 64, 96 or 128" },
        )
        .default(2)
        .describe("vCPUs of its primary, 2 unless said. Changing it restarts the instance."),
      availability: z
        .enum(["REGIONAL", "ZONAL"])
        .optional()
        .describe("REGIONAL has a standby in another zone; ZONAL has none. Default: as the cell's."),
    })
    .optional()
    .describe(
      "Size of an instance tenant's AlloyDB cluster; everything else is as the cell's. Only with isolation: instance.",
    ),
  parent: z.string().optional().describe("Tenant whose migrations come first."),
  channel: z.enum(CHANNELS).default("stable").describe("canary takes migrations first."),
  labels: z
    .record(
      z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, { error: "use 1 to 63 of a-z, 0-9, _ and -, a letter first" }),
      z.string().regex(/^[a-z0-9_-]{0,63}$/, { error: "use at most 63 of a-z, 0-9, _ and -" }),
    )
    .default({})
    .describe("Labels for cost and search. Values are strings: quote numbers."),
});

const limits = z.strictObject({
  statementTimeout: duration.describe("Longest that one statement of a request may run."),
});

export const tiersSchema = z
  .strictObject({
    free: limits.default({ statementTimeout: "5s" }),
    pro: limits.default({ statementTimeout: "15s" }),
    enterprise: limits.default({ statementTimeout: "60s" }),
  })
  .prefault({})
  .describe("What each tier may do.");

/** The shape of the stack's config; the entries of `tenants` are checked one by one by `checkTenants`. */
export const tenantsFileSchema = z.strictObject({
  tenants: z
    .record(z.string(), tenantSchema.nullable())
    .default({})
    .describe(
      "The tenants. The key is the tenant's id, for life: 2 to 40 of a-z, 0-9 and -, a letter first, no -- and no - at the end.",
    ),
  tenantsFrom: z
    .string()
    .optional()
    .describe(
      "Folder with one file per tenant, named <id>.yaml, and optionally defaults.yaml; relative to the stack's folder.",
    ),
  tiers: tiersSchema,
});

export type TenantEntry = z.output<typeof tenantSchema>;
export type Tiers = z.output<typeof tiersSchema>;
/** The tiers' limits where the config says nothing. */
export const DEFAULT_TIERS: Tiers = tiersSchema.parse({});
export type Tier = (typeof TIERS)[number];
export type Isolation = (typeof ISOLATIONS)[number];
export type TenantStatus = (typeof STATUSES)[number];
