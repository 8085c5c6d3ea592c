/** The VPC that everything lives in: private subnets, a closed firewall with named ways through, and the range that AlloyDB is reached by. */
import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { type FirewallArgs, firewall } from "./firewall.ts";
import { restrictedGoogleApis } from "./google-apis.ts";

export interface NetworkArgs {
  /** Google Cloud project id. Changing it replaces everything. */
  readonly project: string;
  /** Subnet of each region, by region. Changing a range replaces that subnet. */
  readonly regions: Readonly<Record<string, SubnetRanges>>;
  /**
   * How AlloyDB is reached. `psa`: peered, from a reserved range. `psc`: by an endpoint per instance, in a subnet of this VPC.
   * Decided before the first cluster: AlloyDB moves none from one to the other. Default: psa.
   */
  readonly databaseAccess?: "psa" | "psc";
  /** Range in which AlloyDB's addresses lie: reserved (psa), or around every region's `endpoints` (psc). Changing it replaces the reservation. */
  readonly databaseRange: string;
  /** Whom nodes and pods may call beside Google and AlloyDB: TCP, by name (1 to 20 of a-z, 0-9 and -). Default: nobody. */
  readonly egress?: FirewallArgs["egress"];
}

/** IPv4 ranges in CIDR notation. */
export interface SubnetRanges {
  readonly nodes: string;
  readonly pods: string;
  readonly services: string;
  /** Of the GKE control plane, which lies outside the subnet. */
  readonly controlPlane: string;
  /** Of the proxies of regional and internal gateways. Default: none, and no such gateway. */
  readonly proxies?: string;
  /** Of AlloyDB's endpoints, within `databaseRange`. With `psc` only. */
  readonly endpoints?: string;
}

/** Names of the secondary ranges, the same in every region. */
export const POD_RANGE = "pods";
export const SERVICE_RANGE = "services";

/** Half of the flows, gathered over five minutes: what an investigation needs, at a tenth of the price. */
const FLOW_LOGS = { aggregationInterval: "INTERVAL_5_MIN", flowSampling: 0.5, metadata: "INCLUDE_ALL_METADATA" };

