/** Stack config of `stacks/1-foundation`. */
import { z } from "zod";
import { didYouMean, type Mistake } from "../mistakes.ts";
import { auditSchema, checkAudit, checkNotifications, notificationsSchema } from "./audit.ts";
import { cidr, projectId, region } from "./common.ts";
import { checkRanges } from "./foundation-ranges.ts";
import { checkGke, gkeSchema } from "./gke.ts";

const regionSchema = z.strictObject({
  nodes: cidr.describe("Range of the GKE nodes. Changing it replaces the subnet."),
  pods: cidr.describe("Secondary range of the pods. Changing it replaces the cluster."),
  services: cidr.describe("Secondary range of the Kubernetes services. Changing it replaces the cluster."),
  controlPlane: cidr.describe("Range of the GKE control plane, a /28. Changing it replaces the cluster."),
  proxies: cidr
    .optional()
    .describe(
      "Range of the proxies of internal gateways, a /26 or larger, /23 for choice. Needed where the admin tier has its gateway. Default: none. Changing it replaces the subnet.",
    ),
  endpoints: cidr
    .optional()
    .describe(
      "Range of AlloyDB's endpoints, within databaseRange, an address per instance. Needed with databaseAccess: psc, and refused without. Changing it replaces the subnet.",
    ),
});

const encryptionSchema = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe(
      "Encrypt databases, clusters, logs, images and secrets with keys of the project. Decide before the first apply: a change would replace every cluster, and is refused.",
    ),
  rotationDays: z
    .int()
    .min(2)
    .max(3650)
    .default(90)
    .describe("Days between two versions of a key. The older versions go on decrypting."),
  keyProtection: z
    .boolean()
    .default(true)
    .describe("Refuse to delete the keys: what they encrypt would be lost. Set false and apply before a deletion."),
});

const egressSchema = z.strictObject({
  range: cidr.describe("Who is called, in CIDR notation; a /32 for one address."),
  port: z.int().min(1).max(65535).default(443).describe("TCP port that is called."),
});

/** Name of an entry that becomes part of a physical name. */
const entryName = z
  .string()
  .regex(/^[a-z](?:[a-z0-9-]{0,18}[a-z0-9])?$/, { error: "use 1 to 20 of a-z, 0-9 and -, a letter first" });

export const foundationSchema = z.strictObject({
  project: projectId,
  regions: z.record(region, regionSchema).describe("Every region that holds a cell: its subnet and its GKE cluster."),
  gatewayRegion: region
    .optional()
    .describe(
      "Region whose GKE cluster holds the Gateway's objects, and whose registry holds the images. Default: the region, where there is one. Changing it replaces the registry.",
    ),
  databaseAccess: z
    .enum(["psa", "psc"])
    .default("psa")
    .describe(
      "How AlloyDB is reached: peered (psa, private service access), or by an endpoint per instance (psc, Private Service Connect). Decide before the first apply: AlloyDB moves no cluster from one to the other, and a change is refused.",
    ),
  databaseRange: cidr.describe(
    "Range of AlloyDB's addresses: reserved for it (psa; a /20 holds some hundred instances), or around every region's endpoints (psc). Changing it replaces the range.",
  ),
  egress: z
    .record(entryName, egressSchema)
    .default({})
    .describe("Whom nodes and pods may call beside Google and AlloyDB, by name. Empty: nobody."),
  encryption: encryptionSchema.prefault({}).describe("Keys of the project's own (CMEK)."),
  mirrors: z
    .record(entryName, z.url({ protocol: /^https$/, error: "use an address that begins with https://" }))
    .default({ "docker-hub": "https://registry-1.docker.io" })
    .describe(
      "Registries of others that Artifact Registry fetches images from, once each, as nodes reach no other: a name and an address each. Changing an address replaces the mirror.",
    ),
  vertexAi: z.boolean().default(false).describe("Enable Vertex AI, which cells can call models by."),
  authorizedNetworks: z
    .record(z.string(), cidr)
    .default({})
    .describe(
      "Who may reach the GKE control planes beside the platform's own nodes and pods: a name and a range each. A public range gives them a public address; private ones, of a runner in the VPC say, do not.",
    ),
  releaseChannel: z.enum(["RAPID", "REGULAR", "STABLE"]).default("REGULAR").describe("GKE release channel."),
  gke: gkeSchema.prefault({}).describe("The GKE clusters."),
  audit: auditSchema.prefault({}).describe("What is recorded, and for how long."),
  notifications: notificationsSchema,
  deletionProtection: z
    .boolean()
    .default(true)
    .describe("Refuse to delete the GKE clusters and the images. Set false and apply before a deletion."),
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
  const regions = Object.keys(config.regions ?? {});
  const gateway = config.gatewayRegion;
  if (gateway === undefined && regions.length > 1) {
    mistakes.push({
      path: "bulkhead:gatewayRegion",
      problem: "is missing, and there are several regions",
      remedy: `name the one that is to hold the gateway: ${regions.join(", ")}`,
    });
  }
  if (gateway !== undefined && regions.length > 0 && !regions.includes(gateway)) {
    const near = didYouMean(gateway, regions);
    mistakes.push({
      path: "bulkhead:gatewayRegion",
      value: gateway,
      problem: "is not in bulkhead:regions",
      remedy: `${near ? `did you mean "${near}"? ` : ""}use one of ${regions.join(", ")}`,
    });
  }
  mistakes.push(...checkRanges(config));
  if (config.gke) mistakes.push(...checkGke(config.gke, regions.length));
  if (config.audit) mistakes.push(...checkAudit(config.audit));
  if (config.notifications) mistakes.push(...checkNotifications(config.notifications));
  return mistakes;
}
