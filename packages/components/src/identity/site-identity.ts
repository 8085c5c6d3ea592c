/**
 * A workload's identity in another region: a Kubernetes service account there, bound to the same Google one. One project has one workload
 * pool, so the binding that the identity has counts for every cluster of the project.
 */
import * as pulumi from "@pulumi/pulumi";
import { databaseUser, type Identity, kubernetesAccount, type WorkloadIdentity } from "./workload-identity.ts";

export interface SiteIdentityArgs {
  readonly identity: WorkloadIdentity;
  /** Kubernetes namespace of the workload there, of the same name as where its identity was made. */
  readonly namespace: pulumi.Input<string>;
  /** Name of the Kubernetes service account, the same as where its identity was made. */
  readonly serviceAccount: string;
  /** Whether it runs there. Default: true. */
  readonly runsHere?: boolean;
  /**
   * AlloyDB cluster of the site, if it writes or has written: there a user of AlloyDB's own list has to be. Default: none; a
   * secondary has the users of what it replicates.
   */
  readonly cluster?: pulumi.Input<string>;
  readonly databaseRoles: readonly string[];
}

export class SiteIdentity extends pulumi.ComponentResource implements Identity {
  readonly serviceAccountName: pulumi.Output<string>;
  readonly databaseUser: string;

  constructor(name: string, args: SiteIdentityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:identity:SiteIdentity", name, {}, opts);
    const { email } = args.identity;
    this.databaseUser = args.identity.databaseUser;
    if (args.cluster !== undefined) {
      // The role came along by replication; AlloyDB's call creates a user or takes the one that is there. Once the site reads again, its
      // roles are those of the writer: they are not its own to delete, and a secondary would refuse to.
      databaseUser(
        name,
        { cluster: args.cluster, email, databaseRoles: args.databaseRoles },
        { parent: this, retainOnDelete: true },
      );
    }
    this.serviceAccountName =
      args.runsHere === false
        ? pulumi.output(args.serviceAccount)
        : kubernetesAccount(name, { ...args, email }, { parent: this }).metadata.name;
    this.registerOutputs({ serviceAccountName: this.serviceAccountName, databaseUser: this.databaseUser });
  }
}
