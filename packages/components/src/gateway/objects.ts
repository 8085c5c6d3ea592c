/** The Gateway API's objects, and GKE's policies for them, as far as the platform uses them. */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { PART_OF } from "../pods/labels.ts";

/** Namespaces that carry it may attach routes to the public gateway. */
export const PUBLIC_LABEL = { "bulkhead/edge": "public" } as const;
/** Namespace of the gateways themselves. */
export const EDGE_NAMESPACE = "bulkhead-edge";
/** Header by which a request asks for the nearest copy, which may be a little behind. Without it, it goes home. */
export const READS_NEAR = { "bulkhead-read": "near" } as const;
/** Port of every Service that the platform's PostgREST has. Their admin port is on none. */
const SERVICE_PORT = 80;

interface Metadata {
  readonly name: pulumi.Input<string>;
  readonly namespace: pulumi.Input<string>;
  readonly annotations?: Readonly<Record<string, pulumi.Input<string>>>;
}

/** What a route leads to and a policy is about: a Service of this cluster, or of all clusters of the fleet that export it. */
export interface BackendRef {
  readonly service: pulumi.Input<string>;
  readonly multiCluster: boolean;
}

export interface RouteRule {
  readonly backend: BackendRef;
  /** Headers that a request must have. Several of them: all. Default: any request. */
  readonly ifHeaders?: Readonly<Record<string, string>>;
  /** Headers that the request goes on with, whatever it came with. */
  readonly setHeaders?: Readonly<Record<string, string>>;
}

export interface RouteArgs {
  readonly metadata: Metadata;
  readonly gateway: { readonly name: string; readonly namespace: string };
  readonly hosts: readonly string[];
  /** The first that fits is taken if it asks for more headers than the others: the Gateway API goes by that, not by the order. */
  readonly rules: readonly RouteRule[];
}

/** Any object of the Gateway API or GKE. */
export function object(
  name: string,
  [apiVersion, kind]: readonly [string, string],
  metadata: Metadata,
  spec: Record<string, unknown>,
  opts: pulumi.CustomResourceOptions,
): k8s.apiextensions.CustomResource {
  return new k8s.apiextensions.CustomResource(
    name,
    {
      apiVersion,
      kind,
      metadata: { ...metadata, labels: { "app.kubernetes.io/part-of": PART_OF } },
      ...(Object.keys(spec).length > 0 ? { spec } : {}),
    },
    opts,
  );
}

export const GATEWAY = ["gateway.networking.k8s.io/v1", "Gateway"] as const;
export const HTTP_ROUTE = ["gateway.networking.k8s.io/v1", "HTTPRoute"] as const;
export const GATEWAY_POLICY = ["networking.gke.io/v1", "GCPGatewayPolicy"] as const;
export const BACKEND_POLICY = ["networking.gke.io/v1", "GCPBackendPolicy"] as const;
export const HEALTH_CHECK_POLICY = ["networking.gke.io/v1", "HealthCheckPolicy"] as const;
export const SERVICE_EXPORT = ["net.gke.io/v1", "ServiceExport"] as const;

/** Group, kind and name of a backend, as routes and policies refer to it. */
export function refOf({ service, multiCluster }: BackendRef): Record<string, pulumi.Input<string>> {
  return multiCluster
    ? { group: "net.gke.io", kind: "ServiceImport", name: service }
    : { group: "", kind: "Service", name: service };
}

/** A route of the gateway's HTTPS listener, in the namespace of what it leads to. */
export function httpsRoute(
  name: string,
  args: RouteArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.apiextensions.CustomResource {
  const headers = (map: Readonly<Record<string, string>>) =>
    Object.entries(map).map(([header, value]) => ({ name: header, value }));
  return object(
    name,
    HTTP_ROUTE,
    args.metadata,
    {
      parentRefs: [{ group: "gateway.networking.k8s.io", kind: "Gateway", ...args.gateway, sectionName: "https" }],
      hostnames: args.hosts,
      rules: args.rules.map(({ backend, ifHeaders, setHeaders }) => ({
        matches: [
          {
            path: { type: "PathPrefix", value: "/" },
            ...(ifHeaders && {
              headers: headers(ifHeaders).map((header) => ({ type: "Exact", ...header })),
            }),
          },
        ],
        ...(setHeaders && {
          filters: [{ type: "RequestHeaderModifier", requestHeaderModifier: { set: headers(setHeaders) } }],
        }),
        backendRefs: [{ ...refOf(backend), port: SERVICE_PORT, weight: 1 }],
      })),
    },
    opts,
  );
}
