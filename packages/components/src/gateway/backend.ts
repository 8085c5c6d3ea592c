/** What stands between a gateway and a Service: health checks, limits, time-outs. */
import type { Tier } from "@bulkhead/config";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { labelsOf } from "../pods/labels.ts";
import { ADMIN_PORT } from "../postgrest/settings.ts";
import { BACKEND_POLICY, type BackendRef, HEALTH_CHECK_POLICY, object, refOf, SERVICE_EXPORT } from "./objects.ts";

export interface BackendSettings {
  /** Longest that a request may take, in seconds. */
  readonly timeoutSec: number;
  /** Seconds that open requests of an ending pod have to finish. */
  readonly drainSec: number;
  /** Share of requests that are logged, 0 to 1. */
  readonly logSampleRate: number;
}

export interface GatewayBackendArgs {
  /** Namespace of the Service; over several clusters it is of that name in the gateway's cluster too. */
  readonly namespace: pulumi.Input<string>;
  /** Name of the Service. */
  readonly service: pulumi.Input<string>;
  readonly settings: BackendSettings;
  /** Name of the Cloud Armor policy. Default: none, for gateways on private addresses. */
  readonly securityPolicy?: pulumi.Input<string>;
  /** Clusters from which the Service is exported to the fleet, by region. Default: it is in the gateway's own cluster. */
  readonly exporters?: Readonly<Record<string, k8s.Provider>>;
}

export class GatewayBackend extends pulumi.ComponentResource {
  /** For the routes. */
  readonly ref: BackendRef;

  constructor(name: string, args: GatewayBackendArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:gateway:GatewayBackend", name, {}, opts);
    const { drainSec, logSampleRate, timeoutSec } = args.settings;
    const metadata = { name: args.service, namespace: args.namespace };
    const parent = { parent: this };
    this.ref = { service: args.service, multiCluster: args.exporters !== undefined };
    const targetRef = refOf(this.ref);
    object(
      `${name}-health`,
      HEALTH_CHECK_POLICY,
      metadata,
      {
        default: {
          checkIntervalSec: 10,
          timeoutSec: 5,
          healthyThreshold: 1,
          unhealthyThreshold: 3,
          logConfig: { enabled: true },
          config: {
            type: "HTTP",
            // Past the Service, whose port is the API's: whether a pod can serve is said at its admin port alone.
            httpHealthCheck: { portSpecification: "USE_FIXED_PORT", port: ADMIN_PORT, requestPath: "/ready" },
          },
        },
        targetRef,
      },
      parent,
    );
    object(
      `${name}-policy`,
      BACKEND_POLICY,
      metadata,
      {
        default: {
          ...(args.securityPolicy === undefined ? {} : { securityPolicy: args.securityPolicy }),
          timeoutSec,
          connectionDraining: { drainingTimeoutSec: drainSec },
          logging: { enabled: logSampleRate > 0, sampleRate: Math.round(logSampleRate * 1_000_000) },
        },
        targetRef,
      },
      parent,
    );
    for (const [region, provider] of Object.entries(args.exporters ?? {}))
      object(`${name}-export-${region}`, SERVICE_EXPORT, metadata, {}, { ...parent, provider });
    this.registerOutputs({});
  }
}

/**
 * One more Service of a workload's pods. What is limited is a Service: those of a workload that serves tenants of several tiers have one
 * each, and which of them a tenant's host leads to is not the client's to say.
 */
export function furtherService(
  logicalName: string,
  args: { readonly namespace: pulumi.Input<string>; readonly name: string; readonly workload: string },
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Service {
  return new k8s.core.v1.Service(
    logicalName,
    {
      metadata: { name: args.name, namespace: args.namespace, labels: labelsOf(args.workload, "postgrest") },
      spec: {
        type: "ClusterIP",
        selector: { app: args.workload },
        ports: [{ name: "http", port: 80, targetPort: "http" }],
      },
    },
    opts,
  );
}

/** Name of the Service by which tenants of a tier reach a workload that serves several tiers. */
export function tierServiceName(workload: string, tier: Tier): string {
  return `${workload}-${tier}`;
}
