/** The VPC that everything lives in: private subnets, an exit for updates, and the range that AlloyDB is reached by. */
import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { privateGoogleApis } from "./google-apis.ts";

export interface NetworkArgs {
  /** Google Cloud project id. Changing it replaces everything. */
  readonly project: string;
  /** Subnet of each region, by region. Changing a range replaces that subnet. */
  readonly regions: Readonly<Record<string, SubnetRanges>>;
  /** Range for private service access, by which AlloyDB is reached. Changing it replaces the reservation. */
  readonly databaseRange: string;
}

/** IPv4 ranges in CIDR notation. */
export interface SubnetRanges {
  readonly nodes: string;
  readonly pods: string;
  readonly services: string;
}

/** Names of the secondary ranges, the same in every region. */
export const POD_RANGE = "pods";
export const SERVICE_RANGE = "services";

/** A custom-mode VPC with a subnet per region, Cloud NAT, private addresses of Google's APIs, and private service access. */
export class Network extends pulumi.ComponentResource {
  /** `projects/…/global/networks/…`, as AlloyDB and GKE want it. */
  readonly id: pulumi.Output<string>;
  readonly name: pulumi.Output<string>;
  /** Name of the range reserved for private service access. AlloyDB needs the connection to stand; it is made in a later layer. */
  readonly databaseRangeName: pulumi.Output<string>;
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
    privateGoogleApis(name, args.project, vpc.id, { parent: this });
    this.databaseRangeName = this.#privateServiceAccess(name, args, vpc);
    this.id = vpc.id;
    this.name = vpc.name;
    this.registerOutputs({
      id: this.id,
      name: this.name,
      databaseRangeName: this.databaseRangeName,
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
        logConfig: { aggregationInterval: "INTERVAL_5_MIN", flowSampling: 0.5, metadata: "INCLUDE_ALL_METADATA" },
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
