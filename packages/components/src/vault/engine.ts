/** Vault's side of an environment: the database engine, a Kubernetes auth method for each region's cluster, and the audit device. */
import type { VaultConfig } from "@bulkhead/config";
import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";

export interface VaultEngineArgs {
  /** What the names of mounts and the audit device begin with. Changing it replaces them, and ends every lease. */
  readonly path: string;
  readonly audit: VaultConfig["audit"];
  /** Longest lease of any login, in seconds. */
  readonly maxLease: number;
  /** The GKE clusters whose service accounts Vault trusts, by region. */
  readonly clusters: Readonly<Record<string, VaultCluster>>;
}

export interface VaultCluster {
  /** Control plane as Vault reaches it, `https://…`. */
  readonly host: string;
  /** Its CA, PEM. Default: that of Vault's own pod, or the public ones. */
  readonly caCertificate?: string;
  /**
   * Who asks the cluster whether a service account's token is good. vault: Vault's own pod, which runs in that cluster. client: the token
   * itself, for which its service account is bound to `system:auth-delegator`; so no token of a cluster is kept in another place.
   */
  readonly reviewer: "vault" | "client";
}

/** Mount of the database engine. */
export function databaseMount(path: string): string {
  return `${path}-database`;
}

/** Path of a region's Kubernetes auth method, without `auth/`. */
export function authMount(path: string, region: string): string {
  return `${path}-${region}`;
}

export class VaultEngine extends pulumi.ComponentResource {
  /** Path of the database engine. */
  readonly mount: pulumi.Output<string>;
  /** Path of each region's auth method, once it is configured. */
  readonly auth: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: VaultEngineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:vault:VaultEngine", name, {}, opts);
    // First, so that it records what follows.
    const audit = this.#audit(name, args);
    const after = { parent: this, dependsOn: audit ? [audit] : [] };
    const mount = new vault.Mount(
      `${name}-database`,
      {
        path: databaseMount(args.path),
        type: "database",
        description: "Short-lived logins of the platform's databases",
        defaultLeaseTtlSeconds: args.maxLease,
        maxLeaseTtlSeconds: args.maxLease,
      },
      after,
    );
    this.mount = mount.path;
    this.auth = Object.fromEntries(
      Object.entries(args.clusters).map(([region, cluster]) => [
        region,
        this.#auth(name, args.path, region, cluster, after),
      ]),
    );
    this.registerOutputs({ mount: this.mount });
  }

  #audit(name: string, { audit, path }: VaultEngineArgs): vault.Audit | undefined {
    if (audit.type === "none") return undefined;
    return new vault.Audit(
      name,
      {
        path,
        type: audit.type,
        options: {
          ...(audit.type === "file" ? { file_path: audit.target } : { address: audit.target, socket_type: "tcp" }),
          // Values of requests and answers are hashed; raw, the logins themselves would stand in the log.
          log_raw: "false",
          hmac_accessor: "true",
          format: "json",
        },
      },
      { parent: this },
    );
  }

  #auth(
    name: string,
    path: string,
    region: string,
    cluster: VaultCluster,
    opts: pulumi.CustomResourceOptions,
  ): pulumi.Output<string> {
    const backend = new vault.AuthBackend(
      `${name}-${region}`,
      {
        type: "kubernetes",
        path: authMount(path, region),
        description: `Service accounts of the cluster in ${region}`,
      },
      opts,
    );
    const config = new vault.kubernetes.AuthBackendConfig(
      `${name}-${region}`,
      {
        backend: backend.path,
        kubernetesHost: cluster.host,
        ...(cluster.caCertificate === undefined ? {} : { kubernetesCaCert: cluster.caCertificate }),
        // What Vault's own pod would lend is of another cluster, or of none.
        disableLocalCaJwt: cluster.reviewer === "client",
      },
      { parent: this },
    );
    // What logs in there waits for it to be configured.
    return config.backend.apply((backendPath) => backendPath ?? authMount(path, region));
  }
}
