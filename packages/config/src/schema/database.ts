/** Stack config of `stacks/2-database`. */
import { z } from "zod";
import { cellName, region } from "./common.ts";
import { DEFAULT_SERIES } from "./database-rules.ts";

export { checkDatabase } from "./database-rules.ts";

/** vCPUs that other series have; the machine type is named then. */
const OTHER_SERIES = [1, 24, 48, 72, 144, 192, 288];

const DAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"] as const;

const cpuCount = z
  .union(
    [...DEFAULT_SERIES, ...OTHER_SERIES].map((count) => z.literal(count)),
    { error: `use ${DEFAULT_SERIES.slice(0, -1).join(", ")} or ${DEFAULT_SERIES.at(-1)}` },
  )
  .default(2);

const machineType = z
  .string()
  .regex(/^[a-z][a-z0-9]*-highmem-[0-9]+(?:-lssd)?$/, {
    error: "use an AlloyDB machine type, such as c4a-highmem-16-lssd",
  })
  .optional();

const flags = z.record(z.string(), z.string({ error: "give the flag's value as a string, in quotes" })).default({});

const hour = z.int().min(0).max(23);

const placeName = z
  .string()
  .regex(/^[a-z][a-z0-9]{0,14}$/, { error: "use 1 to 15 of a-z and 0-9, a letter first, such as dr" });

const pooling = z
  .strictObject({
    poolMode: z
      .enum(["transaction", "session"])
      .default("transaction")
      .describe("transaction hands a connection on after each transaction; session after each session."),
    maxPoolSize: z
      .int()
      .min(1)
      .max(10_000)
      .default(50)
      .describe("Server connections for each pair of user and database. Every tenant database multiplies it."),
  })
  .optional();

const readPool = z.strictObject({
  nodes: z
    .int()
    .min(1)
    .max(20)
    .default(2)
    .describe("Nodes. Two or more are spread over zones; one is in a single zone. Can be changed while running."),
  cpuCount: cpuCount.describe("vCPUs of each node, 2 unless said. Changing it restarts the nodes."),
  machineType: machineType.describe("Machine type, where not the default series. Its vCPUs are cpuCount."),
  flags: flags.describe("Flags of this pool beside the cell's."),
  pooling: pooling.describe(
    "AlloyDB's own connection pooling; off unless given. Through the Auth Proxy every connection is then pooled.",
  ),
});

const readPools = z.record(placeName, readPool).default({});

const secondary = z.strictObject({
  region: region.describe(
    "Region of the secondary, not the cell's; the foundation must have it. Changing it replaces the secondary.",
  ),
  cpuCount: cpuCount.describe("vCPUs of its instance, 2 unless said: enough to take the writes over."),
  machineType: machineType.describe("Machine type, where not the default series. Its vCPUs are cpuCount."),
  readPools: readPools.describe("Read pools of the secondary. Empty unless said."),
  deletionProtection: z
    .boolean()
    .optional()
    .describe("Refuse to delete this cluster; as the cell unless said. Set false and apply before a deletion."),
});

const backups = z
  .strictObject({
    recoveryWindowDays: z
      .int()
      .min(1)
      .max(35)
      .default(14)
      .describe("Days that can be restored to the second. Shrinking it drops what falls out at once."),
    retentionDays: z.int().min(1).max(365).default(30).describe("Days that the daily backups are kept."),
    hour: hour.default(2).describe("Hour of the daily backup, UTC."),
  })
  .prefault({})
  .describe("Continuous and daily backups: 14 days to the second, 30 days to the day.");

const maintenance = z
  .strictObject({
    day: z.enum(DAYS).default("SUNDAY").describe("Day of the week."),
    hour: hour.default(3).describe("Hour at which it may begin, UTC. AlloyDB takes full hours only."),
  })
  .prefault({})
  .describe("When AlloyDB may update itself: Sundays from 03:00 UTC.");

const percent = z.number().min(1).max(100);

const alerts = z
  .strictObject({
    cpuPercent: percent.default(85).describe("CPU of the busiest node of an instance for ten minutes, in percent."),
    connectionsPercent: percent.default(80).describe("Connections, in percent of maxConnections."),
    replicationLagSeconds: z.number().min(1).default(60).describe("How far a replica may be behind, in seconds."),
    storageGiB: z
      .number()
      .min(1)
      .default(12_288)
      .describe("What a cluster may hold, in GiB. AlloyDB's quota is 16 TiB unless raised."),
    transactionIdPercent: percent
      .default(20)
      .describe("Transaction ids used of those there are, in percent. Vacuum keeps it at about 10."),
    backupAgeHours: z.int().min(25).max(720).default(36).describe("Age of the newest backup of a kind, in hours."),
  })
  .prefault({})
  .describe("Thresholds of the cell's alerts.");

