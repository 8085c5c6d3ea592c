import * as gcp from "@pulumi/gcp";
import type * as pulumi from "@pulumi/pulumi";
import type { DnsRecord } from "./certificate.ts";

/** Sets records in a managed zone. `keys` names them for life, in their order. */
export function dnsRecords(
  name: string,
  args: { readonly project: string; readonly zone: string; readonly keys: readonly string[] },
  records: pulumi.Output<readonly DnsRecord[]>,
  opts: pulumi.CustomResourceOptions,
): void {
  args.keys.forEach((key, index) => {
    const record = records.apply((all) => all[index] ?? { name: "", type: "", data: "" });
    new gcp.dns.RecordSet(
      `${name}-${key}`,
      {
        project: args.project,
        managedZone: args.zone,
        name: record.apply((of) => of.name),
        type: record.apply((of) => of.type),
        rrdatas: [record.apply((of) => of.data)],
        ttl: 300,
      },
      opts,
    );
  });
}
