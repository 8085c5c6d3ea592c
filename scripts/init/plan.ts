/** What `npm run init` wants of a project, and what it finds there: names, settings, and where the two differ. */
import type { Layer } from "@bulkhead/config";
import { LAYERS, projectOf } from "@bulkhead/config";

export interface Target {
  readonly environment: string;
  readonly project: string;
  /** Where state and key are. Moving either is by hand. */
  readonly region: string;
  readonly bucket: string;
}

/** Only what state and key need; the foundation layer enables the rest. */
export const SERVICES = [
  "cloudkms.googleapis.com",
  "cloudresourcemanager.googleapis.com",
  "iam.googleapis.com",
  "iamcredentials.googleapis.com",
  "serviceusage.googleapis.com",
  "storage.googleapis.com",
] as const;

export const KEY_RING = "bulkhead";
/** How long a deleted or overwritten state can be had back; the most that Cloud Storage has is 90 days. */
export const SOFT_DELETE_DAYS = 90;
export const ROTATION_DAYS = 90;
/** How long a key's version can be had back that was scheduled for destruction; for the key's life. */
export const DESTROY_DAYS = 30;
const DAY = 86_400;

/** Bucket names are one space for everybody: the project's id makes this one ours. */
export function stateBucket(project: string): string {
  return `${project}-pulumi-state`;
}

export function keyName(target: Target): string {
  return `pulumi-${target.environment}`;
}

export function keyPath({ project, region, ...target }: Target): string {
  const name = keyName({ project, region, ...target });
  return `projects/${project}/locations/${region}/keyRings/${KEY_RING}/cryptoKeys/${name}`;
}

export function backendUrl({ bucket }: Target): string {
  return `gs://${bucket}`;
}

/** A Cloud Storage bucket, as its API describes it. */
export interface Bucket {
  readonly projectNumber?: string;
  readonly location?: string;
  readonly versioning?: { readonly enabled?: boolean };
  readonly iamConfiguration?: {
    readonly uniformBucketLevelAccess?: { readonly enabled?: boolean };
    readonly publicAccessPrevention?: string;
  };
  readonly softDeletePolicy?: { readonly retentionDurationSeconds?: string };
}

/** A key, as the KMS API describes it. */
export interface Key {
  readonly purpose?: string;
  readonly primary?: { readonly state?: string };
  readonly rotationPeriod?: string;
  readonly versionTemplate?: { readonly protectionLevel?: string };
}

/** What is wrong with a bucket that is there already: a sentence each, the remedy with it. Versioning alone is set on a later run. */
export function bucketFaults(target: Target, bucket: Bucket, projectNumber: string): string[] {
  const url = backendUrl(target);
  const faults: string[] = [];
  if (bucket.projectNumber !== projectNumber)
    faults.push(`${url} belongs to another project (${bucket.projectNumber}): choose a name of your own with --bucket`);
  if (bucket.location?.toLowerCase() !== target.region)
    faults.push(
      `${url} is in ${bucket.location?.toLowerCase()}, not in ${target.region}: say --region ${bucket.location?.toLowerCase()}, or choose another --bucket`,
    );
  if (bucket.iamConfiguration?.uniformBucketLevelAccess?.enabled !== true)
    faults.push(
      `${url} has access lists on objects: gcloud storage buckets update ${url} --uniform-bucket-level-access`,
    );
  if (bucket.iamConfiguration?.publicAccessPrevention !== "enforced")
    faults.push(`${url} could be made public: gcloud storage buckets update ${url} --public-access-prevention`);
  if (Number(bucket.softDeletePolicy?.retentionDurationSeconds ?? 0) < SOFT_DELETE_DAYS * DAY)
    faults.push(
      `${url} keeps what is deleted for less than ${SOFT_DELETE_DAYS} days: gcloud storage buckets update ${url} --soft-delete-duration=${SOFT_DELETE_DAYS}d`,
    );
  return faults;
}

export function keyFaults(target: Target, key: Key): string[] {
  const path = keyPath(target);
  const faults: string[] = [];
  if (key.purpose !== "ENCRYPT_DECRYPT") faults.push(`${path} is for ${key.purpose}, not for encryption`);
  if (key.primary?.state !== "ENABLED")
    faults.push(
      `${path} has no enabled primary version (${key.primary?.state ?? "none"}): enable one, or the state's secrets cannot be read`,
    );
  if (key.rotationPeriod === undefined || Number.parseInt(key.rotationPeriod, 10) > ROTATION_DAYS * DAY)
    faults.push(
      `${path} is not rotated every ${ROTATION_DAYS} days: gcloud kms keys update ${keyName(target)} --keyring=${KEY_RING} --location=${target.region} --project=${target.project} --rotation-period=${ROTATION_DAYS}d --next-rotation-time=${nextRotation(new Date())}`,
    );
  return faults;
}

export function nextRotation(now: Date): string {
  return new Date(now.getTime() + ROTATION_DAYS * DAY * 1000).toISOString().replace(/\.\d+Z$/, "Z");
}

/** What will be done, in the order in which it is done. */
export function describePlan(target: Target): string {
  const stacks = LAYERS.map((layer: Layer) => `${projectOf(layer)}/${target.environment}`).join(", ");
  return `In the Google Cloud project ${target.project}, as whoever gcloud is logged in as:
  1. enable ${SERVICES.join(", ")}
  2. create the bucket ${backendUrl(target)} in ${target.region}, for Pulumi's state: versions kept, no access lists, never public,
     what is deleted kept for ${SOFT_DELETE_DAYS} days
  3. create the key ${keyPath(target)},
     with which the secrets in state and stack files are encrypted, rotated every ${ROTATION_DAYS} days
  4. pulumi login ${backendUrl(target)}
  5. pulumi stack init of ${stacks}, with that key

What is there already and as it should be is left alone; what is there and otherwise is refused.`;
}
