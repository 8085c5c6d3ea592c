/** Stack config of the GKE clusters: `bulkhead:gke`, the same for every region. */
import { z } from "zod";
import { joinPath, type Mistake } from "../mistakes.ts";

const DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"] as const;

/** RFC 3339 in UTC to the second: another zone would come back from GKE as UTC, and differ in every preview. */
const instant = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/, {
  error: "use a time in UTC such as 2026-12-20T00:00:00Z",
});

/** Part of a physical name. */
const entryName = z
  .string()
  .regex(/^[a-z](?:[a-z0-9-]{0,28}[a-z0-9])?$/, { error: "use 1 to 30 of a-z, 0-9 and -, a letter first" });

const exclusionSchema = z.strictObject({
  start: instant.describe("When it begins, such as 2026-12-20T00:00:00Z."),
  end: instant.optional().describe("When it ends. Default: when the minor version's support ends."),
  scope: z
    .enum(["NO_UPGRADES", "NO_MINOR_UPGRADES", "NO_MINOR_OR_NODE_UPGRADES"])
    .default("NO_UPGRADES")
    .describe("What may not happen meanwhile. NO_UPGRADES needs an end, at most 30 days later."),
});

const maintenanceSchema = z.strictObject({
  days: z
    .array(z.enum(DAYS))
    .min(1)
    .default(["SA", "SU"])
    .describe("Days of the window, in UTC. Upgrades restart pods, a node at a time."),
  start: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: "use a time of day such as 01:00" })
    .default("01:00")
    .describe("When the window opens, in UTC."),
  hours: z
    .int()
    .min(4)
    .max(24)
    .default(8)
    .describe("How long it stays open. GKE wants 48 hours in 32 days, in pieces of 4 or more."),
  exclusions: z
    .record(entryName, exclusionSchema)
    .default({})
    .describe("Times without maintenance, by name: at most 20, of which 3 NO_UPGRADES."),
});

const taintSchema = z.strictObject({
  value: z.string().describe("Value of the taint."),
  effect: z
    .enum(["NO_SCHEDULE", "PREFER_NO_SCHEDULE", "NO_EXECUTE"])
    .default("NO_SCHEDULE")
    .describe("What happens to pods that do not tolerate it."),
});

const nodePoolSchema = z.strictObject({
  machineType: z
    .string()
    .default("e2-standard-4")
    .describe("Machine type of the nodes. A change recreates them, one by one."),
  limits: z
    .enum(["total", "zone"])
    .default("total")
    .describe("Whether minNodes and maxNodes count the whole pool, or each zone."),
  minNodes: z.int().min(0).max(1000).default(3).describe("Least number of nodes."),
  maxNodes: z.int().min(1).max(1000).default(9).describe("Largest number of nodes."),
  diskSizeGb: z.int().min(20).max(65536).default(100).describe("Size of a node's boot disk in GB."),
  diskType: z
    .enum(["pd-balanced", "pd-ssd", "pd-standard", "hyperdisk-balanced"])
    .default("pd-balanced")
    .describe("Type of a node's boot disk."),
  spot: z
    .boolean()
    .default(false)
    .describe(
      "Nodes that Google may take back within 30 seconds, at a fraction of the price. Changing it replaces the pool.",
    ),
  labels: z.record(z.string(), z.string()).default({}).describe("Kubernetes labels of the nodes."),
  taints: z.record(z.string(), taintSchema).default({}).describe("Taints of the nodes, by key."),
});

const binaryAuthorizationSchema = z.strictObject({
  mode: z
    .enum(["enforce", "dryRun", "off"])
    .default("enforce")
    .describe("What happens to pods with other images: refused; let in, with a line in the audit log; nothing."),
  allow: z
    .record(
      entryName,
      z.string().regex(/^[a-z0-9][a-z0-9.-]*(?::\d+)?\/[a-z0-9][A-Za-z0-9._/-]*\*{0,2}$/, {
        error: "use a host and a path such as gcr.io/alloydb-connectors/alloydb-auth-proxy*",
      }),
    )
    .default({
      "auth-proxy": "gcr.io/alloydb-connectors/alloydb-auth-proxy*",
      "metrics-adapter": "gcr.io/gke-release/custom-metrics-stackdriver-adapter*",
      postgrest: "docker.io/postgrest/postgrest*",
    })
    .describe(
      "Images that may run beside those of the platform's registry, its mirrors and GKE itself: a name and a pattern each. * matches within a path segment, ** across them.",
    ),
});

const alertsSchema = z.strictObject({
  podRestarts: z.int().min(1).default(5).describe("Restarts of a container within 15 minutes that alert."),
  unschedulableMinutes: z
    .int()
    .min(1)
    .max(1440)
    .default(15)
    .describe("Minutes for which a pod finds no node that alert."),
  autoscalerMinutes: z
    .int()
    .min(1)
    .max(1440)
    .default(15)
    .describe("Minutes at the largest number of replicas that alert."),
  poolWaiting: z
    .int()
    .min(1)
    .default(5)
    .describe("Requests that wait for a connection in a PostgREST, over 5 minutes, that alert."),
  errorPercent: z
    .number()
    .min(0.1)
    .max(100)
    .default(2)
    .describe("Percentage of 5xx answers at the gateway, over 5 minutes, that alerts."),
});

