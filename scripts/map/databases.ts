/** AlloyDB's clusters and their instances, and which site of a cell each is. */
import { cellCluster, HOME, tenantCluster } from "@bulkhead/config";
import type { StateResource } from "../rehearsal/rehearsal.ts";
import { at, type Estate, sortedBy, textAt } from "./estate.ts";
import type { Database, Instance } from "./model.ts";

/** Last part of `projects/…/clusters/…`. */
const lastPart = (path: string) => path.slice(path.lastIndexOf("/") + 1);

export function databasesOf(estate: Estate): Database[] {
  const clusters = estate.of("alloydb/cluster:Cluster").map((cluster): Database => {
    const { inputs } = cluster;
    const id = textAt(inputs, "clusterId");
    const resources = estate
      .of("alloydb/instance:Instance")
      .filter((instance) => lastPart(textAt(instance.inputs, "cluster")) === id);
    const of = lastPart(textAt(inputs, "secondaryConfig.primaryClusterName"));
    const cell = textAt(inputs, "labels.cell");
    return {
      ...{ id, cell, region: textAt(inputs, "location") },
      ...partOf(id, cell),
      role: of !== "" ? "reader" : isStopped(resources) ? "fenced" : "writer",
      ...(of !== "" && { of }),
      version: textAt(inputs, "databaseVersion").replace("POSTGRES_", "PostgreSQL "),
      instances: sortedBy(
        resources.map((resource) => instanceOf(id, resource)),
        ({ name, pool }) => `${pool ? 1 : 0} ${name}`,
      ),
    };
  });
  // Home first, then the secondaries, then the tenants' own.
  return sortedBy(clusters, ({ cell, id, site, tenant }) =>
    [cell, tenant === undefined ? 0 : 1, site === HOME ? 0 : 1, id].join(" "),
  );
}

/** Names of cells hold no `-`, so that a secondary's cluster cannot be mistaken for a tenant's. */
function partOf(id: string, cell: string): Pick<Database, "site" | "tenant"> {
  const ofTenants = tenantCluster("");
  if (id.startsWith(ofTenants)) return { tenant: id.slice(ofTenants.length) };
  const home = cellCluster(cell);
  return { site: id === home ? HOME : id.slice(home.length + 1) };
}

/** A cluster that writes and whose instances are all stopped was left behind by a promotion. */
function isStopped(instances: readonly StateResource[]): boolean {
  return instances.length > 0 && instances.every(({ inputs }) => textAt(inputs, "activationPolicy") === "NEVER");
}

function instanceOf(cluster: string, { inputs }: StateResource): Instance {
  const name = textAt(inputs, "instanceId");
  const pool = textAt(inputs, "instanceType") === "READ_POOL";
  const regional = textAt(inputs, "availabilityType") === "REGIONAL";
  return {
    ...{ key: `${cluster}/${name}`, name, pool },
    cpuCount: Number(at(inputs, "machineConfig.cpuCount") ?? 0),
    nodes: pool ? Number(at(inputs, "readPoolConfig.nodeCount") ?? 1) : regional ? 2 : 1,
    zones: regional ? "two zones" : "one zone",
  };
}
