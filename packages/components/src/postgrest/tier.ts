/** A PostgREST tier: one login, one set of roles it may become, as many replicas as the load wants. */
import { shortHash, sortKeys, type TierConfig } from "@bulkhead/config";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { HEALTH_PORT } from "../auth-proxy/flags.ts";
import type { Identity } from "../identity/workload-identity.ts";
import { autoscaling } from "../pods/autoscaling.ts";
import { labelsOf } from "../pods/labels.ts";
import { podMonitoring } from "../pods/monitoring.ts";
import { postgrestPod } from "./pod.ts";
import { settingsOf } from "./settings.ts";

export interface PostgrestTierArgs {
  readonly namespace: pulumi.Input<string>;
  /** Name of Deployment, Service and autoscaler. Changing it replaces them. */
  readonly tier: string;
  readonly images: { readonly postgrest: string; readonly authProxy: string };
  readonly identity: Identity;
  /** Role of which the login is a member, whose roles requests run as. */
  readonly authenticator: string;
  /** AlloyDB's writing instance, `projects/…/instances/…`, or what `proxyInstance` made of it. */
  readonly instance: pulumi.Input<string>;
  /**
   * Instance that requests are served from: a read pool, or the secondary of the region. Requests can then only read; what the
   * database notifies of still comes from `instance`. Default: none, requests are served from `instance`.
   */
  readonly replica?: pulumi.Input<string>;
  /** Database to serve. Default: the platform's. */
  readonly database?: string;
  /** Whom requests without a token run as; none: they are refused. */
  readonly anonymousRole?: string;
  readonly scale: TierConfig;
  /** Also scale on requests that wait for a connection. The cluster must serve custom metrics (`MetricsAdapter`). Default: false. */
  readonly customMetrics?: boolean;
  readonly tokens: { readonly audience: string; readonly jwks: object };
  /** Most rows of one response. Default: 1000. */
  readonly maxRows?: number;
}

/** As the adapter for Cloud Monitoring names what Managed Prometheus has collected. */
const WAITING_REQUESTS = "prometheus.googleapis.com|pgrst_db_pool_waiting|gauge";

export class PostgrestTier extends pulumi.ComponentResource {
  /** Name of the Service, in the tier's namespace; port `http`. */
  readonly service: pulumi.Output<string>;

  constructor(name: string, args: PostgrestTierArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:postgrest:PostgrestTier", name, {}, opts);
    const labels = labelsOf(args.tier, "postgrest");
    const settings = this.#configMap(name, "settings", args, settingsOf(args));
    // In the order of the keys' names: what has passed through another layer's outputs comes in another order, and is the same.
    const keys = this.#configMap(name, "keys", args, { "jwks.json": JSON.stringify(sortKeys(args.tokens.jwks)) });
    const deployment = this.#deployment(name, args, labels, settings, keys);
    const service = new k8s.core.v1.Service(
      name,
      {
        metadata: { name: args.tier, namespace: args.namespace, labels },
        spec: {
          type: "ClusterIP",
          selector: { app: args.tier },
          ports: [{ name: "http", port: 80, targetPort: "http" }],
        },
      },
      { parent: this },
    );
    autoscaling(
      name,
      {
        namespace: args.namespace,
        app: args.tier,
        labels,
        deployment,
        replicas: args.scale.replicas,
        container: "postgrest",
        cpuPercent: args.scale.autoscaling.cpuPercent,
        memoryPercent: args.scale.autoscaling.memoryPercent,
        metrics: args.customMetrics ? [waiting(args.scale.autoscaling.waitingRequests)] : [],
      },
      { parent: this },
    );
    podMonitoring(
      name,
      { namespace: args.namespace, app: args.tier, labels, ports: ["admin", HEALTH_PORT] },
      { parent: this },
    );
    this.service = service.metadata.name;
    this.registerOutputs({ service: this.service });
  }

  /** A ConfigMap named after its content: changed content is a new name, and a new name rolls the pods. */
  #configMap(
    name: string,
    suffix: string,
    args: PostgrestTierArgs,
    data: Record<string, string>,
  ): k8s.core.v1.ConfigMap {
    return new k8s.core.v1.ConfigMap(
      `${name}-${suffix}`,
      {
        metadata: {
          name: `${args.tier}-${suffix}-${shortHash(JSON.stringify(data))}`,
          namespace: args.namespace,
          labels: labelsOf(args.tier, "postgrest"),
        },
        data,
        immutable: true,
      },
      { parent: this },
    );
  }

  #deployment(
    name: string,
    args: PostgrestTierArgs,
    labels: Record<string, string>,
    settings: k8s.core.v1.ConfigMap,
    keys: k8s.core.v1.ConfigMap,
  ): k8s.apps.v1.Deployment {
    return new k8s.apps.v1.Deployment(
      name,
      {
        metadata: { name: args.tier, namespace: args.namespace, labels },
        spec: {
          // The autoscaler owns the number from here on.
          replicas: args.scale.replicas.min,
          // A revision's ConfigMaps go when the next one stands, so there is nothing to roll back to by hand: the config is rolled back.
          revisionHistoryLimit: 2,
          progressDeadlineSeconds: 300,
          selector: { matchLabels: { app: args.tier } },
          strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
          template: {
            metadata: { labels },
            spec: postgrestPod(args, { settings: settings.metadata.name, keys: keys.metadata.name }),
          },
        },
      },
      { parent: this, ignoreChanges: ["spec.replicas"] },
    );
  }
}

/** Requests of a replica that wait for a connection: the pool is full while CPU and memory are idle. */
function waiting(perReplica: number): k8s.types.input.autoscaling.v2.MetricSpec {
  return {
    type: "Pods",
    pods: { metric: { name: WAITING_REQUESTS }, target: { type: "AverageValue", averageValue: String(perReplica) } },
  };
}
