/** A cell's databases: its own cluster, the secondaries, and who of them writes. */
import {
  AlloyDbCluster,
  AlloyDbSecondary,
  type AlloyDbSite,
  type AlloyDbSiteArgs,
  type CellDatabaseOutputs,
  cellSettings,
  DatabaseDashboard,
  type FoundationOutputs,
  type Replication,
} from "@bulkhead/components";
import { type CellConfig, HOME, siteRoles } from "@bulkhead/config";
import * as pulumi from "@pulumi/pulumi";

export interface CellArgs {
  readonly environment: string;
  readonly cell: CellConfig;
  readonly foundation: FoundationOutputs;
  /** As it was applied last; undefined for a new cell. */
  readonly last: CellDatabaseOutputs | undefined;
}

/** Declares the clusters of a cell. The writer comes first, as the others replicate from it. */
export function databaseCell(name: string, args: CellArgs): pulumi.Output<CellDatabaseOutputs> {
  const { cell, environment, foundation, last } = args;
  const common = {
    ...cellSettings(environment, name, cell),
    project: foundation.project,
    network: foundation.networkId,
    access: foundation.databaseAccess,
    channels: foundation.notificationChannels,
  };
  const roles = siteRoles(cell);
  const make = (site: string, replication: Replication): AlloyDbSite => {
    const { region } = roles[site]!;
    const of = site === HOME ? cell : cell.secondaries[site]!;
    const siteArgs: AlloyDbSiteArgs & { replication: Replication } = {
      ...common,
      region,
      kmsKey: foundation.regions[region]?.keys.database,
      cpuCount: of.cpuCount,
      machineType: of.machineType,
      readPools: of.readPools,
      deletionProtection: of.deletionProtection ?? cell.deletionProtection,
      replication,
    };
    return site === HOME
      ? new AlloyDbCluster(`bulkhead-${name}`, siteArgs)
      : new AlloyDbSecondary(`bulkhead-${name}-${site}`, siteArgs);
  };
  const writer = make(cell.writer, { role: "writer" });
  const sites: Readonly<Record<string, AlloyDbSite>> = Object.fromEntries(
    Object.entries(roles).map(([site, { role }]) => {
      if (role === "writer") return [site, writer];
      // Left as it was when it wrote: nothing in its region can be changed.
      if (cell.unreachable.includes(site)) return [site, make(site, { role: "writer" })];
      const before = last?.sites[site]?.role;
      if (role === "fenced") return [site, make(site, { role, stopping: before !== undefined && before !== role })];
      return [site, make(site, { role, of: writer, rebuild: before === "fenced" })];
    }),
  );
  new DatabaseDashboard(`bulkhead-${name}`, {
    project: foundation.project,
    cell: name,
    clusters: Object.values(sites).map(({ clusterId }) => clusterId),
  });
  return pulumi.output({
    region: writer.region,
    cluster: writer.name,
    primary: writer.primary,
    maxConnections: cell.maxConnections,
    writer: cell.writer,
    sites: pulumi.output(
      Object.fromEntries(
        Object.entries(sites).map(([site, { region, name: cluster, primary: instance, readPools }]) => [
          site,
          { region, cluster, instance, readPools, role: roles[site]!.role },
        ]),
      ),
    ),
    settings: cell,
  });
}
