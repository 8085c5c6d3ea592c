/** Size of the services: PostgREST tiers, and the shared Auth Proxy. */
import { z } from "zod";

const replicas = z
  .strictObject({
    min: z.int().min(1).max(100).describe("Replicas at rest."),
    max: z.int().min(1).max(500).describe("Replicas under load; each opens a pool of its own."),
  })
  .default({ min: 2, max: 10 });

const percent = z.int().min(10).max(95);

export const tier = z.strictObject({
  replicas,
  pool: z.int().min(1).max(100).default(10).describe("Connections of one replica's pool."),
  autoscaling: z
    .strictObject({
      cpuPercent: percent.default(70).describe("Mean CPU, in percent of what PostgREST asks for; 70 unless said."),
      memoryPercent: percent
        .default(85)
        .describe("Mean memory, in percent of what PostgREST asks for; 85 unless said."),
      waitingRequests: z
        .int()
        .min(1)
        .max(1000)
        .default(1)
        .describe("Requests of a replica that wait for a connection, on average; 1 unless said. See customMetrics."),
    })
    .prefault({})
    .describe("Above which use replicas are added. The signal that asks for most of them wins."),
});

export type TierConfig = z.output<typeof tier>;

/** Tiers that read from replicas. */
export const readsTier = tier.extend({
  readPool: z
    .string()
    .min(1)
    .optional()
    .describe("Read pool to read from, by its name. Needed where a site has more than one."),
});

/** The PostgREST of a tenant with a database of its own. */
export const TENANT_API_SCALE: TierConfig = tier.parse({ replicas: { min: 1, max: 3 }, pool: 5 });

const labelName = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, {
  error: "use 1 to 63 of a-z, 0-9 and -, no - at either end",
});

export const sharedProxy = z.strictObject({
  replicas: z
    .strictObject({
      min: z.int().min(1).max(20).describe("Replicas at rest."),
      max: z.int().min(1).max(50).describe("Replicas under load."),
    })
    .default({ min: 2, max: 5 }),
  connections: z
    .int()
    .min(1)
    .max(1000)
    .default(20)
    .describe("Connections that one replica takes; more are refused. 20 unless said."),
  callers: z
    .record(
      labelName,
      z.strictObject({
        namespace: labelName.describe("Namespace of the caller's pods."),
        podLabels: z
          .record(z.string().min(1), z.string())
          .refine((labels) => Object.keys(labels).length > 0, { error: "name at least one label" })
          .describe("Labels of the caller's pods."),
      }),
    )
    .refine((callers) => Object.keys(callers).length > 0, { error: "name at least one caller" })
    .describe("Who may call it, by a name for each. Nobody else reaches it."),
});
