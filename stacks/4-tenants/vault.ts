/**
 * The tenants of one AlloyDB cluster in Vault: a connection of its own for each tenant database, a role for its logins, and for tenants
 * with a schema that a workload names a role on the cell's connection.
 */
import {
  type DatabaseAccess,
  type Identity,
  placeOf,
  proxyInstance,
  type ServicesOutputs,
  tenantStatements,
  VaultDatabase,
  type VaultHost,
  VaultLogins,
  type VaultOutputs,
  VaultWorkload,
  vaultPath,
  vaultProvider,
  vaultTenants,
} from "@bulkhead/components";
import {
  deliveryOf,
  type Tenant,
  tenantConnection,
  tenantDatabase,
  tenantLoginRole,
  vaultTenantLogin,
} from "@bulkhead/config";
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";

export interface TenantsVaultArgs {
  /** The cell, or the connection of an instance tenant, which is alone in its cluster. */
  readonly name: string;
  readonly region: string;
  readonly vault: VaultOutputs;
  /** Where Vault finds the cluster. */
  readonly host: VaultHost | undefined;
  /** Tenants of the cluster with a database of their own. */
  readonly own: readonly Tenant[];
  /** All tenants of the cluster. */
  readonly tenants: readonly Tenant[];
  readonly images: ServicesOutputs["images"];
  readonly administrator: Identity;
  /** Primary instance of the cluster. */
  readonly instance: pulumi.Input<string>;
  readonly access: DatabaseAccess;
  /** Namespace of the administrator's service account, where the Job runs, and that of the tenants' own. */
  readonly namespace: pulumi.Input<string>;
  readonly tenantsNamespace: pulumi.Input<string>;
  readonly provider: k8s.Provider;
  /** The tenants' roles and databases. */
  readonly after: pulumi.Resource;
}

const LOGINS_JOB = "vault-tenants";

export function tenantsInVault(args: TenantsVaultArgs): void {
  const { host, name, own, provider } = args;
  const { config } = args.vault;
  const named = new Set(vaultTenants(config));
  const shared = args.tenants.filter(
    (tenant) => tenant.isolation === "schema" && named.has(tenant.id) && tenant.status !== "deleted",
  );
  if (own.length === 0 && shared.length === 0) return;
  const cluster = args.vault.clusters[args.region];
  if (!cluster || !host) throw new pulumi.RunError(`stacks/3-services has no Vault for ${name}; apply it first`);
  const inVault = vaultProvider(config, `vault-${name}`);
  const databases = own.map((tenant) => ownDatabase(args, host, tenant, inVault));
  const path = vaultPath(
    `${name}-allow-vault-tenants`,
    config,
    {
      namespace: args.namespace,
      name: "allow-vault-tenants",
      apps: [LOGINS_JOB],
      region: args.region,
      sameCluster: cluster.reviewer === "vault",
    },
    { provider },
  );
  const logins = new VaultLogins(
    `${name}-vault-tenants`,
    {
      namespace: args.namespace,
      job: LOGINS_JOB,
      images: args.images,
      administrator: args.administrator,
      instance: proxyInstance(args.instance, args.access),
      path: args.vault.path,
      vault: placeOf(config),
      mount: args.vault.mount,
      auth: cluster.auth,
      connections: Object.fromEntries(own.map(({ id }) => [tenantConnection(id), id])),
      schemaTenants: shared.map(({ id }) => id),
      stable: {},
      generation: config.generation,
      after: [...databases, args.after, path],
      reviewer: cluster.reviewer,
    },
    { providers: [inVault, provider] },
  );
  const roles = shared.map((tenant) => sharedRole(args, tenant, inVault, logins));
  workloads(args, inVault, [logins, ...roles]);
}

function ownDatabase(
  { vault: place }: TenantsVaultArgs,
  host: VaultHost,
  tenant: Tenant,
  provider: vault.Provider,
): VaultDatabase {
  return new VaultDatabase(
    `vault-${tenantConnection(tenant.id)}`,
    {
      mount: place.mount,
      connection: tenantConnection(tenant.id),
      host,
      database: tenantDatabase(tenant.id),
      login: vaultTenantLogin(tenant.id),
      roles: {
        [tenantLoginRole(tenant.id)]: { statements: tenantStatements(tenant), lease: place.config.runtimeUser },
      },
    },
    { providers: [provider] },
  );
}

/** On the cell's connection, which has let the role in since layer 3. */
function sharedRole(
  { name: cell, vault: place }: TenantsVaultArgs,
  tenant: Tenant,
  provider: vault.Provider,
  logins: VaultLogins,
): vault.database.SecretBackendRole {
  return new vault.database.SecretBackendRole(
    `vault-${cell}-${tenantLoginRole(tenant.id)}`,
    {
      backend: place.mount,
      name: tenantLoginRole(tenant.id),
      dbName: cell,
      ...tenantStatements(tenant),
      defaultTtl: place.config.runtimeUser.default,
      maxTtl: place.config.runtimeUser.max,
    },
    { provider, dependsOn: [logins] },
  );
}

/** A sealed tenant's workload keeps its objects: Vault issues nothing until the tenant is resumed. */
function workloads(args: TenantsVaultArgs, provider: vault.Provider, dependsOn: pulumi.Resource[]): void {
  const { config, ...place } = args.vault;
  const cluster = place.clusters[args.region]!;
  const here = new Set(args.tenants.map(({ id }) => id));
  for (const [name, { namespace, restart, serviceAccount, tenant }] of Object.entries(config.workloads)) {
    if (tenant === undefined || !here.has(tenant)) continue;
    new VaultWorkload(
      `vault-workload-${name}`,
      {
        workload: name,
        path: place.path,
        vault: placeOf(config),
        mount: place.mount,
        auth: cluster.auth,
        credentials: `creds/${tenantLoginRole(tenant)}`,
        stable: false,
        lease: config.runtimeUser,
        namespace: namespace ?? args.tenantsNamespace,
        ...(serviceAccount === undefined ? {} : { serviceAccount }),
        by: deliveryOf(config, name),
        restart,
        reviewer: cluster.reviewer,
      },
      { providers: [provider, args.provider], dependsOn },
    );
  }
}
