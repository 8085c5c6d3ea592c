/** Stack config of `stacks/2-database`. */
import { z } from "zod";
import { joinPath, type Mistake } from "../mistakes.ts";
import { cellName, region } from "./common.ts";

const cellSchema = z.strictObject({
  region: region.describe(
    "Region of the cell; the foundation must have it. Changing it replaces the cluster: move the tenants to a new cell instead.",
  ),
  postgresVersion: z
    .union([z.literal(15), z.literal(16), z.literal(17)], { error: "use 15, 16 or 17" })
    .default(17)
    .describe("PostgreSQL major version. A higher one is an in-place upgrade that cannot be undone."),
  availability: z
    .enum(["REGIONAL", "ZONAL"])
    .default("REGIONAL")
    .describe("REGIONAL has a standby in another zone; ZONAL has none."),
  cpuCount: z
    .union(
      [2, 4, 8, 16, 32, 64, 96, 128].map((count) => z.literal(count)),
      { error: "use 2, 4, 8, 16, 32, 64, 96 or 128" },
    )
    .default(2)
    .describe("vCPUs of the primary. Changing it restarts the instance."),
  flags: z
    .record(z.string(), z.string({ error: "give the flag's value as a string, in quotes" }))
    .default({})
    .describe("AlloyDB database flags beside the platform's own. Values are strings."),
  deletionProtection: z
    .boolean()
    .default(true)
    .describe("Refuse to delete the cluster. Set false and apply before a deletion."),
  default: z
    .boolean()
    .default(false)
    .describe("Tenants without a cell go here. One cell of the environment is the default; a lone cell is it anyway."),
});

export const databaseSchema = z.strictObject({
  cells: z
    .record(cellName, cellSchema)
    .describe("The cells: one AlloyDB cluster each, with the PostgREST fleet in front of it. The key is for life."),
});

export type CellConfig = z.output<typeof cellSchema>;
export type DatabaseConfig = z.output<typeof databaseSchema>;

/** What the platform sets itself; a change by hand would break isolation or login. */
const OWN_FLAGS = new Map([
  ["alloydb.iam_authentication", "the platform logs in by IAM"],
  ["alloydb.enable_pgaudit", "administrators are audited by it"],
  ["row_security", "isolation rests on it"],
  ["session_replication_role", "it would switch off triggers and foreign keys"],
  ["password_encryption", "passwords are stored as scram-sha-256"],
]);

/** Rules across fields, of what of a config is sound. `regions`: those of the foundation, where known. */
export function checkDatabase({ cells }: Partial<DatabaseConfig>, regions?: readonly string[]): Mistake[] {
  if (cells === undefined) return [];
  const mistakes: Mistake[] = [];
  const names = Object.keys(cells);
  if (names.length === 0) {
    mistakes.push({
      path: "bulkhead:cells",
      value: cells,
      problem: "names no cell",
      remedy: "add one, such as eu1",
    });
  }
  const defaults = names.filter((name) => cells[name]!.default);
  if (names.length > 1 && defaults.length !== 1) {
    mistakes.push({
      path: "bulkhead:cells",
      value: defaults,
      problem: `has ${defaults.length} default cells`,
      remedy: "mark exactly one with default: true",
    });
  }
  for (const [name, cell] of Object.entries(cells)) {
    if (regions && !regions.includes(cell.region)) {
      mistakes.push({
        path: joinPath("bulkhead:cells", name, "region"),
        value: cell.region,
        problem: "is not a region of the foundation",
        remedy: `use one of ${regions.join(", ")}, or add it to bulkhead:regions of stacks/1-foundation`,
      });
    }
    for (const [flag, value] of Object.entries(cell.flags)) {
      const reason = OWN_FLAGS.get(flag.toLowerCase());
      if (reason)
        mistakes.push({
          path: joinPath("bulkhead:cells", name, "flags", flag),
          value,
          problem: `is the platform's to set: ${reason}`,
          remedy: "remove it",
        });
    }
  }
  return mistakes;
}

/** The cell of a tenant that names none. */
export function defaultCell(cells: Readonly<Record<string, { readonly default: boolean }>>): string | undefined {
  const names = Object.keys(cells);
  return names.length === 1 ? names[0] : names.find((name) => cells[name]!.default);
}
