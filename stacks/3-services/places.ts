/** Where a cell runs: for each of its sites that is not fenced, a sealed namespace in the GKE cluster of the site's region. */
import {
  type NetworkPath,
  proxyInstance,
  type RegionOutputs,
  SealedNamespace,
  type SiteOutputs,
} from "@bulkhead/components";
import { chooseReadPool, HOME } from "@bulkhead/config";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { CellArgs } from "./cell.ts";

export interface Place {
  readonly site: string;
  /** What the logical names of the site's resources begin with: the cell's name alone at home, whose resources were there first. */
  readonly prefix: string;
  readonly region: string;
  readonly role: "writer" | "reader";
  /** Instance that the site's reading tiers are served from; undefined where there is none to read from. */
  readonly replica: pulumi.Input<string> | undefined;
  readonly provider: k8s.Provider;
  readonly sealed: SealedNamespace;
  readonly namespace: pulumi.Output<string>;
}

/** The namespace of a cell's services, in every site. */
export function namespaceOf(cell: string): string {
  return `bulkhead-${cell}`;
}

export function prefixOf(cell: string, site: string): string {
  return site === HOME ? cell : `${cell}-${site}`;
}

/** Names of a cell's shards: of their Deployments, Services and workloads. */
export function shardNames(config: CellArgs["config"]): string[] {
  return Array.from({ length: config.shards }, (_, shard) => `shard-${shard}`);
}

/** The name of the tier that reads from a replica for what another tier serves. */
export function readsOf(tier: string): string {
  return `${tier}-reads`;
}

export function placesOf(args: CellArgs): readonly Place[] {
  return Object.entries(args.database.sites).flatMap(([site, entry]) =>
    entry.role === "fenced" ? [] : [placeOf(args, site, entry, entry.role)],
  );
}

function placeOf(args: CellArgs, site: string, entry: SiteOutputs, role: Place["role"]): Place {
  const { cell, foundation } = args;
  const region = regionOf(args, entry.region);
  const replica = replicaOf(args, site, entry);
  const prefix = prefixOf(cell, site);
  const provider = new k8s.Provider(`gke-${prefix}`, { kubeconfig: region.kubeconfig, enableServerSideApply: true });
  const served = ["client", ...shardNames(args.config)];
  const sealed = new SealedNamespace(
    `${prefix}-services`,
    {
      name: namespaceOf(cell),
      ranges: { nodes: region.nodeRange, databases: foundation.databaseRange },
      gatewayReaches: [...(role === "writer" ? served : []), ...(replica === undefined ? [] : served.map(readsOf))],
      paths: args.paths?.(role, region) ?? {},
      leftBehind: args.config.edge !== undefined,
    },
    { providers: [provider] },
  );
  return { site, prefix, region: entry.region, role, replica, provider, sealed, namespace: sealed.namespace };
}

function regionOf({ cell, foundation }: CellArgs, name: string): RegionOutputs {
  const region = foundation.regions[name];
  if (region) return region;
  throw new pulumi.RunError(`cell ${cell} is in region ${name}, which stacks/1-foundation does not have`);
}

/** The site's read pool for its reading tiers; in a site that reads and has none, the secondary itself. */
function replicaOf({ cell, config, foundation }: CellArgs, site: string, entry: SiteOutputs) {
  const pool = chooseReadPool(entry.readPools, config.reads.readPool);
  if (pool === undefined) {
    throw new pulumi.RunError(
      `site ${site} of cell ${cell} has the read pools ${Object.keys(entry.readPools).join(", ")}: name one that it has in bulkhead:reads.readPool`,
    );
  }
  const instance = pool === null ? (entry.role === "reader" ? entry.instance : undefined) : entry.readPools[pool];
  return instance === undefined ? undefined : proxyInstance(instance, foundation.databaseAccess);
}

/** Further paths through the namespaces of a cell, such as the internal gateway's to the admin tier. */
export type FurtherPaths = (role: Place["role"], region: RegionOutputs) => Readonly<Record<string, NetworkPath>>;
