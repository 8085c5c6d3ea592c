/** An AlloyDB cluster with its primary: reached privately, by IAM, through the Auth Proxy and nothing else. */
import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";

export interface AlloyDbClusterArgs {
  /** Google Cloud project id. Changing it replaces the cluster. */
  readonly project: string;
  /** Changing it replaces the cluster: move the tenants to a new cell instead. */
  readonly region: string;
  /** PostgreSQL major version. Raising it is an in-place upgrade that cannot be undone. */
  readonly postgresVersion: 15 | 16 | 17;
  /** REGIONAL has a standby in another zone; ZONAL has none. */
  readonly availability: "REGIONAL" | "ZONAL";
  /** vCPUs of the primary. Changing it restarts the instance. */
  readonly cpuCount: number;
  /** Database flags beside the platform's own; values as strings. Some restart the instance. */
  readonly flags: Readonly<Record<string, string>>;
  /** `projects/…/global/networks/…`. Preview accepts a change, the API refuses it. */
  readonly network: pulumi.Input<string>;
  /** Name of the range reserved for private service access. */
  readonly allocatedRange: pulumi.Input<string>;
  /** Refuse to delete the cluster. */
  readonly deletionProtection: boolean;
}

/** Flags that isolation and login rest on; config may add others and not change these. */
const PLATFORM_FLAGS = {
  "alloydb.iam_authentication": "on",
  "alloydb.enable_pgaudit": "on",
};

export class AlloyDbCluster extends pulumi.ComponentResource {
  /** `projects/…/locations/…/clusters/…`. */
  readonly name: pulumi.Output<string>;
  /** `…/instances/primary`: what the Auth Proxy connects to. Known once the instance runs. */
  readonly primary: pulumi.Output<string>;
  readonly region: string;

  constructor(name: string, args: AlloyDbClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:alloydb:AlloyDbCluster", name, {}, opts);
    this.region = args.region;
    const cluster = new gcp.alloydb.Cluster(
      name,
      {
        project: args.project,
        clusterId: name,
        location: args.region,
        databaseVersion: `POSTGRES_${args.postgresVersion}`,
        clusterType: "PRIMARY",
        networkConfig: { network: args.network, allocatedIpRange: args.allocatedRange },
        continuousBackupConfig: { enabled: true, recoveryWindowDays: 14 },
        automatedBackupPolicy: {
          enabled: true,
          location: args.region,
          weeklySchedule: {
            daysOfWeeks: ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"],
            startTimes: [{ hours: 2, minutes: 0, seconds: 0, nanos: 0 }],
          },
          timeBasedRetention: { retentionPeriod: `${30 * 24 * 3600}s` },
        },
        deletionProtection: args.deletionProtection,
      },
      { parent: this, protect: args.deletionProtection },
    );
    const primary = new gcp.alloydb.Instance(
      `${name}-primary`,
      {
        cluster: cluster.name,
        instanceId: "primary",
        // Bound to the cluster and ignored afterwards: it replaces the instance, and a promotion would change it.
        instanceType: cluster.clusterType.apply((type) => type ?? "PRIMARY"),
        availabilityType: args.availability,
        machineConfig: { cpuCount: args.cpuCount },
        databaseFlags: { ...args.flags, ...PLATFORM_FLAGS },
        clientConnectionConfig: { requireConnectors: true, sslConfig: { sslMode: "ENCRYPTED_ONLY" } },
        networkConfig: { enablePublicIp: false, enableOutboundPublicIp: false },
        queryInsightsConfig: {
          queryStringLength: 4096,
          recordApplicationTags: true,
          recordClientAddress: true,
          queryPlansPerMinute: 5,
        },
      },
      { parent: this, protect: args.deletionProtection, ignoreChanges: ["instanceType"] },
    );
    this.name = cluster.name;
    this.primary = primary.name;
    this.registerOutputs({ name: this.name, primary: this.primary });
  }
}
