/** A replica of a cluster in another region: readable, and the one to promote when that region is lost. */
import type * as pulumi from "@pulumi/pulumi";
import { AlloyDbSite, type AlloyDbSiteArgs, type Replication } from "./site.ts";

export interface AlloyDbSecondaryArgs extends AlloyDbSiteArgs {
  /** Reader to begin with. */
  readonly replication: Replication;
}

/**
 * The data, users and passwords are the writer's; the key is its own region's. Backups are taken here as well, so that a promotion changes nothing
 * but the role. After a promotion it stays what it is by name: its URN is for life.
 */
export class AlloyDbSecondary extends AlloyDbSite {
  constructor(name: string, args: AlloyDbSecondaryArgs, opts?: pulumi.ComponentResourceOptions) {
    super({ type: "bulkhead:alloydb:AlloyDbSecondary", instance: "main", forceDeletion: true }, name, args, opts);
  }
}
