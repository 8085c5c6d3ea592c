/** The consumer's end of Private Service Connect: an address of the VPC behind which one AlloyDB instance stands. */
import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";

export interface PrivateServiceConnectEndpointArgs {
  /** Google Cloud project id. Changing it replaces the endpoint. */
  readonly project: string;
  /** Region of the instance. Changing it replaces the endpoint. */
  readonly region: string;
  /** `projects/…/global/networks/…`. Changing it replaces the endpoint. */
  readonly network: pulumi.Input<string>;
  /** Subnet of that region in which the address lies: `databaseAccess.subnetworks[region]` of the foundation. Changing it replaces the endpoint. */
  readonly subnetwork: pulumi.Input<string>;
  /** `pscInstanceConfig.serviceAttachmentLink` of the instance; a new instance has a new one. Changing it replaces the rule, not the address. */
  readonly serviceAttachment: pulumi.Input<string>;
  /** `pscInstanceConfig.pscDnsName` of the instance: by it the Auth Proxy (with `--psc`) asks for the address. Changing it replaces the zone. */
  readonly dnsName: pulumi.Input<string>;
}

/** An internal address, the forwarding rule from it to the instance's service attachment, and the name by which it is found. */
export class PrivateServiceConnectEndpoint extends pulumi.ComponentResource {
  /** The internal address, in the foundation's `databaseRange`. */
  readonly address: pulumi.Output<string>;

  /** @param name - names every resource too: at most 63 of a-z, 0-9 and -, the same as the instance's best */
  constructor(name: string, args: PrivateServiceConnectEndpointArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:network:PrivateServiceConnectEndpoint", name, {}, opts);
    const { project, region } = args;
    const address = new gcp.compute.Address(
      name,
      { project, region, name, addressType: "INTERNAL", subnetwork: args.subnetwork },
      { parent: this },
    );
    new gcp.compute.ForwardingRule(
      name,
      {
        project,
        region,
        name,
        network: args.network,
        ipAddress: address.selfLink,
        target: args.serviceAttachment,
        // Neither internal nor external: what an endpoint is asked for by.
        loadBalancingScheme: "",
        // Workloads write home from other regions too.
        allowPscGlobalAccess: true,
        // An instance that was made anew closes the connection for good.
        recreateClosedPsc: true,
      },
      // An endpoint cannot be led elsewhere, and the address can hold one at a time.
      { parent: this, replaceOnChanges: ["target"], deleteBeforeReplace: true },
    );
    // The API hands the name out without and with its last dot.
    const dnsName = pulumi.output(args.dnsName).apply((host) => (host.endsWith(".") ? host : `${host}.`));
    const zone = new gcp.dns.ManagedZone(
      name,
      {
        project,
        name,
        dnsName,
        description: "AlloyDB by Private Service Connect",
        visibility: "private",
        privateVisibilityConfig: { networks: [{ networkUrl: args.network }] },
      },
      { parent: this },
    );
    new gcp.dns.RecordSet(
      name,
      { project, managedZone: zone.name, name: dnsName, type: "A", ttl: 300, rrdatas: [address.address] },
      { parent: this },
    );
    this.address = address.address;
    this.registerOutputs({ address: this.address });
  }
}
