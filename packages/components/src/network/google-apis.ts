/** Google's APIs by addresses of the VPC's own choosing, so that a policy can name them. */
import * as gcp from "@pulumi/gcp";
import type * as pulumi from "@pulumi/pulumi";

/** The range of private.googleapis.com: announced nowhere, reached from within a VPC only. */
export const GOOGLE_API_RANGE = "199.36.153.8/30";
const ADDRESSES = ["199.36.153.8", "199.36.153.9", "199.36.153.10", "199.36.153.11"];

/**
 * A private zone that answers for every `*.googleapis.com` with the addresses of private.googleapis.com. Without it the names have public
 * addresses that change, and pods that may leave to `GOOGLE_API_RANGE` only (the Auth Proxy among them) would reach no API at all.
 */
export function privateGoogleApis(
  name: string,
  project: string,
  network: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): void {
  const zone = new gcp.dns.ManagedZone(
    `${name}-googleapis`,
    {
      project,
      name: `${name}-googleapis`,
      dnsName: "googleapis.com.",
      description: "Google's APIs by private addresses",
      visibility: "private",
      privateVisibilityConfig: { networks: [{ networkUrl: network }] },
    },
    opts,
  );
  const record = (id: string, host: string, type: string, rrdatas: string[]) =>
    new gcp.dns.RecordSet(
      `${name}-${id}`,
      { project, managedZone: zone.name, name: host, type, ttl: 300, rrdatas },
      opts,
    );
  record("googleapis-private", "private.googleapis.com.", "A", ADDRESSES);
  record("googleapis-all", "*.googleapis.com.", "CNAME", ["private.googleapis.com."]);
}
