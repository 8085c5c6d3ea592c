/** Where Vault is, as whatever logs in to it needs to know. */
import { VAULT_AUDIENCE, type VaultConfig } from "@bulkhead/config";
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import type { Peer } from "../network-policies/path.ts";
import { PART_OF } from "../pods/labels.ts";

export interface VaultPlace {
  /** Where pods reach it, `https://host:port`. */
  readonly address: string;
  /** Its CA, PEM; null where that is a public one. */
  readonly caCertificate: string | null;
  /** Namespace of Vault Enterprise or HCP; null for none. */
  readonly namespace: string | null;
}

export function placeOf(config: VaultConfig): VaultPlace {
  return {
    address: config.podAddress ?? config.address,
    caCertificate: config.caCertificate ?? null,
    namespace: config.namespace ?? null,
  };
}

/**
 * For whom the service account's token is: Vault alone, and nobody could use it elsewhere. Where the token has itself reviewed it is for the
 * cluster's API server, which takes no other (undefined: Kubernetes' own default).
 */
export function audienceOf(reviewer: "vault" | "client"): string | undefined {
  return reviewer === "vault" ? VAULT_AUDIENCE : undefined;
}

/** Where Vault runs in a GKE cluster of the environment; undefined where it does not. */
export function clusterPlace(config: VaultConfig): NonNullable<VaultConfig["inCluster"]> | undefined {
  if (config.outside) return undefined;
  return config.inCluster ?? { namespace: "vault", labels: { "app.kubernetes.io/name": "vault" }, port: 8200 };
}

/** Vault as the other end of a network path from a cluster: its pods where it runs in that cluster, else the ranges it answers from. */
export function vaultPeer(config: VaultConfig, sameCluster: boolean): { peers: Peer[]; ports: number[] } | undefined {
  const inCluster = clusterPlace(config);
  if (inCluster && sameCluster)
    return { peers: [{ namespace: inCluster.namespace, podLabels: inCluster.labels }], ports: [inCluster.port] };
  const ranges = Object.values(config.ranges);
  if (ranges.length === 0) return undefined;
  const { port } = new URL(config.podAddress ?? config.address);
  return { peers: [{ ranges }], ports: [port === "" ? 443 : Number(port)] };
}

/**
 * Lets service accounts of a cluster show Vault who they are there, where Vault itself is not in that cluster: each may have tokens reviewed,
 * and reads nothing else by it.
 */
export function reviewsItself(
  name: string,
  account: {
    readonly name: pulumi.Input<string>;
    readonly serviceAccount: pulumi.Input<string>;
    readonly namespace: pulumi.Input<string>;
  },
  opts: pulumi.CustomResourceOptions,
): k8s.rbac.v1.ClusterRoleBinding {
  return new k8s.rbac.v1.ClusterRoleBinding(
    name,
    {
      metadata: { name: account.name, labels: { "app.kubernetes.io/part-of": PART_OF } },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:auth-delegator" },
      subjects: [{ kind: "ServiceAccount", name: account.serviceAccount, namespace: account.namespace }],
    },
    opts,
  );
}

/** The provider, told where Vault is; its token comes from VAULT_TOKEN or from what `vault login` left, and never from config. */
export function vaultProvider(config: VaultConfig, name = "vault"): vault.Provider {
  return new vault.Provider(name, {
    address: config.address,
    ...(config.namespace === undefined ? {} : { namespace: config.namespace }),
  });
}

/** Tenants that a workload gets logins of. */
export function vaultTenants(config: VaultConfig): string[] {
  const tenants = Object.values(config.workloads).flatMap(({ tenant }) => (tenant === undefined ? [] : [tenant]));
  return [...new Set(tenants)].sort();
}
