/** The one way in from the internet: a global load balancer with a certificate, Cloud Armor, and routes that others attach. */
import { type EdgeConfig, TIERS, type Tier } from "@bulkhead/config";
import * as gcp from "@pulumi/gcp";
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type DnsRecord, EdgeCertificate } from "./certificate.ts";
import { GATEWAY, GATEWAY_POLICY, HTTP_ROUTE, object, PUBLIC_LABEL } from "./objects.ts";
import { dnsRecords } from "./records.ts";
import { edgeSecurityPolicy } from "./security-policy.ts";

export interface PublicGatewayArgs {
  /** Google Cloud project id. Changing it replaces everything. */
  readonly project: string;
  /** Namespace that holds the gateway's own objects, in its cluster. */
  readonly namespace: k8s.core.v1.Namespace;
  readonly edge: EdgeConfig;
  /** Routes lead to Services of all clusters of the fleet, the nearest first, instead of the gateway's own. Changing it replaces the load balancer. */
  readonly multiCluster: boolean;
}

/** Name of the gateway, its address, its certificate map and so on. */
const NAME = "bulkhead-public";

export class PublicGateway extends pulumi.ComponentResource {
  /** For routes. */
  readonly name = NAME;
  readonly address: pulumi.Output<string>;
  /** Name of each tier's Cloud Armor policy. */
  readonly securityPolicies: Readonly<Record<Tier, pulumi.Output<string>>>;
  /** What has to stand in DNS; it is set already where a zone is given. */
  readonly records: pulumi.Output<readonly DnsRecord[]>;

  constructor(name: string, args: PublicGatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:gateway:PublicGateway", name, {}, opts);
    const { edge, project } = args;
    const parent = { parent: this };
    const address = new gcp.compute.GlobalAddress(
      name,
      { project, name: NAME, addressType: "EXTERNAL", ipVersion: "IPV4" },
      // Whoever calls the API has its name in their DNS, or its address in their firewall.
      { ...parent, protect: edge.deletionProtection },
    );
    const certificate = new EdgeCertificate(name, { project, name: NAME, domain: edge.domain }, parent);
    this.securityPolicies = Object.fromEntries(
      TIERS.map((tier) => {
        const policy = edgeSecurityPolicy(
          `${name}-${tier}`,
          {
            project,
            name: `bulkhead-edge-${tier}`,
            description: `Requests of tenants of tier ${tier}`,
            limit: edge.rateLimits[tier],
            edge,
          },
          parent,
        );
        return [tier, policy.name];
      }),
    ) as Record<Tier, pulumi.Output<string>>;
    this.#gateway(name, args, address, certificate);
    this.address = address.address;
    this.records = pulumi
      .all([certificate.record, this.address])
      .apply(([record, ip]) => [
        record,
        { name: `${edge.domain}.`, type: "A", data: ip },
        { name: `*.${edge.domain}.`, type: "A", data: ip },
      ]);
    if (edge.dnsZone !== undefined)
      dnsRecords(
        name,
        { project, zone: edge.dnsZone, keys: ["authorization", "apex", "wildcard"] },
        this.records,
        parent,
      );
    this.registerOutputs({ address: this.address, securityPolicies: this.securityPolicies, records: this.records });
  }

  #gateway(
    name: string,
    args: PublicGatewayArgs,
    address: gcp.compute.GlobalAddress,
    certificate: EdgeCertificate,
  ): void {
    const { minTlsVersion } = args.edge;
    const tls = new gcp.compute.SSLPolicy(
      name,
      {
        project: args.project,
        name: NAME,
        minTlsVersion,
        profile: minTlsVersion === "TLS_1_3" ? "RESTRICTED" : "MODERN",
      },
      { parent: this },
    );
    const kinds = [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute" }];
    const namespace = args.namespace.metadata.name;
    const gateway = object(
      name,
      GATEWAY,
      { name: NAME, namespace, annotations: { "networking.gke.io/certmap": certificate.name } },
      {
        gatewayClassName: args.multiCluster ? "gke-l7-global-external-managed-mc" : "gke-l7-global-external-managed",
        addresses: [{ type: "NamedAddress", value: address.name }],
        listeners: [
          {
            name: "http",
            protocol: "HTTP",
            port: 80,
            // Nobody but the redirect below.
            allowedRoutes: { kinds, namespaces: { from: "Same" } },
          },
          {
            name: "https",
            protocol: "HTTPS",
            port: 443,
            allowedRoutes: { kinds, namespaces: { from: "Selector", selector: { matchLabels: PUBLIC_LABEL } } },
          },
        ],
      },
      { parent: this },
    );
    const below = { parent: this, dependsOn: [gateway] };
    const target = { group: "gateway.networking.k8s.io", kind: "Gateway", name: NAME };
    object(
      `${name}-tls`,
      GATEWAY_POLICY,
      { name: NAME, namespace },
      { default: { sslPolicy: tls.name }, targetRef: target },
      below,
    );
    object(
      `${name}-redirect`,
      HTTP_ROUTE,
      { name: "redirect-to-https", namespace },
      {
        parentRefs: [{ ...target, sectionName: "http" }],
        rules: [{ filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } }] }],
      },
      below,
    );
  }
}
