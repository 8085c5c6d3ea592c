/** How Vault comes by its own logins: a Job of the administrator's makes them, tells Vault the passwords, and has Vault change them at once. */
import { shortHash } from "@bulkhead/config";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import type { Identity } from "../identity/workload-identity.ts";
import { labelsOf } from "../pods/labels.ts";
import { type RuntimeVolume, runtimeJob } from "../tenancy/runtime-job.ts";
import { audienceOf, reviewsItself, type VaultPlace } from "./place.ts";
import { loginsPolicy } from "./policy.ts";

export interface VaultLoginsArgs {
  readonly namespace: pulumi.Input<string>;
  /** First part of the Job's name, and its label `app`, by which network policies let it reach Vault. */
  readonly job: string;
  readonly images: { readonly runtime: string; readonly authProxy: string };
  /** The login that may create roles. */
  readonly administrator: Identity;
  readonly instance: pulumi.Input<string>;
  /** What the names of policies begin with. */
  readonly path: string;
  readonly vault: VaultPlace;
  readonly mount: pulumi.Input<string>;
  /** Path of the cluster's auth method, without `auth/`. */
  readonly auth: pulumi.Input<string>;
  /** Connections by name, and whose database each reaches: a tenant's id, or `platform`. */
  readonly connections: Readonly<Record<string, string>>;
  /** Tenants with a schema of their own whose logins the platform's connection issues. */
  readonly schemaTenants: readonly string[];
  /** Logins that stay, and the authenticator each is a member of. */
  readonly stable: Readonly<Record<string, string>>;
  /** Raised, it gives Vault new passwords. */
  readonly generation: number;
  /** What has to be there first: the connections, the databases, and the way to Vault. */
  readonly after: readonly pulumi.Resource[];
  /** See VaultCluster. */
  readonly reviewer: "vault" | "client";
}

const FOLDER = "/var/run/vault";
/** Seconds that Vault's token for the Job lives; the Job ends it itself. */
const TOKEN_TTL = 600;

export class VaultLogins extends pulumi.ComponentResource {
  constructor(name: string, args: VaultLoginsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:vault:VaultLogins", name, {}, opts);
    const parent = { parent: this };
    const only = audienceOf(args.reviewer);
    const audience = only === undefined ? {} : { audience: only };
    const policy = new vault.Policy(
      name,
      {
        name: `${args.path}-${name}`,
        policy: pulumi.output(args.mount).apply((mount) => loginsPolicy(mount, Object.keys(args.connections))),
      },
      parent,
    );
    const role = new vault.kubernetes.AuthBackendRole(
      name,
      {
        backend: args.auth,
        roleName: `${args.path}-${name}`,
        boundServiceAccountNames: [args.administrator.serviceAccountName],
        boundServiceAccountNamespaces: [args.namespace],
        ...audience,
        tokenPolicies: [policy.name],
        tokenTtl: TOKEN_TTL,
        tokenMaxTtl: TOKEN_TTL,
      },
      parent,
    );
    const bindings =
      args.reviewer === "client"
        ? [
            reviewsItself(
              name,
              {
                name: pulumi.interpolate`${args.namespace}-${args.job}`,
                serviceAccount: args.administrator.serviceAccountName,
                namespace: args.namespace,
              },
              parent,
            ),
          ]
        : [];
    const volume = this.#volume(name, args, audience);
    runtimeJob(
      name,
      {
        namespace: args.namespace,
        job: args.job,
        images: args.images,
        identity: args.administrator,
        instance: args.instance,
        args: verb(args),
        environment: {
          VAULT_ADDR: args.vault.address,
          ...(args.vault.namespace === null ? {} : { VAULT_NAMESPACE: args.vault.namespace }),
          BULKHEAD_VAULT_MOUNT: args.mount,
          BULKHEAD_VAULT_BACKEND: args.auth,
          BULKHEAD_VAULT_ROLE: role.roleName,
          BULKHEAD_VAULT_TOKEN_FILE: `${FOLDER}/token`,
          ...(args.vault.caCertificate === null ? {} : { NODE_EXTRA_CA_CERTS: `${FOLDER}/ca.crt` }),
        },
        volumes: { vault: volume },
        deadlineSeconds: 900,
      },
      { ...parent, dependsOn: [...bindings, ...args.after] },
    );
    this.registerOutputs({});
  }

  /** A token that is good for Vault, and Vault's CA. */
  #volume(
    name: string,
    { job, namespace, vault: place }: VaultLoginsArgs,
    audience: { readonly audience?: string },
  ): RuntimeVolume {
    const token = { serviceAccountToken: { path: "token", ...audience, expirationSeconds: TOKEN_TTL } };
    const { caCertificate } = place;
    if (caCertificate === null) return { mountPath: FOLDER, sources: [token] };
    const authority = new k8s.core.v1.ConfigMap(
      name,
      {
        metadata: { name: `${job}-ca-${shortHash(caCertificate)}`, namespace, labels: labelsOf(job, "vault") },
        data: { "ca.crt": caCertificate },
        immutable: true,
      },
      { parent: this },
    );
    return { mountPath: FOLDER, sources: [token, { configMap: { name: authority.metadata.name } }] };
  }
}

/** Arguments of `bulkhead`, in the order of their names: another order would be another Job. */
function verb(args: VaultLoginsArgs): string[] {
  const pairs = (option: string, map: Readonly<Record<string, string>>) =>
    Object.entries(map)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([key, value]) => [option, `${key}=${value}`]);
  return [
    "vault",
    ...pairs("--connection", args.connections),
    ...args.schemaTenants.toSorted().flatMap((tenant) => ["--schema-tenant", tenant]),
    ...pairs("--stable", args.stable),
    ...["--generation", String(args.generation)],
  ];
}
