/** What the scripts know of a local platform that is up: addresses, tenants, the last proof. */
import { existsSync } from "node:fs";
import type { ServicesOutputs, TenantsOutputs } from "@bulkhead/components";
import { didYouMean, type Environment, readEnvironment, type Tenant } from "@bulkhead/config";
import { type Cloud, openCloud } from "@bulkhead/local-cloud";
import { type RegisteredTenant, readKnownTenants, type Target } from "@bulkhead/runtime";
import { UserError } from "./cli.ts";
import type { Platform } from "./platform.ts";
import { readOutputs, stateFile } from "./pulumi.ts";

/** AlloyDB instance of a cell, as the local cloud knows it. */
export function primaryOf(environment: Environment, cell: string): string {
  const { region } = environment.database.cells[cell]!;
  return `projects/${environment.foundation.project}/locations/${region}/clusters/bulkhead-${cell}/instances/primary`;
}

/** Login of the local operator to a cell's database; undefined where its server does not exist yet. Holds a password. */
export async function operatorTarget(
  cloud: Cloud,
  environment: Environment,
  cell: string,
): Promise<Target | undefined> {
  const login = await cloud.adminLogin(primaryOf(environment, cell)).catch(() => undefined);
  return login && { host: login.host, port: login.port, user: login.user, password: login.password };
}

/** Tenants of the registries of all cells; none where a cell was never brought up. */
export async function registeredTenants(cloud: Cloud, environment: Environment): Promise<RegisteredTenant[]> {
  const tenants: RegisteredTenant[] = [];
  for (const cell of Object.keys(environment.database.cells)) {
    const target = await operatorTarget(cloud, environment, cell);
    if (target) tenants.push(...(await readKnownTenants(target)));
  }
  return tenants;
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
