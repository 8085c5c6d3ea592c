/**
 * The services of one cell, in each of its sites: a sealed namespace, identities, and the PostgREST tiers. The site that writes has all of
 * them, and the bootstrap of the database; one that reads has the tiers that read from its replica; a fenced one has nothing.
 */
import {
  type DatabaseOutputs,
  type FoundationOutputs,
  ManifestConfigMaps,
  proxyInstance,
  runtimeJob,
  type ServicesOutputs,
} from "@bulkhead/components";
import { DEFAULT_TIERS, peakConnections, type ServicesConfig } from "@bulkhead/config";
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type CellIdentities, cellIdentities } from "./identities.ts";
import { type FurtherPaths, type Place, placesOf } from "./places.ts";
import { siteServices } from "./site.ts";
import type { VaultCell } from "./vault.ts";

export interface CellArgs {
  readonly environment: string;
  readonly cell: string;
  readonly database: DatabaseOutputs["cells"][string];
  readonly foundation: FoundationOutputs;
  readonly config: ServicesConfig;
  /** Further paths through the cell's namespaces. Default: none. */
  readonly paths?: FurtherPaths;
  /** Gives the cell its logins by Vault. Default: there is no Vault. */
  readonly vault?: (cell: VaultCell) => void;
}

export type CellOutputs = ServicesOutputs["cells"][string];

export function cellServices(args: CellArgs): pulumi.Output<CellOutputs> {
  checkConnections(args);
  const places = placesOf(args);
  const writer = places.find((place) => place.role === "writer");
  if (!writer) throw new pulumi.RunError(`no site of cell ${args.cell} writes`);
  const identities = cellIdentities(args, places);
  const bootstrap = bootstrapCell(args, writer, identities);
  const administrator = identities.at(writer.site, "db-create");
  args.vault?.({ cell: args.cell, place: writer, administrator, bootstrap });
  const sites = Object.fromEntries(
    places.map((place) => [place.site, siteServices(args, place, identities, bootstrap)]),
  );
  const identity = (workload: string) => {
    const { serviceAccountName, databaseUser } = identities.at(writer.site, workload);
    return { serviceAccountName, databaseUser };
  };
  return pulumi.output({
    namespace: writer.namespace,
    client: sites[writer.site]!.apply(({ client }) => client!),
    admin: sites[writer.site]!.apply(({ admin }) => admin!),
    shards: sites[writer.site]!.apply(({ shards }) => shards),
    logins: identities.logins,
    administrator: identity("db-create"),
    migrator: identity("db-migrate"),
    sites,
  });
}

/**
 * Roles, schemas and functions of the platform's database, by the site that writes. Another site that comes to write runs it as a Job of its
 * own, against its own instance: what was replicated is found as it should be, and logins get their memberships back.
 */
function bootstrapCell(args: CellArgs, writer: Place, identities: CellIdentities): k8s.batch.v1.Job {
  const { cell, config, database, environment, foundation } = args;
  const settings = new ManifestConfigMaps(
    `${writer.prefix}-bootstrap`,
    {
      namespace: writer.namespace,
      name: "bootstrap",
      region: database.region,
      manifest: {
        environment,
        cell,
        logins: identities.logins,
        shards: config.shards,
        schemasPerShard: config.schemasPerShard,
        tenants: [],
        tiers: DEFAULT_TIERS,
      },
    },
    { providers: [writer.provider], dependsOn: [writer.sealed] },
  );
  return runtimeJob(
    `${writer.prefix}-bootstrap`,
    {
      namespace: writer.namespace,
      job: "bootstrap",
      images: config.images,
      identity: identities.at(writer.site, "db-create"),
      instance: proxyInstance(database.primary, foundation.databaseAccess),
      args: ["bootstrap"],
      manifest: settings,
    },
    { provider: writer.provider, dependsOn: [...identities.all] },
  );
}

/** The fleet against what the cell's primary really takes. Tenants' own services are counted where all layers are known (`npm run check`). */
function checkConnections({ cell, config, database }: CellArgs): void {
  const reading = Object.values(database.sites).filter(
    ({ role, readPools }) => role === "reader" || (role === "writer" && Object.keys(readPools).length > 0),
  );
  const peak = peakConnections(config, { databaseTenants: 0, readingSites: reading.length });
  if (peak <= database.maxConnections) return;
  throw new pulumi.RunError(
    `cell ${cell}: its services can open ${peak} connections at their peak, and its primary takes ${database.maxConnections}: lower replicas.max or pool in stacks/3-services, or raise the cell's maxConnections in stacks/2-database`,
  );
}
