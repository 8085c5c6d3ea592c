/** One identity per workload: a Google service account without keys, a Kubernetes one bound to it, and its database user. */
import {
  iamDatabaseUser,
  MAX_IDENTIFIER_BYTES,
  serviceAccountEmail,
  serviceAccountId,
  shortHash,
} from "@bulkhead/config";
import * as gcp from "@pulumi/gcp";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

export interface WorkloadIdentityArgs {
  readonly project: string;
  /** Pool of Workload Identity, `<project>.svc.id.goog`. */
  readonly workloadPool: string;
  /** Kubernetes namespace of the workload. */
  readonly namespace: pulumi.Input<string>;
  /** Name of the Kubernetes service account. */
  readonly serviceAccount: string;
  /** Name from which the Google service account id is derived; unique in the project. Changing it replaces the account. */
  readonly account: string;
  readonly description: string;
  /** AlloyDB cluster that the workload logs in to. */
  readonly cluster: pulumi.Input<string>;
  /**
   * Roles of the database user when it is created, given always: without them AlloyDB's console makes superusers.
   * Later memberships are granted by the runtime, in SQL, as those roles exist only after the bootstrap.
   */
  readonly databaseRoles: readonly string[];
}

/** What a workload needs to reach AlloyDB through the Auth Proxy and log in by IAM: these three roles and no more. */
const PROJECT_ROLES = ["roles/alloydb.client", "roles/alloydb.databaseUser", "roles/serviceusage.serviceUsageConsumer"];

export class WorkloadIdentity extends pulumi.ComponentResource {
  /** Kubernetes service account. A workload depends on the whole identity: without the binding it has no login. */
  readonly serviceAccountName: pulumi.Output<string>;
  /** Database user name, the e-mail without `.gserviceaccount.com`; a plain value, as it follows from config. */
  readonly databaseUser: string;

  constructor(name: string, args: WorkloadIdentityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:identity:WorkloadIdentity", name, {}, opts);
    const accountId = accountIdIn(args.project, args.account);
    const email = serviceAccountEmail(accountId, args.project);
    this.databaseUser = iamDatabaseUser(email);
    const account = new gcp.serviceaccount.Account(
      name,
      { project: args.project, accountId, displayName: args.account, description: args.description },
      { parent: this },
    );
    for (const role of PROJECT_ROLES) {
      new gcp.projects.IAMMember(
        `${name}-${role.split("/")[1]}`,
        { project: args.project, role, member: pulumi.interpolate`serviceAccount:${account.email}` },
        { parent: this },
      );
    }
    new gcp.serviceaccount.IAMMember(
      name,
      {
        serviceAccountId: account.name,
        role: "roles/iam.workloadIdentityUser",
        member: pulumi.interpolate`serviceAccount:${args.workloadPool}[${args.namespace}/${args.serviceAccount}]`,
      },
      { parent: this },
    );
    new gcp.alloydb.User(
      name,
      {
        cluster: args.cluster,
        userId: account.email.apply(iamDatabaseUser),
        userType: "ALLOYDB_IAM_USER",
        databaseRoles: ["alloydbiamuser", ...args.databaseRoles],
      },
      // The runtime adds memberships in SQL; without this the next update would take them away.
      { parent: this, ignoreChanges: ["databaseRoles"] },
    );
    const kubernetesAccount = new k8s.core.v1.ServiceAccount(
      name,
      {
        metadata: {
          name: args.serviceAccount,
          namespace: args.namespace,
          annotations: { "iam.gke.io/gcp-service-account": email },
        },
        automountServiceAccountToken: false,
      },
      { parent: this },
    );
    this.serviceAccountName = kubernetesAccount.metadata.name;
    this.registerOutputs({ serviceAccountName: this.serviceAccountName, databaseUser: this.databaseUser });
  }
}

/**
 * Id of the Google service account: such that its database user's name, which holds the project too, is one that PostgreSQL takes whole.
 * @throws where the account's name makes none
 */
function accountIdIn(project: string, account: string): string {
  const id = serviceAccountId(account);
  const room = MAX_IDENTIFIER_BYTES - iamDatabaseUser(serviceAccountEmail("", project)).length;
  const fitting = id.length <= room ? id : `${id.slice(0, room - 9).replace(/-+$/, "")}-${shortHash(account, 8)}`;
  if (/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/.test(fitting)) return fitting;
  throw new pulumi.RunError(
    `"${fitting}" is no id of a Google service account: name the environment (the stack) in a-z, 0-9 and - only`,
  );
}

/** What a workload needs to know of an identity, of this layer or of an earlier one. */
export interface Identity {
  readonly serviceAccountName: pulumi.Input<string>;
  readonly databaseUser: string;
}
