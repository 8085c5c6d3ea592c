/** Layer 3: what serves each cell. */
import { type DatabaseOutputs, type FoundationOutputs, readLayer, type ServicesOutputs } from "@bulkhead/components";
import { ConfigError, checkDigests, parseServices, rawFromPulumi, renderMistake } from "@bulkhead/config";
import * as pulumi from "@pulumi/pulumi";
import { cellServices } from "./cell.ts";
import { adminPaths, edgeServices } from "./edge.ts";
import { metricsAdapters } from "./metrics.ts";
import { VaultServices } from "./vault.ts";

const { value: config, mistakes } = parseServices(rawFromPulumi(pulumi.runtime.allConfig()), import.meta.dirname);
if (!config) throw new pulumi.RunError(new ConfigError(mistakes, "stacks/3-services").message);
// Said here and refused by the policy pack, which a team applies: a try against an emulated cloud pulls no image, as stand-ins do not.
const unpinned = process.env.BULKHEAD_CLOUD === undefined ? checkDigests(config.images) : [];
if (unpinned.length > 0)
  pulumi.log.warn(`no pod will start from these images:\n  ${unpinned.map(renderMistake).join("\n  ")}`);
const foundation = await readLayer<FoundationOutputs>("1-foundation");
const database = await readLayer<DatabaseOutputs>("2-database");

metricsAdapters({ environment: pulumi.getStack(), foundation, database, config });
const vault = config.vault
  ? new VaultServices({
      environment: pulumi.getStack(),
      vault: config.vault,
      images: config.images,
      foundation,
      database,
    })
  : null;
const cells = Object.fromEntries(
  Object.entries(database.cells).map(([cell, entry]) => [
    cell,
    cellServices({
      ...{ environment: pulumi.getStack(), cell, database: entry, foundation, config },
      paths: adminPaths(config.edge),
      ...(vault ? { vault: (parts) => vault.cell(parts) } : {}),
    }),
  ]),
);

const edge = config.edge ? edgeServices({ edge: config.edge, config, foundation, database, cells }) : null;

export const outputs: pulumi.Output<ServicesOutputs> = pulumi.output({
  images: config.images,
  tokens: { audience: config.tokens.audience, jwks: config.tokens.jwks as ServicesOutputs["tokens"]["jwks"] },
  shards: config.shards,
  schemasPerShard: config.schemasPerShard,
  vault: vault?.outputs ?? null,
  edge,
  cells,
  customMetrics: config.customMetrics !== "none",
});
