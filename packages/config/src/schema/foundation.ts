/** Stack config of `stacks/1-foundation`. */
import { z } from "zod";
import { joinPath, type Mistake } from "../mistakes.ts";
import { cidr, cidrBounds, projectId, region } from "./common.ts";

const regionSchema = z.strictObject({
  nodes: cidr.describe("Range of the GKE nodes. Changing it replaces the subnet."),
  pods: cidr.describe("Secondary range of the pods. Changing it replaces the cluster."),
  services: cidr.describe("Secondary range of the Kubernetes services. Changing it replaces the cluster."),
  controlPlane: cidr.describe("Range of the GKE control plane, a /28. Changing it replaces the cluster."),
});

export const foundationSchema = z.strictObject({
  project: projectId,
  regions: z.record(region, regionSchema).describe("Every region that holds a cell: its subnet and its GKE cluster."),
  databaseRange: cidr.describe(
    "Range reserved for AlloyDB by private service access. A /20 holds some hundred instances. Changing it replaces the range.",
  ),
  authorizedNetworks: z
    .record(z.string(), cidr)
    .default({})
    .describe("Who may reach the GKE control plane: a name and a range each. Empty: only from within the VPC."),
  releaseChannel: z.enum(["RAPID", "REGULAR", "STABLE"]).default("REGULAR").describe("GKE release channel."),
  deletionProtection: z
    .boolean()
    .default(true)
    .describe("Refuse to delete the GKE clusters. Set false and apply before a deletion."),
});

export type FoundationConfig = z.output<typeof foundationSchema>;

/** Rules across fields: ranges may not overlap, there must be a region. Takes what of a config is sound. */
export function checkFoundation(config: Partial<FoundationConfig>): Mistake[] {
  const mistakes: Mistake[] = [];
  if (config.regions && Object.keys(config.regions).length === 0) {
    mistakes.push({
      path: "bulkhead:regions",
      value: config.regions,
      problem: "names no region",
      remedy: "add one, such as europe-west1",
    });
  }
  const ranges: [path: string, range: string][] = [];
  if (config.databaseRange) ranges.push(["bulkhead:databaseRange", config.databaseRange]);
  for (const [name, entry] of Object.entries(config.regions ?? {})) {
    for (const kind of ["nodes", "pods", "services", "controlPlane"] as const) {
      ranges.push([joinPath("bulkhead:regions", name, kind), entry[kind]]);
    }
    if (!entry.controlPlane.endsWith("/28")) {
      mistakes.push({
        path: joinPath("bulkhead:regions", name, "controlPlane"),
        value: entry.controlPlane,
        problem: "is not a /28",
        remedy: "use a /28: GKE takes no other size",
      });
    }
  }
  ranges.forEach(([path, range], index) => {
    for (const [otherPath, other] of ranges.slice(0, index)) {
      const [first, last] = cidrBounds(range);
      const [otherFirst, otherLast] = cidrBounds(other);
      if (first <= otherLast && otherFirst <= last) {
        mistakes.push({
          path,
          value: range,
          problem: `overlaps ${otherPath}, ${other}`,
          remedy: "use a range of its own",
        });
      }
    }
  });
  return mistakes;
}
