/** Stack config of what is recorded and who is told: `bulkhead:audit` and `bulkhead:notifications`. */
import { z } from "zod";
import { joinPath, type Mistake } from "../mistakes.ts";

export const auditSchema = z.strictObject({
  dataAccess: z
    .boolean()
    .default(true)
    .describe(
      "Record who read and wrote what by Google's APIs (Data Access logs of AlloyDB, Cloud KMS, Secret Manager and IAM). Administrators' statements in databases (pgAudit) arrive by them.",
    ),
  retentionDays: z
    .int()
    .min(1)
    .max(3650)
    .default(400)
    .describe("Days for which the audit log is kept, 1 to 3650. With locked: true it can only grow."),
  locked: z
    .boolean()
    .default(false)
    .describe(
      "Lock the audit log: nobody, Google's support included, can delete it or shorten its retention, nor delete the project before the last entry is that old. Irreversible.",
    ),
  archive: z
    .strictObject({
      retentionDays: z
        .int()
        .min(1)
        .max(36500)
        .default(2557)
        .describe("Days for which an object is kept. Seven years by default."),
      locked: z.boolean().default(false).describe("Lock the retention of the archive. Irreversible."),
    })
    .optional()
    .describe("A copy in Cloud Storage, cheaper for years. Default: none."),
  deployers: z
    .record(z.string().regex(/^[a-z](?:[a-z0-9-]{0,28}[a-z0-9])?$/), z.email())
    .default({})
    .describe(
      "Who changes access in the course of their work, such as the pipeline's service account: a name and an e-mail each. Their changes alert nobody, and are recorded.",
    ),
  administratorRequests: z
    .int()
    .min(1)
    .default(300)
    .describe("Requests by administrators within 10 minutes that alert: they read across tenants."),
});

export type AuditConfig = z.output<typeof auditSchema>;

const channelSchema = z.strictObject({
  type: z
    .enum(["email", "pagerduty", "slack", "webhook", "pubsub"])
    .describe(
      "Kind of channel. pagerduty, slack and webhook need a secret: pulumi config set --secret notifications:<name>.",
    ),
  address: z
    .string()
    .min(1)
    .optional()
    .describe(
      "email: the address. slack: the channel, such as #alerts. webhook: an https address. pubsub: projects/…/topics/…. pagerduty: none.",
    ),
});

export const notificationsSchema = z
  .record(
    z.string().regex(/^[a-z](?:[a-z0-9-]{0,28}[a-z0-9])?$/, { error: "use 1 to 30 of a-z, 0-9 and -, a letter first" }),
    channelSchema,
  )
  .default({})
  .describe("Who is told of alerts: a channel by name. Empty: incidents show in the console only.");

export type NotificationsConfig = z.output<typeof notificationsSchema>;
export type NotificationChannelConfig = NotificationsConfig[string];

const ADDRESSES: Readonly<Record<NotificationChannelConfig["type"], { pattern: RegExp; remedy: string } | null>> = {
  email: { pattern: /^[^@\s]+@[^@\s]+\.[^@\s]+$/, remedy: "give an e-mail address" },
  slack: { pattern: /^#\S+$/, remedy: "give a channel such as #alerts" },
  webhook: {
    pattern: /^https:\/\/[^\s@]+$/,
    remedy: "give an address that begins with https:// and holds no password",
  },
  pubsub: { pattern: /^projects\/[^/]+\/topics\/[^/]+$/, remedy: "give a topic: projects/<project>/topics/<topic>" },
  pagerduty: null,
};

/** Rules across fields. Takes what of a config is sound. */
export function checkNotifications(channels: NotificationsConfig, path = "bulkhead:notifications"): Mistake[] {
  return Object.entries(channels).flatMap(([name, { type, address }]) => {
    const rule = ADDRESSES[type];
    const at = joinPath(path, name, "address");
    if (rule === null) {
      if (address === undefined) return [];
      // Whoever writes something here most likely means the key.
      const remedy = `leave it out, and pulumi config set --secret notifications:${name} <integration key>`;
      return [{ path: at, problem: "is given, and PagerDuty has none", remedy }];
    }
    if (address === undefined) return [{ path: at, problem: "is missing", remedy: rule.remedy }];
    return rule.pattern.test(address)
      ? []
      : [{ path: at, value: address, problem: `suits no ${type}`, remedy: rule.remedy }];
  });
}

/** Rules across fields of `bulkhead:audit`. */
export function checkAudit(audit: AuditConfig, path = "bulkhead:audit"): Mistake[] {
  if (audit.archive === undefined || audit.archive.retentionDays >= audit.retentionDays) return [];
  return [
    {
      path: joinPath(path, "archive", "retentionDays"),
      value: audit.archive.retentionDays,
      problem: `is less than the log's own, ${audit.retentionDays}`,
      remedy: "keep the archive longer, or leave it out",
    },
  ];
}
