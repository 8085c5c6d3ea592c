/** The tenants of one cell: one rollout for all, and for each tenant with a database of its own a PostgREST of its own. */
import {
  type DatabaseOutputs,
  type FoundationOutputs,
  proxyInstance,
  SealedNamespace,
  type ServicesOutputs,
  TenantApi,
  TenantRollout,
  type TenantsOutputs,
  tenantIdentity,
} from "@bulkhead/components";
import { type KnownTenant, type Manifest, type PlacedTenant, type Tiers, tenantAuthenticator } from "@bulkhead/config";
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { attemptOf } from "./attempt.ts";
import { type InstanceRollout, rollOutInstance } from "./instance.ts";
import { tenantRoutes } from "./routes.ts";
import { tenantsInVault } from "./vault.ts";

export interface CellRolloutArgs {
  readonly environment: string;
  readonly cell: string;
  readonly tenants: readonly PlacedTenant[];
  /** Tenants that were in the cell and whose lines are gone. */
  readonly retained: readonly KnownTenant[];
  readonly tiers: Tiers;
  readonly foundation: FoundationOutputs;
  readonly database: DatabaseOutputs["cells"][string];
  readonly services: ServicesOutputs;
  /** The last rollouts that came to their end. */
  readonly last: TenantsOutputs["rollouts"];
}

export interface CellRollout {
  /** Not known where one failed: the stack's outputs then stay as they were, and the next update attempts it anew. */
  readonly rollouts: Readonly<Record<string, pulumi.Output<TenantsOutputs["rollouts"][string]>>>;
  readonly apis: Readonly<Record<string, { namespace: pulumi.Output<string>; service: pulumi.Output<string> }>>;
  readonly instances: Readonly<Record<string, InstanceRollout["place"]>>;
}

export function rollOutCell(args: CellRolloutArgs): CellRollout {
  const { cell, database, environment, foundation, services } = args;
  const region = foundation.regions[database.region]!;
  const service = services.cells[cell]!;
  const provider = new k8s.Provider(`gke-${cell}`, { kubeconfig: region.kubeconfig, enableServerSideApply: true });

  // A suspended tenant keeps its PostgREST: it answers why. An archived one is on its way out.
  const own = args.tenants.filter(
    (tenant) => tenant.isolation === "database" && (tenant.status === "active" || tenant.status === "suspended"),
  );
  const sealed = new SealedNamespace(
    `${cell}-tenants`,
    {
      name: `bulkhead-${cell}-tenants`,
      ranges: { nodes: region.nodeRange, databases: foundation.databaseRange },
      gatewayReaches: own.map((tenant) => `tenant-${tenant.id}`),
      leftBehind: Boolean(services.edge),
    },
    { providers: [provider] },
  );
  const identities = own.map((tenant) =>
    tenantIdentity(
      {
        project: foundation.project,
        workloadPool: foundation.workloadPool,
        namespace: sealed.namespace,
        cluster: database.cluster,
        environment,
        tenant: tenant.id,
      },
      { providers: [provider], dependsOn: [sealed] },
    ),
  );
  const manifest: Manifest = {
    environment,
    cell,
    tiers: args.tiers,
    shards: services.shards,
    schemasPerShard: services.schemasPerShard,
    logins: Object.fromEntries(
      own.map((tenant, index) => [tenantAuthenticator(tenant.id), identities[index]!.databaseUser]),
    ),
    // An instance tenant is in the registry of its own cluster.
    tenants: args.tenants.filter((tenant) => tenant.isolation !== "instance"),
  };
  const attempt = attemptOf(manifest, services.images, args.last[cell]);
  const rollout = new TenantRollout(
    `${cell}-tenants`,
    {
      namespace: service.namespace,
      images: services.images,
      administrator: service.administrator,
      migrator: service.migrator,
      instance: proxyInstance(database.primary, foundation.databaseAccess),
      region: database.region,
      manifest,
      attempt: attempt.attempt,
    },
    { providers: [provider], dependsOn: identities },
  );
  if (services.vault) {
    const { administrator, namespace } = service;
    const { tenants } = manifest;
    tenantsInVault({
      ...{ name: cell, region: database.region, vault: services.vault, host: services.vault.hosts[cell] },
      ...{ own, tenants, images: services.images },
      ...{ administrator, instance: database.primary, access: foundation.databaseAccess, namespace },
      ...{ tenantsNamespace: sealed.namespace, provider, after: rollout.migrate },
    });
  }
  const apis = own.map((tenant, index) => {
    const api = new TenantApi(
      `${cell}-tenant-${tenant.id}`,
      {
        namespace: sealed.namespace,
        tenant: tenant.id,
        identity: identities[index]!,
        instance: proxyInstance(database.primary, foundation.databaseAccess),
        services,
      },
      { providers: [provider], dependsOn: [rollout.migrate] },
    );
    return [tenant.id, { namespace: sealed.namespace, service: api.service }] as const;
  });
  const instances = [...args.tenants, ...args.retained]
    .filter((tenant) => tenant.isolation === "instance")
    .map((tenant) => {
      const { tiers } = args;
      const last = args.last[`tenant-${tenant.id}`];
      return [
        tenant.id,
        rollOutInstance({ environment, tenant, tiers, foundation, database, services, last, provider }),
      ] as const;
    });
  const served = Object.fromEntries([
    ...apis,
    ...instances.flatMap(([id, { api }]) => (api ? [[id, api] as const] : [])),
  ]);
  const { edge } = services;
  if (edge) {
    const { kubeconfig } = foundation.regions[edge.region]!;
    const gateway = new k8s.Provider(`gke-edge-${cell}`, { kubeconfig, enableServerSideApply: true });
    const providers = { home: provider, gateway };
    const after = rollout.migrate;
    tenantRoutes({ cell, region: database.region, edge, tenants: args.tenants, apis: served, providers, after });
  }
  return {
    rollouts: {
      [cell]: rollout.proven.apply(() => attempt),
      ...Object.fromEntries(instances.map(([id, own]) => [`tenant-${id}`, own.rollout])),
    },
    apis: served,
    instances: Object.fromEntries(instances.map(([id, own]) => [id, own.place])),
  };
}