const cellSchema = z.strictObject({
  region: region.describe(
    "Region of the cell; the foundation must have it. Changing it replaces the cluster: move the tenants to a new cell instead.",
  ),
  postgresVersion: z
    .union([z.literal(15), z.literal(16), z.literal(17)], { error: "use 15, 16 or 17" })
    .default(17)
    .describe("PostgreSQL major version. A higher one is an in-place upgrade that cannot be undone."),
  availability: z
    .enum(["REGIONAL", "ZONAL"])
    .default("REGIONAL")
    .describe("REGIONAL has a standby in another zone; ZONAL has none."),
  cpuCount: cpuCount.describe("vCPUs of the primary, 2 unless said. Changing it restarts the instance."),
  machineType: machineType.describe(
    "Machine type of the primary, where not the default series. Its vCPUs are cpuCount. Changing it restarts the instance.",
  ),
  maxConnections: z
    .int()
    .min(50)
    .max(100_000)
    .default(1000)
    .describe("max_connections of every instance of the cell; the fleet's pools must fit. Changing it restarts them."),
  flags: flags.describe("AlloyDB database flags beside the platform's own, on every instance. Values are strings."),
  readPools: readPools.describe(
    "Read pools beside the primary, by name. At most 20 nodes in all pools of a cluster. Empty unless said.",
  ),
  secondaries: z
    .record(placeName, secondary)
    .default({})
    .describe("Replicas in other regions, by name; at most five. Empty unless said."),
  writer: z
    .string()
    .default("home")
    .describe("The site that takes writes: home, or a secondary after its promotion or a switchover."),
  fenced: z
    .array(z.string())
    .default([])
    .describe("Sites left behind by a promotion: stopped, and reached by nobody. Empty unless said."),
  unreachable: z
    .array(z.string())
    .default([])
    .describe(
      "Fenced sites whose region does not answer: nothing there is changed, nor stopped, until they are taken out. npm run promote writes it. Empty unless said.",
    ),
  backups,
  maintenance,
  pooling: pooling
    .unwrap()
    .extend({
      acknowledged: z
        .literal(true, { error: "set it to true" })
        .describe("That LISTEN, session locks and migrations through the Auth Proxy are known to break."),
    })
    .optional()
    .describe("AlloyDB's own connection pooling on the site that writes; off unless given."),
  columnarEngine: z
    .strictObject({
      memoryMb: z
        .int()
        .min(128)
        .optional()
        .describe("Memory of the column store, in MB; a share of the machine's if not said."),
    })
    .optional()
    .describe(
      "Analytical queries from a column store in memory; off unless given. Switching it restarts the instance.",
    ),
  vertexAi: z
    .boolean()
    .default(false)
    .describe("Let SQL call Vertex AI models: sets the flag and grants AlloyDB's service agent roles/aiplatform.user."),
  alerts,
  labels: z
    .record(
      z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, { error: "use 1 to 63 of a-z, 0-9, _ and -, a letter first" }),
      z.string().regex(/^[a-z0-9_-]{0,63}$/, { error: "use up to 63 of a-z, 0-9, _ and -" }),
    )
    .default({})
    .describe("Labels of the cell's clusters and instances beside the platform's own."),
  deletionProtection: z
    .boolean()
    .default(true)
    .describe("Refuse to delete the cluster. Set false and apply before a deletion."),
  default: z
    .boolean()
    .default(false)
    .describe("Tenants without a cell go here. One cell of the environment is the default; a lone cell is it anyway."),
});

export const databaseSchema = z.strictObject({
  cells: z
    .record(cellName, cellSchema)
    .describe("The cells: one AlloyDB cluster each, with the PostgREST fleet in front of it. The key is for life."),
});

export type CellConfig = z.output<typeof cellSchema>;
export type ReadPoolConfig = z.output<typeof readPool>;
export type SecondaryConfig = z.output<typeof secondary>;
export type DatabaseConfig = z.output<typeof databaseSchema>;

/** The cell of a tenant that names none. */
export function defaultCell(cells: Readonly<Record<string, { readonly default: boolean }>>): string | undefined {
  const names = Object.keys(cells);
  return names.length === 1 ? names[0] : names.find((name) => cells[name]!.default);
}
