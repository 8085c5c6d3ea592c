/** The clusters that tests start from. */
import { parseDatabase } from "@bulkhead/config";
import { one } from "../testing/find.ts";
import { record } from "../testing/mocks.ts";
import { AlloyDbCluster } from "./cluster.ts";
import { cellSettings } from "./settings.ts";
import type { AlloyDbSiteArgs } from "./site.ts";

export const POOL = { nodes: 2, cpuCount: 4, flags: {} };

/** Arguments by the defaults of the config. */
export function siteArgs(change: Partial<AlloyDbSiteArgs> = {}): AlloyDbSiteArgs {
  const { value } = parseDatabase({ cells: { eu1: { region: "europe-west1" } } });
  return {
    ...cellSettings("dev", "eu1", value!.cells.eu1!),
    project: "acme-dev",
    region: "europe-west1",
    network: "projects/acme-dev/global/networks/bulkhead",
    access: { kind: "psa", rangeName: "bulkhead-databases" },
    cpuCount: 4,
    channels: [],
    deletionProtection: true,
    ...change,
  };
}

/** A cell's own cluster, alone. */
export async function home(change: Partial<AlloyDbSiteArgs> = {}, cell = "eu1") {
  const { resources } = await record(() => new AlloyDbCluster(`bulkhead-${cell}`, siteArgs(change)));
  return {
    resources,
    component: one(resources, "AlloyDbCluster"),
    cluster: one(resources, "alloydb/cluster:Cluster"),
    primary: one(resources, "Instance", `bulkhead-${cell}-primary`),
  };
}
