/** Layer 2: each cell's AlloyDB cluster. */
import { AlloyDbCluster, type DatabaseOutputs, type FoundationOutputs, readLayer } from "@bulkhead/components";
import { ConfigError, defaultCell, parseDatabase, rawFromPulumi } from "@bulkhead/config";
import * as pulumi from "@pulumi/pulumi";

const foundation = await readLayer<FoundationOutputs>("1-foundation");
const { value: config, mistakes } = parseDatabase(
  rawFromPulumi(pulumi.runtime.allConfig()),
  Object.keys(foundation.regions),
);
if (!config) throw new pulumi.RunError(new ConfigError(mistakes, "stacks/2-database").message);

const clusters = Object.entries(config.cells).map(
  ([name, cell]) =>
    [
      name,
      new AlloyDbCluster(`bulkhead-${name}`, {
        project: foundation.project,
        region: cell.region,
        postgresVersion: cell.postgresVersion,
        availability: cell.availability,
        cpuCount: cell.cpuCount,
        flags: { ...cell.flags, max_connections: String(cell.maxConnections) },
        network: foundation.networkId,
        allocatedRange: foundation.databaseAccess.kind === "psa" ? foundation.databaseAccess.rangeName : "",
        deletionProtection: cell.deletionProtection,
      }),
    ] as const,
);

export const outputs: pulumi.Output<DatabaseOutputs> = pulumi.output({
  defaultCell: defaultCell(config.cells) ?? null,
  cells: Object.fromEntries(
    clusters.map(([name, cluster]) => [
      name,
      {
        region: cluster.region,
        cluster: cluster.name,
        primary: cluster.primary,
        maxConnections: config.cells[name]!.maxConnections,
        settings: config.cells[name]!,
        writer: "home",
        sites: {
          home: {
            region: cluster.region,
            cluster: cluster.name,
            instance: cluster.primary,
            readPools: {},
            role: "writer" as const,
          },
        },
      },
    ]),
  ),
});
