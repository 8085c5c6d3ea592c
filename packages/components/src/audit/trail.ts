/** The audit log: what is recorded, where it is kept, and that nobody shortens it. */
import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { AUDIT_LOGS } from "./filters.ts";

export interface AuditTrailArgs {
  /** Google Cloud project id. Changing it replaces everything. */
  readonly project: string;
  /** Region of the log and of its archive. Changing it replaces them: the old ones stay while `protect` does. */
  readonly region: string;
  /** Record who read and wrote what by Google's APIs. pgAudit's lines arrive by them. */
  readonly dataAccess: boolean;
  /** Days for which the log is kept. */
  readonly retentionDays: number;
  /** Lock the log. Irreversible: retention only grows, and the project cannot be deleted before the last entry is that old. */
  readonly locked: boolean;
  /** Customer-managed key of the region, `projects/…/cryptoKeys/…`. Default: Google's own. */
  readonly kmsKey?: pulumi.Input<string>;
  /** A copy in Cloud Storage, encrypted by Google's own key. Default: none. */
  readonly archive?: { readonly retentionDays: number; readonly locked: boolean };
  /** Refuse to delete the log and the archive. */
  readonly protect: boolean;
}

/**
 * Which kinds of access are recorded, by service. Admin activity always is, and costs nothing. pgAudit needs AlloyDB's data access;
 * Kubernetes' would be the dearest by far and says little that admin activity does not.
 */
const DATA_ACCESS: Readonly<Record<string, readonly string[]>> = {
  alloydb: ["ADMIN_READ", "DATA_READ", "DATA_WRITE"],
  cloudkms: ["ADMIN_READ", "DATA_READ", "DATA_WRITE"],
  iam: ["ADMIN_READ", "DATA_READ", "DATA_WRITE"],
  secretmanager: ["ADMIN_READ", "DATA_READ", "DATA_WRITE"],
};

const DAY_SECONDS = 24 * 3600;

export class AuditTrail extends pulumi.ComponentResource {
  /** `projects/…/locations/…/buckets/…` of the log. */
  readonly bucket: pulumi.Output<string>;

  constructor(name: string, args: AuditTrailArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:audit:AuditTrail", name, {}, opts);
    const { project } = args;
    const kept = { parent: this, protect: args.protect };
    if (args.dataAccess) {
      for (const [service, types] of Object.entries(DATA_ACCESS)) {
        new gcp.projects.IAMAuditConfig(
          `${name}-${service}`,
          {
            project,
            service: `${service}.googleapis.com`,
            auditLogConfigs: types.map((logType) => ({ logType })),
          },
          { parent: this },
        );
      }
    }
    const bucket = new gcp.logging.ProjectBucketConfig(
      name,
      {
        project,
        location: args.region,
        bucketId: name,
        description: "Audit log",
        retentionDays: args.retentionDays,
        locked: args.locked,
        ...(args.kmsKey !== undefined && { cmekSettings: { kmsKeyName: args.kmsKey } }),
      },
      kept,
    );
    this.bucket = pulumi.interpolate`projects/${project}/locations/${args.region}/buckets/${bucket.bucketId}`;
    // To a log bucket of its own project a sink writes as itself: it has no identity that could be granted anything.
    new gcp.logging.ProjectSink(
      name,
      {
        project,
        name,
        description: "Audit logs, and the requests of administrators in databases",
        destination: pulumi.interpolate`logging.googleapis.com/${this.bucket}`,
        filter: AUDIT_LOGS,
        uniqueWriterIdentity: true,
      },
      { parent: this },
    );
    if (args.archive) archive(`${name}-archive`, { ...args, ...args.archive }, kept);
    this.registerOutputs({ bucket: this.bucket });
  }
}

/** A bucket into which logs can be put, and out of which nobody gets or takes them before their time. */
function archive(
  name: string,
  args: { readonly project: string; readonly region: string; readonly retentionDays: number; readonly locked: boolean },
  opts: pulumi.CustomResourceOptions,
): void {
  const { project, retentionDays } = args;
  const bucket = new gcp.storage.Bucket(
    name,
    {
      project,
      // Names of buckets are the world's: a project id makes one's own.
      name: `${project}-${name}`,
      location: args.region,
      // The classes have a least time too, for which one pays in any case.
      storageClass: retentionDays >= 365 ? "ARCHIVE" : retentionDays >= 90 ? "COLDLINE" : "STANDARD",
      uniformBucketLevelAccess: true,
      publicAccessPrevention: "enforced",
      retentionPolicy: { retentionPeriod: String(retentionDays * DAY_SECONDS), isLocked: args.locked },
      lifecycleRules: [{ action: { type: "Delete" }, condition: { age: retentionDays + 1 } }],
      forceDestroy: false,
    },
    opts,
  );
  const sink = new gcp.logging.ProjectSink(
    name,
    {
      project,
      name,
      description: "Copy of the audit logs for years",
      destination: pulumi.interpolate`storage.googleapis.com/${bucket.name}`,
      filter: AUDIT_LOGS,
      uniqueWriterIdentity: true,
    },
    { parent: opts.parent },
  );
  new gcp.storage.BucketIAMMember(
    name,
    { bucket: bucket.name, role: "roles/storage.objectCreator", member: sink.writerIdentity },
    { parent: opts.parent },
  );
}
