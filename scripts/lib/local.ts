/** What the scripts know of a local platform that is up: addresses, tenants, the last proof. */
import { existsSync } from "node:fs";
import type { ServicesOutputs, TenantsOutputs } from "@bulkhead/components";
import {
  cellCluster,
  didYouMean,
  type Environment,
  readEnvironment,
  type Tenant,
  tenantCluster,
} from "@bulkhead/config";
import { type Cloud, openCloud } from "@bulkhead/local-cloud";
import { type RegisteredTenant, readKnownTenants, type Target } from "@bulkhead/runtime";
import { UserError } from "./cli.ts";
import type { Platform } from "./platform.ts";
import { readOutputs, stateFile } from "./pulumi.ts";

/** AlloyDB primary of a cell, or of an instance tenant, as the local cloud knows it. */
export function primaryOf(environment: Environment, cell: string, cluster: string = cellCluster(cell)): string {
  const { region } = environment.database.cells[cell]!;
  return `projects/${environment.foundation.project}/locations/${region}/clusters/${cluster}/instances/primary`;
}

/** The AlloyDB primary that a tenant's data is on. */
export function primaryOfTenant(environment: Environment, tenant: Pick<Tenant, "id" | "cell" | "isolation">): string {
  return primaryOf(
    environment,
    tenant.cell,
    tenant.isolation === "instance" ? tenantCluster(tenant.id) : cellCluster(tenant.cell),
  );
}

/** Login of the local operator to a database server; undefined where it does not exist yet. Holds a password. */
export async function operatorTarget(cloud: Cloud, primary: string): Promise<Target | undefined> {
  const login = await cloud.adminLogin(primary).catch(() => undefined);
  return login && { host: login.host, port: login.port, user: login.user, password: login.password };
}

/** Tenants of every registry, those of instance tenants too; none where a cell was never brought up. */
export async function registeredTenants(
  platform: Platform,
  cloud: Cloud,
  environment: Environment,
): Promise<RegisteredTenant[]> {
  const { instances = {} } = existsSync(stateFile(platform, "4-tenants"))
    ? await readOutputs<Partial<TenantsOutputs>>(platform, "4-tenants").catch(() => ({ instances: {} }))
    : {};
  const primaries = new Set([
    ...Object.keys(environment.database.cells).map((cell) => primaryOf(environment, cell)),
    ...environment.tenants.tenants.map((tenant) => primaryOfTenant(environment, tenant)),
    ...Object.values(instances).map(({ primary }) => primary),
  ]);
  const tenants: RegisteredTenant[] = [];
  for (const primary of primaries) {
    const target = await operatorTarget(cloud, primary);
    if (target) tenants.push(...(await readKnownTenants(target)));
  }
  return tenants.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Reads the config and opens the cloud of a platform that should be up. */
export function openPlatform(platform: Platform): { environment: Environment; cloud: Cloud } {
  if (!existsSync(stateFile(platform, "4-tenants"))) throw new UserError("the platform is not up yet; run npm run up");
  return { environment: readEnvironment(platform.stacks, platform.environment), cloud: openCloud(platform.cloud) };
}

export function findTenant(environment: Environment, id: string): Tenant {
  const tenants = environment.tenants.tenants;
  const found = tenants.find((tenant) => tenant.id === id);
  if (found) return found;
  const ids = tenants.map((tenant) => tenant.id);
  const near = didYouMean(id, ids);
  throw new UserError(
    `"${id}" is not a tenant of the environment; ${near ? `did you mean ${near}?` : `there are ${ids.slice(0, 20).join(", ")}`}`,
    2,
  );
}

/** Addresses by tier and by tenant. */
export interface Addresses {
  readonly cells: Readonly<
    Record<string, { readonly client: string; readonly admin: string; readonly shards: readonly string[] }>
  >;
  readonly tenants: Readonly<Record<string, string>>;
}

export async function readAddresses(
  platform: Platform,
  cloud: Cloud,
  tenants: readonly RegisteredTenant[],
): Promise<Addresses> {
  const services = await readOutputs<ServicesOutputs>(platform, "3-services");
  const { apis } = await readOutputs<TenantsOutputs>(platform, "4-tenants");
  const url = (namespace: string, service: string) =>
    cloud.serviceUrl({ namespace, service }).catch(() => "not running");
  const cells: Record<string, { client: string; admin: string; shards: string[] }> = {};
  for (const [cell, names] of Object.entries(services.cells)) {
    cells[cell] = {
      client: await url(names.namespace, names.client),
      admin: await url(names.namespace, names.admin),
      shards: await Promise.all(names.shards.map((shard) => url(names.namespace, shard))),
    };
  }
  const own: Record<string, string> = {};
  for (const tenant of tenants) {
    const cell = cells[tenant.cell];
    const api = apis[tenant.id];
    if (api) own[tenant.id] = await url(api.namespace, api.service);
    else if (tenant.isolation === "schema") own[tenant.id] = cell?.shards[tenant.shard ?? 0] ?? "";
    else if (tenant.isolation === "pooled") own[tenant.id] = cell?.client ?? "";
  }
  return { cells, tenants: own };
}
