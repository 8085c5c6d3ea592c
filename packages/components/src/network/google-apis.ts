/** Google's APIs and registries by addresses of the VPC's own choosing, so that a rule can name them. */
import * as gcp from "@pulumi/gcp";
import type * as pulumi from "@pulumi/pulumi";

/** The range of restricted.googleapis.com: announced nowhere, and in front of those APIs only that VPC Service Controls can fence. */
export const GOOGLE_API_RANGE = "199.36.153.4/30";
const RESTRICTED = ["199.36.153.4", "199.36.153.5", "199.36.153.6", "199.36.153.7"];
/** private.googleapis.com, where earlier releases led every name. The firewall lets nothing out to it. */
const PRIVATE = ["199.36.153.8", "199.36.153.9", "199.36.153.10", "199.36.153.11"];

/** Domains beside googleapis.com that nodes pull images from; the restricted addresses answer for them too. */
const REGISTRIES = { pkg: "pkg.dev.", gcr: "gcr.io." };

/**
 * Private zones that answer for every `*.googleapis.com`, `*.pkg.dev` and `*.gcr.io` with the addresses of restricted.googleapis.com.
 * Without them the names have public addresses that change, and what may leave to `GOOGLE_API_RANGE` only (nodes that pull images, the Auth
 * Proxy) would reach nothing at all.
 * @returns what has to stand before other ways out are closed
 */
export function restrictedGoogleApis(
  name: string,
  project: string,
  network: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const zone = (id: string, dnsName: string, description: string) =>
    new gcp.dns.ManagedZone(
      `${name}-${id}`,
      {
        project,
        name: `${name}-${id}`,
        dnsName,
        description,
        visibility: "private",
        privateVisibilityConfig: { networks: [{ networkUrl: network }] },
      },
      opts,
    );
  const record = (id: string, managedZone: gcp.dns.ManagedZone, host: string, rrdatas: string[], after = opts) =>
    new gcp.dns.RecordSet(
      `${name}-${id}`,
      {
        project,
        managedZone: managedZone.name,
        name: host,
        type: rrdatas.length === 1 ? "CNAME" : "A",
        ttl: 300,
        rrdatas,
      },
      after,
    );
  const apis = zone("googleapis", "googleapis.com.", "Google's APIs by private addresses");
  const restricted = record("googleapis-restricted", apis, "restricted.googleapis.com.", RESTRICTED);
  return [
    restricted,
    // Answers that were cached before an upgrade point at it.
    record("googleapis-private", apis, "private.googleapis.com.", PRIVATE),
    record("googleapis-all", apis, "*.googleapis.com.", ["restricted.googleapis.com."], {
      ...opts,
      dependsOn: restricted,
    }),
    ...Object.entries(REGISTRIES).flatMap(([id, domain]) => {
      const registry = zone(id, domain, "Google's image registries by private addresses");
      return [record(id, registry, domain, RESTRICTED), record(`${id}-all`, registry, `*.${domain}`, [domain])];
    }),
  ];
}
