/** One workload's login: a policy for its credentials alone, a service account that Vault trusts with it, and its delivery. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { labelsOf } from "../pods/labels.ts";
import { bySecretsOperator, externally } from "./delivery.ts";
import { audienceOf, reviewsItself, type VaultPlace } from "./place.ts";
import { credentialsPolicy } from "./policy.ts";

export interface VaultWorkloadArgs {
  /** Name of the workload, unique in the environment. Its Secret, service account and objects are `vault-<workload>`. */
  readonly workload: string;
  /** What the names of policies begin with. */
  readonly path: string;
  readonly vault: VaultPlace;
  /** Path of the database engine. */
  readonly mount: pulumi.Input<string>;
  /** Path of the cluster's auth method, without `auth/`. */
  readonly auth: pulumi.Input<string>;
  /** Path of the credentials below the mount: `creds/…`, or `static-creds/…` for a login that stays. */
  readonly credentials: pulumi.Input<string>;
  /** The credentials are those of a login that stays. */
  readonly stable: boolean;
  readonly lease: { readonly default: number; readonly max: number };
  readonly namespace: pulumi.Input<string>;
  /** Service account that is there already. Default: one is made. */
  readonly serviceAccount?: string;
  /** vso and eso keep a Secret; agent delivers into the pod's memory, by what `vaultAgent` returns. */
  readonly by: "vso" | "eso" | "agent";
  /** Deployments that the operator rolls when the login changes. */
  readonly restart: readonly string[];
  /** See VaultCluster. */
  readonly reviewer: "vault" | "client";
}

export class VaultWorkload extends pulumi.ComponentResource {
  /** Name of the Secret with `username` and `password`; null where there is none. */
  readonly secret: string | null;
  /** Role of the auth method, which the service account may log in as. */
  readonly role: pulumi.Output<string>;
  readonly serviceAccountName: pulumi.Output<string>;

  constructor(name: string, args: VaultWorkloadArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:vault:VaultWorkload", name, {}, opts);
    const own = `vault-${args.workload}`;
    const audience = audienceOf(args.reviewer);
    const metadata = { name: own, namespace: args.namespace, labels: labelsOf(own, "vault") };
    this.serviceAccountName = args.serviceAccount
      ? pulumi.output(args.serviceAccount)
      : new k8s.core.v1.ServiceAccount(name, { metadata, automountServiceAccountToken: false }, { parent: this })
          .metadata.name;
    const policy = new vault.Policy(
      name,
      {
        name: `${args.path}-${args.workload}`,
        policy: pulumi
          .all([args.mount, args.credentials])
          .apply(([mount, credentials]) => credentialsPolicy(mount, credentials, args.by === "vso" && !args.stable)),
      },
      { parent: this },
    );
    this.role = new vault.kubernetes.AuthBackendRole(
      name,
      {
        backend: args.auth,
        roleName: `${args.path}-${args.workload}`,
        boundServiceAccountNames: [this.serviceAccountName],
        boundServiceAccountNamespaces: [args.namespace],
        ...(audience === undefined ? {} : { audience }),
        tokenPolicies: [policy.name],
        ...tokenOf(args),
      },
      { parent: this },
    ).roleName;
    if (args.reviewer === "client")
      reviewsItself(
        name,
        {
          name: pulumi.interpolate`${args.namespace}-${own}`,
          serviceAccount: this.serviceAccountName,
          namespace: args.namespace,
        },
        { parent: this },
      );
    // Public, and in a Secret because that is where the operators and the Agent look for it.
    const { caCertificate } = args.vault;
    if (caCertificate !== null && args.by !== "eso")
      new k8s.core.v1.Secret(
        `${name}-ca`,
        { metadata: { ...metadata, name: `${own}-ca` }, stringData: { "ca.crt": caCertificate } },
        { parent: this },
      );
    const delivery = {
      ...args,
      audience,
      name: own,
      metadata,
      role: this.role,
      serviceAccountName: this.serviceAccountName,
    };
    if (args.by === "vso") bySecretsOperator(name, delivery, { parent: this });
    if (args.by === "eso") externally(name, delivery, { parent: this });
    this.secret = args.by === "agent" ? null : own;
    this.registerOutputs({ secret: this.secret, role: this.role, serviceAccountName: this.serviceAccountName });
  }
}

/** A lease ends with the token that it was taken by, so no token may end before its leases. */
function tokenOf({ by, lease }: VaultWorkloadArgs) {
  switch (by) {
    case "vso":
      // Renewed without end, as the operator does; else its end would take the login away from a running workload.
      return { tokenPeriod: lease.max };
    case "eso":
      // That operator ends its token after each use, and with it the login, unless it is of the kind that cannot be ended.
      return { tokenType: "batch", tokenTtl: lease.max, tokenMaxTtl: lease.max };
    case "agent":
      return { tokenTtl: lease.max, tokenMaxTtl: lease.max };
  }
}
