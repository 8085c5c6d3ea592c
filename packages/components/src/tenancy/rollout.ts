/** The rollout of a cell's tenants: create under the administrator's credential, migrate under the migrator's, then prove. */
import type { Manifest } from "@bulkhead/config";
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Identity } from "../identity/workload-identity.ts";
import { ManifestConfigMaps } from "./manifest.ts";
import { runtimeJob } from "./runtime-job.ts";

export interface TenantRolloutArgs {
  readonly namespace: pulumi.Input<string>;
  readonly images: { readonly runtime: string; readonly authProxy: string };
  /** May create roles and databases; touches no table. */
  readonly administrator: Identity;
  /** May change tables; creates no role and no database. */
  readonly migrator: Identity;
  readonly instance: pulumi.Input<string>;
  readonly manifest: Manifest;
  /** Region that holds the data. */
  readonly region: string;
  /**
   * Names this attempt at the manifest. The first two Jobs succeed though tenants failed, so after a rollout that failed they have to be
   * made anew though nothing about them changed: another attempt is another Job.
   */
  readonly attempt: string;
}

/**
 * Three Jobs. A tenant that fails keeps no other from being done: the first two leave their failures in the registry, and the last
 * reports them and fails, after it has proven isolation for the rest.
 */
export class TenantRollout extends pulumi.ComponentResource {
  /** Ends when the tenants are in place, whether or not all succeeded. What serves them depends on it, and not on the proof. */
  readonly migrate: k8s.batch.v1.Job;
  /** Known only once isolation is proven and no tenant has failed: what is to hold of a rollout that came to its end hangs on it. */
  readonly proven: pulumi.Output<string>;

  constructor(name: string, args: TenantRolloutArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:tenancy:TenantRollout", name, {}, opts);
    const manifest = new ManifestConfigMaps(
      name,
      { namespace: args.namespace, name: "tenants", manifest: args.manifest, region: args.region },
      { parent: this },
    );
    const common = {
      namespace: args.namespace,
      images: args.images,
      instance: args.instance,
      manifest,
      attempt: args.attempt,
    };
    const create = runtimeJob(
      `${name}-create`,
      {
        ...common,
        job: "tenant-create",
        identity: args.administrator,
        args: ["apply", "--stage", "create", "--defer-failures"],
      },
      { parent: this },
    );
    const migrate = runtimeJob(
      `${name}-migrate`,
      {
        ...common,
        job: "tenant-migrate",
        identity: args.migrator,
        args: ["apply", "--stage", "migrate", "--defer-failures"],
      },
      { parent: this, dependsOn: [create] },
    );
    // Proves isolation and reports what failed; fails with either.
    const prove = runtimeJob(
      `${name}-prove`,
      {
        ...common,
        job: "tenant-prove",
        identity: args.administrator,
        args: ["prove", "--report"],
        passwordLogins: true,
      },
      { parent: this, dependsOn: [migrate] },
    );
    this.migrate = migrate;
    this.proven = prove.metadata.name;
    this.registerOutputs({ proven: this.proven });
  }
}
