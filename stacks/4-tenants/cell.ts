/** The tenants of one cell: one rollout for all, and for each tenant with a database of its own a PostgREST of its own. */
import {
  type DatabaseOutputs,
  type FoundationOutputs,
  SealedNamespace,
  type ServicesOutputs,
  TenantApi,
  TenantRollout,
  type TenantsOutputs,
  tenantIdentity,
} from "@bulkhead/components";
import {
  type Manifest,
  shortHash,
  type Tenant,
  type Tiers,
  tenantAuthenticator,
  writeManifest,
} from "@bulkhead/config";
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

export interface CellRolloutArgs {
  readonly environment: string;
  readonly cell: string;
  readonly tenants: readonly Tenant[];
  readonly tiers: Tiers;
  readonly foundation: FoundationOutputs;
  readonly database: DatabaseOutputs["cells"][string];
  readonly services: ServicesOutputs;
  /** The last rollout of the cell that came to its end. */
  readonly last: TenantsOutputs["rollouts"][string] | undefined;
}

export interface CellRollout {
  /** Not known where the rollout failed: the stack's outputs then stay as they were, and the next update attempts it anew. */
  readonly rollout: pulumi.Output<TenantsOutputs["rollouts"][string]>;
  readonly apis: Readonly<Record<string, { namespace: pulumi.Output<string>; service: pulumi.Output<string> }>>;
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
    tenants: args.tenants,
  };
  // Outputs are those of the last update that succeeded. What they do not name has not come to its end yet, and is attempted anew.
  const hash = shortHash(JSON.stringify([writeManifest(manifest).hash, services.images]), 16);
  const attempt = args.last?.hash === hash ? args.last.attempt : Date.now().toString(36);
  const rollout = new TenantRollout(
    `${cell}-tenants`,
    {
      namespace: service.namespace,
      images: services.images,
      administrator: service.administrator,
      migrator: service.migrator,
      instance: database.primary,
      region: database.region,
      manifest,
      attempt,
    },
    { providers: [provider], dependsOn: identities },
  );
  const apis = own.map((tenant, index) => {
    const api = new TenantApi(
      `${cell}-tenant-${tenant.id}`,
      {
        namespace: sealed.namespace,
        tenant: tenant.id,
        identity: identities[index]!,
        instance: database.primary,
        services,
      },
      { providers: [provider], dependsOn: [rollout.migrate] },
    );
    return [tenant.id, { namespace: sealed.namespace, service: api.service }] as const;
  });
  return {
    rollout: rollout.proven.apply(() => ({ hash, attempt })),
    apis: Object.fromEntries(apis),
  };
}
