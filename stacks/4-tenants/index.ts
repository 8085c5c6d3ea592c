/** Layer 4: the tenants. Says first what will happen to which of them, then rolls out each cell. */
import {
  type DatabaseOutputs,
  type FoundationOutputs,
  readLayer,
  readOwnOutputs,
  type ServicesOutputs,
  type TenantsOutputs,
} from "@bulkhead/components";
import {
  ConfigError,
  checkTenantHosts,
  describeChanges,
  isErased,
  type KnownTenant,
  parseTenants,
  rawFromPulumi,
  type Tenant,
} from "@bulkhead/config";
import * as pulumi from "@pulumi/pulumi";
import { rollOutCell } from "./cell.ts";
import { placeCell } from "./shards.ts";

const foundation = await readLayer<FoundationOutputs>("1-foundation");
const database = await readLayer<DatabaseOutputs>("2-database");
const services = await readLayer<ServicesOutputs>("3-services");
const { value: config, mistakes } = parseTenants(
  rawFromPulumi(pulumi.runtime.allConfig()),
  { cells: database.cells, defaultCell: database.defaultCell ?? undefined },
  import.meta.dirname,
);
if (!config) throw new pulumi.RunError(new ConfigError(mistakes, "stacks/4-tenants").message);

const last = await readOwnOutputs<TenantsOutputs>("4-tenants");
const before = last?.known ?? [];
const changes = describeChanges(before, config.tenants);
const refused = changes.filter((change) => change.kind === "refuse");
if (refused.length > 0)
  throw new pulumi.RunError(`nothing was touched:\n  ${refused.map((change) => change.words).join("\n  ")}`);
if (changes.length > 0) pulumi.log.info(`tenants:\n  ${changes.map((change) => change.words).join("\n  ")}`);

const known = remember(before, config.tenants);
const clashing = services.edge ? checkTenantHosts(config.tenants, Object.keys(database.cells)) : [];
if (clashing.length > 0) throw new pulumi.RunError(new ConfigError(clashing, "stacks/4-tenants").message);
const placed = Object.keys(database.cells).map((cell) => {
  const retained = known.filter((tenant) => tenant.cell === cell && tenant.retained);
  const tenants = config.tenants.filter((tenant) => tenant.cell === cell);
  return { cell, retained, ...placeCell(cell, tenants, retained, last?.shards ?? {}, services) };
});
const cells = placed.map(({ cell, retained, tenants }) =>
  rollOutCell({
    environment: pulumi.getStack(),
    cell,
    tenants,
    tiers: config.tiers,
    foundation,
    database: database.cells[cell]!,
    services,
    retained,
    last: last?.rollouts ?? {},
  }),
);

export const outputs: pulumi.Output<TenantsOutputs> = pulumi.output({
  known,
  rollouts: Object.fromEntries(cells.flatMap(({ rollouts }) => Object.entries(rollouts))),
  apis: Object.fromEntries(cells.flatMap(({ apis }) => Object.entries(apis))),
  instances: Object.fromEntries(cells.flatMap(({ instances }) => Object.entries(instances))),
  shards: Object.fromEntries(placed.flatMap(({ shards }) => Object.entries(shards))),
});

/** The tenants as they will be: those of the config, and those that once were, retained; not what was deleted with its whole cluster. */
function remember(known: readonly KnownTenant[], wanted: readonly Tenant[]): KnownTenant[] {
  const ids = new Set(wanted.map((tenant) => tenant.id));
  return [
    ...wanted,
    ...known
      .filter((tenant) => !ids.has(tenant.id) && !isErased(tenant))
      .map((tenant) => ({ ...tenant, retained: true })),
  ].sort((a, b) => (a.id < b.id ? -1 : 1));
}
