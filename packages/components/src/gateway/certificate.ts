/** Certificates that Google issues and renews, for which a DNS record speaks. */
import { shortHash } from "@bulkhead/config";
import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";

/** A record that has to stand in DNS. */
export interface DnsRecord {
  /** With a dot at its end. */
  readonly name: string;
  readonly type: string;
  readonly data: string;
}

export interface EdgeCertificateArgs {
  readonly project: string;
  /** Beginning of the physical names. */
  readonly name: string;
  /** The certificate is for this domain and every host right below it. Changing it makes a new one before the old one goes. */
  readonly domain: string;
  /** Region of the gateway; none for a global one, which gets a certificate map. */
  readonly region?: string;
}

export class EdgeCertificate extends pulumi.ComponentResource {
  /** Name of the map for a global gateway, or of the certificate for a regional one. */
  readonly name: pulumi.Output<string>;
  /** The record by which Google sees that the domain is yours. It has to stay: renewals ask for it too. */
  readonly record: pulumi.Output<DnsRecord>;

  constructor(name: string, args: EdgeCertificateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:gateway:EdgeCertificate", name, {}, opts);
    const { project, region } = args;
    const parent = { parent: this };
    // Neither can change its domain: named after it, so that the new one stands before the old one goes.
    const physical = `${args.name}-${shortHash(args.domain, 8)}`;
    const location = region === undefined ? {} : { location: region };
    const authorization = new gcp.certificatemanager.DnsAuthorization(
      name,
      {
        project,
        name: physical,
        ...location,
        domain: args.domain,
        // A regional certificate takes no other; said for both, as the default depends on the location.
        type: region === undefined ? "FIXED_RECORD" : "PER_PROJECT_RECORD",
      },
      parent,
    );
    const certificate = new gcp.certificatemanager.Certificate(
      name,
      {
        project,
        name: physical,
        ...location,
        managed: { domains: [args.domain, `*.${args.domain}`], dnsAuthorizations: [authorization.id] },
      },
      parent,
    );
    this.name = region === undefined ? this.#map(name, args, physical, certificate) : certificate.name;
    this.record = authorization.dnsResourceRecords.apply((records) => {
      const [record] = records;
      return { name: record?.name ?? "", type: record?.type ?? "", data: record?.data ?? "" };
    });
    this.registerOutputs({ name: this.name, record: this.record });
  }

  /** No entry for other names: who asks for one gets no certificate. */
  #map(
    name: string,
    args: EdgeCertificateArgs,
    physical: string,
    certificate: gcp.certificatemanager.Certificate,
  ): pulumi.Output<string> {
    const map = new gcp.certificatemanager.CertificateMap(
      name,
      { project: args.project, name: args.name },
      { parent: this },
    );
    for (const [key, hostname] of Object.entries({ apex: args.domain, wildcard: `*.${args.domain}` })) {
      new gcp.certificatemanager.CertificateMapEntry(
        `${name}-${key}`,
        {
          project: args.project,
          name: `${physical}-${key}`,
          map: map.name,
          hostname,
          certificates: [certificate.id],
        },
        { parent: this },
      );
    }
    return map.name;
  }
}
