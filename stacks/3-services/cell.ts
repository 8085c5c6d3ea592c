/** The services of one cell: a sealed namespace, identities, the bootstrap of its database, and the PostgREST tiers. */
import {
  type DatabaseOutputs,
  type FoundationOutputs,
  ManifestConfigMaps,
  PostgrestTier,
  runtimeJob,
  SealedNamespace,
  type ServicesOutputs,
  WorkloadIdentity,
} from "@bulkhead/components";
import { DEFAULT_TIERS, type ServicesConfig, shardAuthenticator } from "@bulkhead/config";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

export interface CellArgs {
  readonly environment: string;
  readonly cell: string;
  readonly database: DatabaseOutputs["cells"][string];
  readonly foundation: FoundationOutputs;
  readonly config: ServicesConfig;
}

export type CellOutputs = ServicesOutputs["cells"][string];

export function cellServices(args: CellArgs): pulumi.Output<CellOutputs> {
  const { cell, config, database, environment, foundation } = args;
  const region = foundation.regions[database.region]!;
  const provider = new k8s.Provider(`gke-${cell}`, { kubeconfig: region.kubeconfig, enableServerSideApply: true });
  const opts = { provider };

  const shards = Array.from({ length: config.shards }, (_, shard) => `shard-${shard}`);
  const sealed = new SealedNamespace(
    `${cell}-services`,
    {
      name: `bulkhead-${cell}`,
      ranges: { nodes: region.nodeRange, databases: foundation.databaseRange },
      gatewayReaches: ["client", ...shards],
    },
    { providers: [provider] },
  );
  const namespace = sealed.namespace;
  const identity = (workload: string, description: string, databaseRoles: string[] = []) =>
    new WorkloadIdentity(
      `${cell}-${workload}`,
      {
        project: foundation.project,
        workloadPool: foundation.workloadPool,
        namespace,
        serviceAccount: workload,
        account: `bh-${environment}-${cell}-${workload}`,
        description,
        cluster: database.cluster,
        databaseRoles,
      },
      { providers: [provider], dependsOn: [sealed] },
    );

  // The one login that may create roles and databases; only Jobs run under it.
  const administrator = identity("db-create", `Creates roles and databases in cell ${cell}`, ["alloydbsuperuser"]);
  const migrator = identity("db-migrate", `Changes tables in cell ${cell}`);
  const tiers = {
    client: identity("client", `PostgREST client tier of cell ${cell}`),
    admin: identity("admin", `PostgREST admin tier of cell ${cell}`),
    ...Object.fromEntries(shards.map((shard) => [shard, identity(shard, `PostgREST ${shard} of cell ${cell}`)])),
  } as Record<string, WorkloadIdentity>;
  const logins: Record<string, string> = {
    migrator: migrator.databaseUser,
    client_authenticator: tiers.client!.databaseUser,
    admin_authenticator: tiers.admin!.databaseUser,
    ...Object.fromEntries(shards.map((name, shard) => [shardAuthenticator(shard), tiers[name]!.databaseUser])),
  };

  const settings = new ManifestConfigMaps(
    `${cell}-bootstrap`,
    {
      namespace,
      name: "bootstrap",
      region: database.region,
      manifest: {
        environment,
        cell,
        logins,
        shards: config.shards,
        schemasPerShard: config.schemasPerShard,
        tenants: [],
        tiers: DEFAULT_TIERS,
      },
    },
    { providers: [provider], dependsOn: [sealed] },
  );
  const bootstrap = runtimeJob(
    `${cell}-bootstrap`,
    {
      namespace,
      job: "bootstrap",
      images: config.images,
      identity: administrator,
      instance: database.primary,
      args: ["bootstrap"],
      manifest: settings,
    },
    { ...opts, dependsOn: [administrator, migrator, ...Object.values(tiers)] },
  );

  const tier = (name: string, authenticator: string, scale: ServicesConfig["client"], anonymousRole?: string) =>
    new PostgrestTier(
      `${cell}-${name}`,
      {
        namespace,
        tier: name,
        images: config.images,
        identity: tiers[name]!,
        authenticator,
        instance: database.primary,
        scale,
        ...(anonymousRole === undefined ? {} : { anonymousRole }),
        tokens: { audience: config.tokens.audience, jwks: config.tokens.jwks! },
      },
      { providers: [provider], dependsOn: [bootstrap] },
    );
  const client = tier("client", "client_authenticator", config.client, "anon");
  // No anonymous role: a request to the admin tier without an administrator's token is refused.
  const admin = tier("admin", "admin_authenticator", config.admin);
  const shardTiers = shards.map((shard, number) => tier(shard, shardAuthenticator(number), config.shard, "anon"));

  return pulumi.output({
    namespace,
    client: client.service,
    admin: admin.service,
    shards: shardTiers.map((shard) => shard.service),
    logins,
    administrator: { serviceAccountName: administrator.serviceAccountName, databaseUser: administrator.databaseUser },
    migrator: { serviceAccountName: migrator.serviceAccountName, databaseUser: migrator.databaseUser },
  });
}
