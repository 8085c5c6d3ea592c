/** A tenant on an AlloyDB cluster of its own: the shapes of a cell, for one. */
import {
  AlloyDbCluster,
  type CellDatabaseOutputs,
  cellSettings,
  type FoundationOutputs,
  ManifestConfigMaps,
  proxyInstance,
  runtimeJob,
  SealedNamespace,
  type ServicesOutputs,
  TenantApi,
  TenantRollout,
  type TenantsOutputs,
  tenantIdentity,
  WorkloadIdentity,
} from "@bulkhead/components";
import {
  HOME,
  type KnownTenant,
  type Manifest,
  type Tiers,
  tenantAuthenticator,
  tenantCluster,
  tenantNamespace,
} from "@bulkhead/config";
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { attemptOf } from "./attempt.ts";
import { instanceInVault } from "./vault-instance.ts";

export interface InstanceArgs {
  readonly environment: string;
  /** The tenant; `retained` where its line is gone from the config. */
  readonly tenant: KnownTenant;
  readonly tiers: Tiers;
  readonly foundation: FoundationOutputs;
  /** The cell that it is in the place of: region, and the settings that its cluster takes over. */
  readonly database: CellDatabaseOutputs;
  readonly services: ServicesOutputs;
  readonly last: TenantsOutputs["rollouts"][string] | undefined;
  /** Of the GKE cluster of the cell. */
  readonly provider: k8s.Provider;
}

export interface InstanceRollout {
  readonly rollout: pulumi.Output<TenantsOutputs["rollouts"][string]>;
  readonly place: { readonly primary: pulumi.Output<string>; readonly namespace: pulumi.Output<string> };
  /** Absent where the tenant is not served: archived, deleted or retained. */
  readonly api?: { readonly namespace: pulumi.Output<string>; readonly service: pulumi.Output<string> };
}

/**
 * The cluster stays declared as long as the platform knows the tenant, whether or not its line is there: a line that goes takes the API
 * along and no data. Only a tenant whose deletion was confirmed in words loses the protection of its cluster, and the cluster with its line.
 */
export function rollOutInstance(args: InstanceArgs): InstanceRollout {
  const { database, environment, foundation, provider, services, tenant } = args;
  const { settings } = database;
  const region = foundation.regions[database.region]!;
  // Where the cell was put, whichever of its sites writes by now: the tenant's cluster has no replica to follow it with.
  const home = database.sites[HOME]!.region;
  const guarded = tenant.status !== "deleted";
  const opts = { providers: [provider] };
  const name = (what: string) => `instance-${tenant.id}--${what}`;

  const cluster = new AlloyDbCluster(tenantCluster(tenant.id), {
    project: foundation.project,
    region: home,
    network: foundation.networkId,
    access: foundation.databaseAccess,
    kmsKey: foundation.regions[home]!.keys.database,
    channels: foundation.notificationChannels,
    ...cellSettings(environment, tenant.cell, settings),
    cpuCount: tenant.instance?.cpuCount ?? 2,
    availability: tenant.instance?.availability ?? settings.availability,
    // Whatever the cell says: an update that failed may not have been recorded, and then a line that goes would take the cluster along.
    deletionProtection: guarded,
  });

  const served = !tenant.retained && (tenant.status === "active" || tenant.status === "suspended");
  const sealed = new SealedNamespace(
    `instance-${tenant.id}`,
    {
      name: tenantNamespace(tenant.id),
      ranges: { nodes: region.nodeRange, databases: foundation.databaseRange },
      gatewayReaches: served ? [`tenant-${tenant.id}`] : [],
      leftBehind: Boolean(services.edge),
    },
    opts,
  );
  const { namespace } = sealed;
  const common = {
    project: foundation.project,
    workloadPool: foundation.workloadPool,
    namespace,
    cluster: cluster.name,
  };
  const depending = { ...opts, dependsOn: [sealed, cluster] };
  const job = (workload: "create" | "migrate", description: string, databaseRoles: string[]) =>
    new WorkloadIdentity(
      name(`db-${workload}`),
      {
        ...common,
        serviceAccount: `db-${workload}`,
        account: `i-${environment}-${workload}-${tenant.id}`,
        description,
        databaseRoles,
      },
      depending,
    );
  const administrator = job("create", `Creates roles and databases for tenant ${tenant.id}`, ["alloydbsuperuser"]);
  const migrator = job("migrate", `Changes tables of tenant ${tenant.id}`, []);
  const identity = served ? tenantIdentity({ ...common, environment, tenant: tenant.id }, depending) : undefined;

  const { retained, lastError: _error, ...entry } = tenant;
  const manifest: Manifest = {
    environment,
    cell: tenant.cell,
    tiers: args.tiers,
    shards: 1,
    schemasPerShard: services.schemasPerShard,
    logins: {
      migrator: migrator.databaseUser,
      ...(identity ? { [tenantAuthenticator(tenant.id)]: identity.databaseUser } : {}),
    },
    // Without its line the tenant is absent here too, and the runtime seals what is there.
    tenants: retained ? [] : [entry],
  };
  const bootstrap = bootstrapJob(args, name("bootstrap"), {
    namespace,
    administrator,
    instance: proxyInstance(cluster.primary, foundation.databaseAccess),
    manifest: { ...manifest, tenants: [], logins: { migrator: migrator.databaseUser } },
    dependsOn: [sealed, administrator, migrator],
  });
  const attempt = attemptOf(manifest, services.images, args.last);
  const rollout = new TenantRollout(
    `instance-${tenant.id}`,
    {
      namespace,
      images: services.images,
      administrator,
      migrator,
      instance: proxyInstance(cluster.primary, foundation.databaseAccess),
      region: database.region,
      manifest,
      attempt: attempt.attempt,
    },
    { ...opts, dependsOn: [bootstrap, ...(identity ? [identity] : [])] },
  );
  if (served && services.vault) {
    const { vault } = services;
    instanceInVault({
      ...{ environment, tenant, foundation, vault, region: database.region, images: services.images },
      ...{ administrator, instance: cluster.primary, sealed, provider, after: rollout.migrate },
    });
  }
  const api =
    identity &&
    new TenantApi(
      `${tenant.cell}-tenant-${tenant.id}`,
      {
        ...{ namespace, tenant: tenant.id, identity, services },
        instance: proxyInstance(cluster.primary, foundation.databaseAccess),
      },
      { ...opts, dependsOn: [rollout.migrate] },
    );
  return {
    rollout: rollout.proven.apply(() => attempt),
    place: { primary: cluster.primary, namespace },
    ...(api ? { api: { namespace, service: api.service } } : {}),
  };
}

interface Bootstrap {
  readonly namespace: pulumi.Output<string>;
  readonly administrator: WorkloadIdentity;
  readonly instance: pulumi.Input<string>;
  readonly manifest: Manifest;
  readonly dependsOn: pulumi.Resource[];
}

/** Prepares the cluster as layer 3 prepares a cell's: roles, registry, functions. */
function bootstrapJob({ database, provider, services }: InstanceArgs, name: string, args: Bootstrap): k8s.batch.v1.Job {
  const settings = new ManifestConfigMaps(
    name,
    { namespace: args.namespace, name: "bootstrap", region: database.region, manifest: args.manifest },
    { providers: [provider], dependsOn: args.dependsOn },
  );
  return runtimeJob(
    name,
    {
      namespace: args.namespace,
      job: "bootstrap",
      images: services.images,
      identity: args.administrator,
      instance: args.instance,
      args: ["bootstrap"],
      manifest: settings,
    },
    { provider, dependsOn: args.dependsOn },
  );
}
