/** Layer 2: each cell's AlloyDB clusters. */
import {
  type DatabaseOutputs,
  type FoundationOutputs,
  readLayer,
  readOwnOutputs,
  VertexAiAccess,
} from "@bulkhead/components";
import {
  ConfigError,
  checkSiteMoves,
  defaultCell,
  joinPath,
  type Mistake,
  parseDatabase,
  rawFromPulumi,
} from "@bulkhead/config";
import * as pulumi from "@pulumi/pulumi";
import { databaseCell } from "./cell.ts";

const refuse = (mistakes: readonly Mistake[]): never => {
  throw new pulumi.RunError(new ConfigError(mistakes, "stacks/2-database").message);
};
const foundation = await readLayer<FoundationOutputs>("1-foundation");
const { value: config, mistakes } = parseDatabase(
  rawFromPulumi(pulumi.runtime.allConfig()),
  Object.keys(foundation.regions),
);
if (!config) throw refuse(mistakes);
const last = await readOwnOutputs<DatabaseOutputs>("2-database");
const moves = Object.entries(config.cells).flatMap(([name, cell]) =>
  checkSiteMoves(joinPath("bulkhead:cells", name), last?.cells[name], cell),
);
if (moves.length > 0) refuse(moves);

if (Object.values(config.cells).some(({ vertexAi }) => vertexAi))
  new VertexAiAccess("bulkhead", { project: foundation.project });

export const outputs: pulumi.Output<DatabaseOutputs> = pulumi.output({
  defaultCell: defaultCell(config.cells) ?? null,
  cells: pulumi.output(
    Object.fromEntries(
      Object.entries(config.cells).map(([name, cell]) => [
        name,
        databaseCell(name, { environment: pulumi.getStack(), cell, foundation, last: last?.cells[name] }),
      ]),
    ),
  ),
});
