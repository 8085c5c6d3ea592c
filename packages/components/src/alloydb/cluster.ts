/** An AlloyDB cluster with its primary: reached privately, by IAM, through the Auth Proxy and nothing else. */
import type * as pulumi from "@pulumi/pulumi";
import { AlloyDbSite, type AlloyDbSiteArgs } from "./site.ts";

export type AlloyDbClusterArgs = AlloyDbSiteArgs;

/** A cell's own cluster, its `home`. It writes, unless a promotion or a switchover has made another site the writer. */
export class AlloyDbCluster extends AlloyDbSite {
  constructor(name: string, args: AlloyDbClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super({ type: "bulkhead:alloydb:AlloyDbCluster", instance: "primary", forceDeletion: false }, name, args, opts);
  }
}