/** A custom-mode VPC: subnets per region, Cloud NAT, private addresses of Google's APIs, a way to AlloyDB, and all else denied. */
export class Network extends pulumi.ComponentResource {
  /** `projects/…/global/networks/…`, as AlloyDB and GKE want it. */
  readonly id: pulumi.Output<string>;
  readonly name: pulumi.Output<string>;
  /** With `psa`: name of the range reserved for private service access. AlloyDB needs the connection to stand; it is made in a later layer. */
  readonly databaseRangeName: pulumi.Output<string> | undefined;
  /** With `psc`: name of each region's subnet for endpoints. */
  readonly endpointSubnets: Readonly<Record<string, pulumi.Output<string>>>;
  /** Name of each region's subnet. */
  readonly subnets: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:network:Network", name, {}, opts);
    const vpc = new gcp.compute.Network(
      name,
      {
        project: args.project,
        name,
        autoCreateSubnetworks: false,
        routingMode: "GLOBAL",
        deleteDefaultRoutesOnCreate: false,
      },
      { parent: this },
    );
    this.subnets = Object.fromEntries(
      Object.entries(args.regions).map(([region, ranges]) => [
        region,
        this.#subnet(name, region, ranges, args.project, vpc),
      ]),
    );
    this.endpointSubnets = args.databaseAccess === "psc" ? this.#endpointSubnets(name, args, vpc) : {};
    this.#proxySubnets(name, args, vpc);
    const names = restrictedGoogleApis(name, args.project, vpc.id, { parent: this });
    this.databaseRangeName = args.databaseAccess === "psc" ? undefined : this.#privateServiceAccess(name, args, vpc);
    firewall(name, { ...args, egress: args.egress ?? {}, network: vpc.id }, names, { parent: this });
    this.id = vpc.id;
    this.name = vpc.name;
    this.registerOutputs({
      id: this.id,
      name: this.name,
      databaseRangeName: this.databaseRangeName,
      endpointSubnets: this.endpointSubnets,
      subnets: this.subnets,
    });
  }

  #subnet(
    name: string,
    region: string,
    ranges: SubnetRanges,
    project: string,
    vpc: gcp.compute.Network,
  ): pulumi.Output<string> {
    const subnet = new gcp.compute.Subnetwork(
      `${name}-${region}`,
      {
        project,
        name: `${name}-${region}`,
        region,
        network: vpc.id,
        ipCidrRange: ranges.nodes,
        privateIpGoogleAccess: true,
        secondaryIpRanges: [
          { rangeName: POD_RANGE, ipCidrRange: ranges.pods },
          { rangeName: SERVICE_RANGE, ipCidrRange: ranges.services },
        ],
        logConfig: FLOW_LOGS,
      },
      { parent: this },
    );
    const router = new gcp.compute.Router(
      `${name}-${region}`,
      { project, name: `${name}-${region}`, region, network: vpc.id },
      { parent: this },
    );
    new gcp.compute.RouterNat(
      `${name}-${region}`,
      {
        project,
        name: `${name}-${region}`,
        region,
        router: router.name,
        natIpAllocateOption: "AUTO_ONLY",
        sourceSubnetworkIpRangesToNat: "ALL_SUBNETWORKS_ALL_IP_RANGES",
        logConfig: { enable: true, filter: "ERRORS_ONLY" },
      },
      { parent: this },
    );
    return subnet.name;
  }

  /** Where Envoy runs on behalf of regional and internal gateways; one per region, whatever the number of gateways. */
  #proxySubnets(name: string, args: NetworkArgs, vpc: gcp.compute.Network): void {
    for (const [region, { proxies }] of Object.entries(args.regions))
      if (proxies)
        new gcp.compute.Subnetwork(
          `${name}-${region}-proxies`,
          {
            project: args.project,
            name: `${name}-${region}-proxies`,
            region,
            network: vpc.id,
            ipCidrRange: proxies,
            purpose: "REGIONAL_MANAGED_PROXY",
            role: "ACTIVE",
          },
          { parent: this },
        );
  }

  #endpointSubnets(name: string, args: NetworkArgs, vpc: gcp.compute.Network): Record<string, pulumi.Output<string>> {
    const subnet = (region: string, ipCidrRange: string) =>
      new gcp.compute.Subnetwork(
        `${name}-${region}-endpoints`,
        {
          project: args.project,
          name: `${name}-${region}-endpoints`,
          region,
          network: vpc.id,
          ipCidrRange,
          privateIpGoogleAccess: true,
          logConfig: FLOW_LOGS,
        },
        { parent: this },
      ).name;
    return Object.fromEntries(
      Object.entries(args.regions).flatMap(([region, { endpoints }]) =>
        endpoints ? [[region, subnet(region, endpoints)]] : [],
      ),
    );
  }

  #privateServiceAccess(name: string, args: NetworkArgs, vpc: gcp.compute.Network): pulumi.Output<string> {
    const [address = "", prefix = "20"] = args.databaseRange.split("/");
    const range = new gcp.compute.GlobalAddress(
      `${name}-databases`,
      {
        project: args.project,
        name: `${name}-databases`,
        purpose: "VPC_PEERING",
        addressType: "INTERNAL",
        address,
        prefixLength: Number(prefix),
        network: vpc.id,
      },
      { parent: this },
    );
    new gcp.servicenetworking.Connection(
      `${name}-databases`,
      // ABANDON: the API refuses to delete the peering for hours after the last AlloyDB instance is gone.
      {
        network: vpc.id,
        service: "servicenetworking.googleapis.com",
        reservedPeeringRanges: [range.name],
        deletionPolicy: "ABANDON",
      },
      { parent: this },
    );
    return range.name;
  }
}
