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
  /** AlloyDB cluster that the workload logs in to. Default: none, it has no database user. */
  readonly cluster?: pulumi.Input<string>;
  /**
   * Roles of the database user when it is created, given always: without them AlloyDB's console makes superusers.
   * Later memberships are granted by the runtime, in SQL, as those roles exist only after the bootstrap.
   */
  readonly databaseRoles: readonly string[];
  /** Roles on the project. Default: what it takes to reach AlloyDB through the Auth Proxy and log in by IAM. */
  readonly projectRoles?: readonly string[];
  /** Whether it runs in this cluster. Default: true. If not, only in others, by `SiteIdentity`. */
  readonly runsHere?: boolean;
}

/** What a workload needs to reach AlloyDB through the Auth Proxy and log in by IAM: these three roles and no more. */
const PROJECT_ROLES = ["roles/alloydb.client", "roles/alloydb.databaseUser", "roles/serviceusage.serviceUsageConsumer"];
/** What a proxy needs that passes its clients' passwords through, and logs in as nobody itself. */
export const PASS_THROUGH_ROLES = ["roles/alloydb.client", "roles/serviceusage.serviceUsageConsumer"];

export class WorkloadIdentity extends pulumi.ComponentResource {
  /** Kubernetes service account. A workload depends on the whole identity: without the binding it has no login. */
  readonly serviceAccountName: pulumi.Output<string>;
  /** Database user name, the e-mail without `.gserviceaccount.com`; a plain value, as it follows from config. */
  readonly databaseUser: string;
  /** E-mail of the Google service account; a plain value too. */
  readonly email: string;

  constructor(name: string, args: WorkloadIdentityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:identity:WorkloadIdentity", name, {}, opts);
    const accountId = accountIdIn(args.project, args.account);
    const email = serviceAccountEmail(accountId, args.project);
    this.email = email;
    this.databaseUser = iamDatabaseUser(email);
    const account = new gcp.serviceaccount.Account(
      name,
      { project: args.project, accountId, displayName: args.account, description: args.description },
      { parent: this },
    );
    for (const role of args.projectRoles ?? PROJECT_ROLES) {
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
    if (args.cluster !== undefined)
      databaseUser(name, { cluster: args.cluster, email: account.email, ...args }, { parent: this });
    this.serviceAccountName =
      args.runsHere === false
        ? pulumi.output(args.serviceAccount)
        : kubernetesAccount(name, { ...args, email }, { parent: this }).metadata.name;
    this.registerOutputs({ serviceAccountName: this.serviceAccountName, databaseUser: this.databaseUser });
  }
}

/** The database user of a Google service account, in one AlloyDB cluster. */
export function databaseUser(
  name: string,
  args: {
    readonly cluster: pulumi.Input<string>;
    readonly email: pulumi.Input<string>;
    readonly databaseRoles: readonly string[];
  },
  opts: pulumi.CustomResourceOptions,
): gcp.alloydb.User {
  return new gcp.alloydb.User(
    name,
    {
      cluster: args.cluster,
      userId: pulumi.output(args.email).apply(iamDatabaseUser),
      userType: "ALLOYDB_IAM_USER",
      databaseRoles: ["alloydbiamuser", ...args.databaseRoles],
    },
    // The runtime adds memberships in SQL; without this the next update would take them away.
    { ...opts, ignoreChanges: ["databaseRoles", ...(opts.ignoreChanges ?? [])] },
  );
}

/** The Kubernetes service account that acts as a Google one. */
export function kubernetesAccount(
  name: string,
  args: { readonly namespace: pulumi.Input<string>; readonly serviceAccount: string; readonly email: string },
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.ServiceAccount {
  return new k8s.core.v1.ServiceAccount(
    name,
    {
      metadata: {
        name: args.serviceAccount,
        namespace: args.namespace,
        annotations: { "iam.gke.io/gcp-service-account": args.email },
      },
      automountServiceAccountToken: false,
    },
    opts,
  );
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
