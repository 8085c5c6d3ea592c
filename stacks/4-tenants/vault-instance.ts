/** A tenant with a cluster of its own in Vault: as one with a database, by an Auth Proxy and an administrator that are its alone. */
import {
  type DatabaseAccess,
  type FoundationOutputs,
  type Identity,
  proxyInstance,
  SealedNamespace,
  type ServicesOutputs,
  type VaultHost,
  type VaultOutputs,
  vaultProxy,
  vaultProxyRegion,
} from "@bulkhead/components";
import { type Tenant, tenantConnection, vaultAddress, vaultNamespace } from "@bulkhead/config";
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { tenantsInVault } from "./vault.ts";

export interface InstanceVaultArgs {
  readonly environment: string;
  readonly tenant: Tenant;
  readonly foundation: FoundationOutputs;
  readonly vault: VaultOutputs;
  /** Of the GKE cluster that the tenant is served in. */
  readonly region: string;
  readonly images: ServicesOutputs["images"];
  /** Of the tenant's own cluster. */
  readonly administrator: Identity;
  readonly instance: pulumi.Output<string>;
  /** The tenant's namespace. */
  readonly sealed: SealedNamespace;
  readonly provider: k8s.Provider;
  /** The tenant's roles and database. */
  readonly after: pulumi.Resource;
}

/**
 * What Vault may open at most in the tenant's cluster, whose max_connections are the cell's setting but not the cell's to use: two
 * replicas of five. With the tenant's API (18) and what is kept for Jobs (20) it fits the least that a cell may have.
 */
export const INSTANCE_PROXY = { replicas: { min: 2, max: 2 }, connections: 5 };

export function instanceInVault(args: InstanceVaultArgs): void {
  const { administrator, after, foundation, images, instance, provider, region, sealed, tenant, vault } = args;
  const name = tenantConnection(tenant.id);
  const { namespace } = sealed;
  const access: DatabaseAccess = foundation.databaseAccess;
  tenantsInVault({
    ...{ name, region, vault, host: vault.hosts[name] ?? throughProxy(args) },
    ...{ own: [tenant], tenants: [tenant], images, administrator, instance, access },
    ...{ namespace, tenantsNamespace: namespace, provider, after },
  });
}

function throughProxy(args: InstanceVaultArgs): VaultHost {
  const { environment, foundation, images, instance, tenant, vault } = args;
  const region = vaultProxyRegion(vault.config, foundation, args.region);
  const { provider, sealed } = region === args.region ? args : inVaultsCluster(args, region);
  return vaultProxy(
    `vault-${tenantConnection(tenant.id)}`,
    {
      ...{ config: vault.config, foundation, region },
      namespace: sealed.namespace,
      app: "vault-database",
      account: `i-${environment}-vault-${tenant.id}`,
      addressName: vaultAddress(tenantConnection(tenant.id)),
      image: images.authProxy,
      instance: proxyInstance(instance, foundation.databaseAccess),
      ...INSTANCE_PROXY,
    },
    { providers: [provider], dependsOn: [sealed] },
  );
}

/** Vault's pods reach no Service of another cluster: where Vault runs in another region's, the tenant has a namespace there too. */
function inVaultsCluster({ foundation, tenant }: InstanceVaultArgs, regionName: string) {
  const { kubeconfig, nodeRange } = foundation.regions[regionName]!;
  const name = `instance-${tenant.id}--vault`;
  const provider = new k8s.Provider(`gke-${name}`, { kubeconfig, enableServerSideApply: true });
  const sealed = new SealedNamespace(
    name,
    { name: vaultNamespace(tenant.id), ranges: { nodes: nodeRange, databases: foundation.databaseRange } },
    { providers: [provider] },
  );
  return { provider, sealed };
}
