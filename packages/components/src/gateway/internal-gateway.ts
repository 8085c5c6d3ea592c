/** A gateway on a private address: how administrators reach the admin tier, and the only way to it. */
import * as gcp from "@pulumi/gcp";
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type DnsRecord, EdgeCertificate } from "./certificate.ts";
import { GATEWAY, GATEWAY_POLICY, object } from "./objects.ts";
import { dnsRecords } from "./records.ts";

export interface InternalGatewayArgs {
  readonly project: string;
  /** Region of the load balancer. Changing it replaces it. The region needs a proxy-only subnet. */
  readonly region: string;
  /** Subnet that the address is of. Changing it replaces the address. */
  readonly subnetwork: pulumi.Input<string>;
  readonly namespace: k8s.core.v1.Namespace;
  /** Namespaces whose routes may be attached. */
  readonly routesFrom: readonly string[];
  /** Domain of the certificate, which is for every host right below it. */
  readonly domain: string;
  /** Hosts that lead to the address, by a key for life. */
  readonly hosts: Readonly<Record<string, string>>;
  /** Private managed zone in which they are set. Default: none, see `records`. */
  readonly dnsZone?: string;
  readonly minTlsVersion: "TLS_1_2" | "TLS_1_3";
}

export class InternalGateway extends pulumi.ComponentResource {
  /** For routes. */
  readonly name: string;
  readonly address: pulumi.Output<string>;
  /** What has to stand in the private DNS; it is set already where a zone is given. */
  readonly records: pulumi.Output<readonly DnsRecord[]>;
  /** What has to stand in the public DNS, for the certificate. */
  readonly authorization: pulumi.Output<DnsRecord>;

  constructor(name: string, args: InternalGatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:gateway:InternalGateway", name, {}, opts);
    const { minTlsVersion, project, region } = args;
    const parent = { parent: this };
    this.name = `bulkhead-admin-${region}`;
    const address = new gcp.compute.Address(
      name,
      {
        project,
        region,
        name: this.name,
        addressType: "INTERNAL",
        subnetwork: args.subnetwork,
        purpose: "SHARED_LOADBALANCER_VIP",
      },
      parent,
    );
    const certificate = new EdgeCertificate(name, { project, region, name: this.name, domain: args.domain }, parent);
    const tls = new gcp.compute.RegionSslPolicy(
      name,
      {
        project,
        region,
        name: this.name,
        minTlsVersion,
        profile: minTlsVersion === "TLS_1_3" ? "RESTRICTED" : "MODERN",
      },
      parent,
    );
    const namespace = args.namespace.metadata.name;
    const gateway = object(
      name,
      GATEWAY,
      { name: this.name, namespace },
      {
        gatewayClassName: "gke-l7-rilb",
        addresses: [{ type: "NamedAddress", value: address.name }],
        // No HTTP at all: an administrator's token is sent in the clear by whoever is redirected.
        listeners: [
          {
            name: "https",
            protocol: "HTTPS",
            port: 443,
            tls: { mode: "Terminate", options: { "networking.gke.io/cert-manager-certs": certificate.name } },
            allowedRoutes: {
              kinds: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute" }],
              namespaces: {
                from: "Selector",
                selector: {
                  matchExpressions: [
                    { key: "kubernetes.io/metadata.name", operator: "In", values: [...args.routesFrom].sort() },
                  ],
                },
              },
            },
          },
        ],
      },
      parent,
    );
    object(
      `${name}-tls`,
      GATEWAY_POLICY,
      { name: this.name, namespace },
      {
        // Administrators are where they are: reached from every region of the VPC.
        default: { sslPolicy: tls.name, allowGlobalAccess: true },
        targetRef: { group: "gateway.networking.k8s.io", kind: "Gateway", name: this.name },
      },
      { parent: this, dependsOn: [gateway] },
    );
    this.address = address.address;
    this.authorization = certificate.record;
    const hosts = Object.entries(args.hosts);
    this.records = this.address.apply((ip) => hosts.map(([, host]) => ({ name: `${host}.`, type: "A", data: ip })));
    if (args.dnsZone !== undefined)
      dnsRecords(name, { project, zone: args.dnsZone, keys: hosts.map(([key]) => key) }, this.records, parent);
    this.registerOutputs({ address: this.address, records: this.records, authorization: this.authorization });
  }
}
