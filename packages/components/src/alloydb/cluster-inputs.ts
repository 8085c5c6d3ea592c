/** What the provider is told of a cluster and of its instances. */
import type * as gcp from "@pulumi/gcp";
import type { Input } from "@pulumi/pulumi";
import { databaseFlags } from "./flags.ts";
import type { PoolingSettings, ReadPoolSettings } from "./settings.ts";
import type { AlloyDbSiteArgs } from "./site.ts";

const DAY = 24 * 3600;
const EVERY_DAY = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];

/** AlloyDB takes full hours only. */
const fullHour = (hours: number) => ({ hours, minutes: 0, seconds: 0, nanos: 0 });

/** All of a cluster but its role. */
export function clusterInputs(clusterId: string, args: AlloyDbSiteArgs): gcp.alloydb.ClusterArgs {
  const { access, backups, kmsKey, maintenance } = args;
  // In all three places: a cluster under a key of the customer's whose backups name none is refused.
  const encryption = kmsKey === undefined ? {} : { encryptionConfig: { kmsKeyName: kmsKey } };
  return {
    project: args.project,
    clusterId,
    location: args.region,
    databaseVersion: `POSTGRES_${args.postgresVersion}`,
    labels: args.labels,
    ...encryption,
    // One or the other, for life.
    ...(access.kind === "psa"
      ? { networkConfig: { network: args.network, allocatedIpRange: access.rangeName } }
      : { pscConfig: { pscEnabled: true } }),
    continuousBackupConfig: { enabled: true, recoveryWindowDays: backups.recoveryWindowDays, ...encryption },
    automatedBackupPolicy: {
      enabled: true,
      location: args.region,
      labels: args.labels,
      weeklySchedule: { daysOfWeeks: EVERY_DAY, startTimes: [fullHour(backups.hour)] },
      timeBasedRetention: { retentionPeriod: `${backups.retentionDays * DAY}s` },
      ...encryption,
    },
    maintenanceUpdatePolicy: {
      maintenanceWindows: [{ day: maintenance.day, startTime: fullHour(maintenance.hour) }],
    },
    deletionProtection: args.deletionProtection,
  };
}

type InstanceInputs = Omit<gcp.alloydb.InstanceArgs, "cluster" | "instanceId" | "instanceType">;

/** The instance that writes, or that replicates from one that does. */
export function leaderInputs(args: AlloyDbSiteArgs): InstanceInputs {
  return {
    availabilityType: args.availability,
    machineConfig: machine(args),
    databaseFlags: databaseFlags(args),
    ...pooled(args.pooling),
    ...common(args),
  };
}

export function readPoolInputs(args: AlloyDbSiteArgs, pool: ReadPoolSettings): InstanceInputs {
  return {
    // One node cannot be in two zones.
    availabilityType: pool.nodes > 1 ? "REGIONAL" : "ZONAL",
    machineConfig: machine(pool),
    readPoolConfig: { nodeCount: pool.nodes },
    databaseFlags: databaseFlags(args, pool.flags),
    ...pooled(pool.pooling),
    ...common(args),
  };
}

/** Private, encrypted, by connectors; stopped where the site is fenced. */
function common({ access, labels, replication }: AlloyDbSiteArgs): Partial<InstanceInputs> {
  return {
    activationPolicy: replication?.role === "fenced" ? "NEVER" : "ALWAYS",
    clientConnectionConfig: { requireConnectors: true, sslConfig: { sslMode: "ENCRYPTED_ONLY" } },
    ...(access.kind === "psa"
      ? { networkConfig: { enablePublicIp: false, enableOutboundPublicIp: false } }
      : { pscInstanceConfig: { allowedConsumerProjects: [access.projectNumber] } }),
    queryInsightsConfig: {
      queryStringLength: 4096,
      recordApplicationTags: true,
      recordClientAddress: true,
      queryPlansPerMinute: 5,
    },
    labels,
  };
}

function machine({ cpuCount, machineType }: { cpuCount: number; machineType?: Input<string> | undefined }) {
  return { cpuCount, ...(machineType !== undefined && { machineType }) };
}

/** Named as the API names them: without `connection-pooling-`, with underscores. */
function pooled(pooling: PoolingSettings | undefined): Pick<InstanceInputs, "connectionPoolConfig"> {
  if (pooling === undefined) return {};
  const flags = { pool_mode: pooling.poolMode, max_pool_size: String(pooling.maxPoolSize) };
  return { connectionPoolConfig: { enabled: true, flags } };
}
