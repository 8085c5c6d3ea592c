/** The way by which Vault reaches a database that it has no way of its own to: a shared Auth Proxy that lets Vault alone in. */
import type { VaultConfig } from "@bulkhead/config";
import * as pulumi from "@pulumi/pulumi";
import { SharedAuthProxy, type SharedAuthProxyArgs } from "../auth-proxy/shared.ts";
import type { FoundationOutputs } from "../layers/outputs.ts";
import type { VaultHost } from "./database.ts";
import { clusterPlace } from "./place.ts";

export interface VaultProxyArgs {
  readonly config: VaultConfig;
  readonly foundation: FoundationOutputs;
  /** Region of the GKE cluster that it runs in: `vaultProxyRegion`. */
  readonly region: string;
  /** A sealed namespace of that cluster. */
  readonly namespace: pulumi.Input<string>;
  /** Name of Deployment, Service and service account. */
  readonly app: string;
  /** Name from which the Google service account id is derived; unique in the project. */
  readonly account: string;
  /** Name of the private address that a Vault outside is given; unique in project and region. */
  readonly addressName: string;
  readonly image: string;
  /** What `proxyInstance` made of the instance. */
  readonly instance: pulumi.Input<string>;
  /** Default: as SharedAuthProxy. */
  readonly replicas?: { readonly min: number; readonly max: number };
  readonly connections?: number;
}

/** Region whose cluster holds the proxy: Vault's own, as its pods reach no other's Services; for a Vault outside, the database's. */
export function vaultProxyRegion(config: VaultConfig, foundation: FoundationOutputs, database: string): string {
  const home = clusterPlace(config);
  return home ? (home.region ?? foundation.gatewayRegion) : database;
}

export function vaultProxy(name: string, args: VaultProxyArgs, opts: pulumi.ComponentResourceOptions): VaultHost {
  const { config, foundation, region } = args;
  const home = clusterPlace(config);
  const who: Pick<SharedAuthProxyArgs, "callers" | "internal"> = home
    ? { callers: { vault: { namespace: home.namespace, podLabels: home.labels } } }
    : {
        callers: {},
        internal: {
          region,
          addressName: args.addressName,
          subnetwork: `projects/${foundation.project}/regions/${region}/subnetworks/bulkhead-${region}`,
          ranges: Object.values(config.ranges),
        },
      };
  const proxy = new SharedAuthProxy(
    name,
    {
      project: foundation.project,
      workloadPool: foundation.workloadPool,
      namespace: args.namespace,
      app: args.app,
      account: args.account,
      image: args.image,
      instance: args.instance,
      ...who,
      ...(args.replicas ? { replicas: args.replicas } : {}),
      ...(args.connections === undefined ? {} : { connections: args.connections }),
    },
    opts,
  );
  return { address: pulumi.interpolate`${proxy.host}:5432`, sslMode: "disable" };
}