export const gkeSchema = z.strictObject({
  mode: z
    .enum(["autopilot", "standard"])
    .default("autopilot")
    .describe("Whether Google runs the nodes, or node pools of your own do. Changing it replaces the clusters."),
  nodePools: z
    .record(entryName, nodePoolSchema)
    .default({})
    .describe("Node pools by name; at least one with mode: standard, none with autopilot. A pool's name is for life."),
  autoscalingProfile: z
    .enum(["BALANCED", "OPTIMIZE_UTILIZATION"])
    .default("BALANCED")
    .describe("How eagerly nodes are taken away. With mode: standard; Autopilot decides itself."),
  minorVersion: z
    .string()
    .regex(/^1\.\d{2}$/, { error: "use a Kubernetes minor version such as 1.33, in quotes" })
    .default("1.33")
    .describe(
      "Oldest Kubernetes minor version that manifests must suit: they are checked against it. Asks nothing of GKE, whose version the release channel decides.",
    ),
  access: z
    .enum(["ip", "dns"])
    .default("ip")
    .describe(
      "How the control plane is reached: by address, from the VPC and bulkhead:authorizedNetworks; or by name (dns), from anywhere that IAM lets in, and by no address. Changing it replaces nothing.",
    ),
  maintenance: maintenanceSchema.prefault({}).describe("When GKE may upgrade clusters and nodes."),
  binaryAuthorization: binaryAuthorizationSchema
    .prefault({})
    .describe("Which images may run. One policy for the project."),
  fleet: z
    .boolean()
    .default(true)
    .describe("Register the clusters with the project's fleet. A gateway over several regions needs it."),
  secretManager: z.boolean().default(false).describe("Install the Secret Manager add-on, by which pods mount secrets."),
  controlPlaneLogs: z
    .boolean()
    .default(false)
    .describe("Keep the logs of API server, scheduler and controller manager too. They cost as any log."),
  alerts: alertsSchema.prefault({}).describe("Thresholds of the alerts on workloads."),
});

export type GkeConfig = z.output<typeof gkeSchema>;
export type NodePoolConfig = GkeConfig["nodePools"][string];

const DAY_MS = 24 * 3600 * 1000;

/** Rules across fields. Takes what of a config is sound. `regions`: how many there are. */
export function checkGke(gke: GkeConfig, regions: number, path = "bulkhead:gke"): Mistake[] {
  return [
    ...checkNodePools(gke, path),
    ...checkMaintenance(gke.maintenance, joinPath(path, "maintenance")),
    ...checkFleet(gke, regions, path),
  ];
}

function checkFleet({ fleet }: GkeConfig, regions: number, path: string): Mistake[] {
  if (fleet || regions < 2) return [];
  const remedy = "leave it out: a gateway over several regions needs the fleet";
  return [{ path: joinPath(path, "fleet"), value: false, problem: "is off, and there are several regions", remedy }];
}

function checkNodePools({ mode, nodePools }: GkeConfig, path: string): Mistake[] {
  const names = Object.keys(nodePools);
  const mistakes: Mistake[] = [];
  if (mode === "autopilot" && names.length > 0) {
    mistakes.push({
      path: joinPath(path, "nodePools"),
      value: names,
      problem: "are given, and Autopilot runs its own nodes",
      remedy: "leave them out, or set mode: standard for a new environment",
    });
  }
  if (mode === "standard" && names.length === 0) {
    mistakes.push({
      path: joinPath(path, "nodePools"),
      problem: "is missing, and a Standard cluster has no node without",
      remedy: "add one, such as general: {}, or leave out mode: standard",
    });
  }
  for (const [name, pool] of Object.entries(nodePools)) {
    if (pool.minNodes > pool.maxNodes) {
      mistakes.push({
        path: joinPath(path, "nodePools", name, "minNodes"),
        value: pool.minNodes,
        problem: `is more than maxNodes, ${pool.maxNodes}`,
        remedy: "make maxNodes the larger",
      });
    }
  }
  return mistakes;
}

function checkMaintenance(maintenance: GkeConfig["maintenance"], path: string): Mistake[] {
  const mistakes: Mistake[] = [];
  // Any 32 days hold each day of the week four times at least.
  const hours = 4 * new Set(maintenance.days).size * maintenance.hours;
  if (hours < 48) {
    mistakes.push({
      path: joinPath(path, "hours"),
      value: maintenance.hours,
      problem: `leaves ${hours} hours in 32 days`,
      remedy: "give days and hours that make 48 or more, as GKE demands",
    });
  }
  const exclusions = Object.entries(maintenance.exclusions);
  const total = exclusions.filter(([, { scope }]) => scope === "NO_UPGRADES").length;
  if (exclusions.length > 20 || total > 3) {
    mistakes.push({
      path: joinPath(path, "exclusions"),
      value: exclusions.length,
      problem: `are ${exclusions.length}, ${total} of them NO_UPGRADES`,
      remedy: "take out those that are past: GKE holds 20, of which 3 NO_UPGRADES",
    });
  }
  for (const [name, { start, end, scope }] of exclusions) {
    const length = end === undefined ? undefined : Date.parse(end) - Date.parse(start);
    const problem =
      length === undefined
        ? scope === "NO_UPGRADES" && "has no end, and NO_UPGRADES needs one"
        : length <= 0
          ? "does not end after its start"
          : scope === "NO_UPGRADES" && length > 30 * DAY_MS && "lasts longer than 30 days";
    if (!problem) continue;
    mistakes.push({
      path: joinPath(path, "exclusions", name, "end"),
      value: end,
      problem,
      remedy: "give an end within 30 days of the start, or the scope NO_MINOR_OR_NODE_UPGRADES",
    });
  }
  return mistakes;
}
