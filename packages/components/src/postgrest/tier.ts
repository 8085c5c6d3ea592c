/** A PostgREST tier: one login, one set of roles it may become, as many replicas as the load wants. */
import { PLATFORM_DATABASE, shortHash, sortKeys, type TierConfig } from "@bulkhead/config";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { authProxySidecar, IAM_PORT } from "../auth-proxy/sidecar.ts";
import type { Identity } from "../identity/workload-identity.ts";
import { labelsOf } from "../pods/labels.ts";
import { resources } from "../pods/resources.ts";
import { restrictedContainer, restrictedPod } from "../pods/security.ts";

export interface PostgrestTierArgs {
  readonly namespace: pulumi.Input<string>;
  /** Name of Deployment, Service and autoscaler. Changing it replaces them. */
  readonly tier: string;
  readonly images: { readonly postgrest: string; readonly authProxy: string };
  readonly identity: Identity;
  /** Role of which the login is a member, whose roles requests run as. */
  readonly authenticator: string;
  /** AlloyDB instance, `projects/…/instances/…`. */
  readonly instance: pulumi.Input<string>;
  /** Database to serve. Default: the platform's. */
  readonly database?: string;
  /** Whom requests without a token run as; none: they are refused. */
  readonly anonymousRole?: string;
  readonly scale: TierConfig;
  readonly tokens: { readonly audience: string; readonly jwks: object };
  /** Most rows of one response. Default: 1000. */
  readonly maxRows?: number;
}

const API_PORT = 3000;
const ADMIN_PORT = 3001;
const KEYS_PATH = "/etc/postgrest/keys";

export class PostgrestTier extends pulumi.ComponentResource {
  /** Name of the Service, in the tier's namespace; port `http`. */
  readonly service: pulumi.Output<string>;

  constructor(name: string, args: PostgrestTierArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:postgrest:PostgrestTier", name, {}, opts);
    const labels = labelsOf(args.tier, "postgrest");
    const settings = this.#configMap(name, "settings", args, environment(args));
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
    this.#autoscaling(name, args, labels, deployment);
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
          selector: { matchLabels: { app: args.tier } },
          strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
          template: {
            metadata: { labels },
            spec: {
              serviceAccountName: args.identity.serviceAccountName,
              automountServiceAccountToken: false,
              enableServiceLinks: false,
              securityContext: restrictedPod(args.identity.databaseUser, args.tier),
              // Longer than the pause before PostgREST ends and what the proxy then waits for connections to close.
              terminationGracePeriodSeconds: 60,
              topologySpreadConstraints: [
                {
                  maxSkew: 1,
                  topologyKey: "topology.kubernetes.io/zone",
                  whenUnsatisfiable: "ScheduleAnyway",
                  labelSelector: { matchLabels: { app: args.tier } },
                },
              ],
              initContainers: [authProxySidecar({ image: args.images.authProxy, instance: args.instance })],
              containers: [
                {
                  name: "postgrest",
                  image: args.images.postgrest,
                  envFrom: [{ configMapRef: { name: settings.metadata.name } }],
                  ports: [
                    { name: "http", containerPort: API_PORT },
                    { name: "admin", containerPort: ADMIN_PORT },
                  ],
                  readinessProbe: {
                    httpGet: { path: "/ready", port: "admin" },
                    periodSeconds: 5,
                    timeoutSeconds: 5,
                    failureThreshold: 12,
                  },
                  livenessProbe: { httpGet: { path: "/live", port: "admin" }, periodSeconds: 10, timeoutSeconds: 5 },
                  // PostgREST ends at once when told to, while load balancers still send: it is told when they have heard of it.
                  // The kubelet's own sleep, as the image has no shell.
                  lifecycle: { preStop: { sleep: { seconds: 15 } } },
                  resources: resources("150m", "384Mi"),
                  securityContext: restrictedContainer,
                  volumeMounts: [{ name: "keys", mountPath: KEYS_PATH, readOnly: true }],
                },
              ],
              volumes: [{ name: "keys", configMap: { name: keys.metadata.name } }],
            },
          },
        },
      },
      { parent: this, ignoreChanges: ["spec.replicas"] },
    );
  }

  #autoscaling(
    name: string,
    args: PostgrestTierArgs,
    labels: Record<string, string>,
    deployment: k8s.apps.v1.Deployment,
  ): void {
    const metadata = { name: args.tier, namespace: args.namespace, labels };
    new k8s.autoscaling.v2.HorizontalPodAutoscaler(
      name,
      {
        metadata,
        spec: {
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: deployment.metadata.name },
          minReplicas: args.scale.replicas.min,
          maxReplicas: args.scale.replicas.max,
          metrics: [
            {
              // Of PostgREST alone: how a sidecar's request counts in a pod's has changed between versions of Kubernetes.
              type: "ContainerResource",
              containerResource: {
                container: "postgrest",
                name: "cpu",
                target: { type: "Utilization", averageUtilization: 70 },
              },
            },
          ],
        },
      },
      { parent: this },
    );
    new k8s.policy.v1.PodDisruptionBudget(
      name,
      {
        metadata,
        spec: {
          maxUnavailable: 1,
          // A pod that is not ready anyway may not keep a node from being drained.
          unhealthyPodEvictionPolicy: "AlwaysAllow",
          selector: { matchLabels: { app: args.tier } },
        },
      },
      { parent: this },
    );
  }
}

/** PostgREST's settings. No secret is among them: it logs in by identity, and verifies tokens with public keys. */
function environment(args: PostgrestTierArgs): Record<string, string> {
  return {
    PGHOST: "127.0.0.1",
    PGPORT: String(IAM_PORT),
    PGUSER: args.identity.databaseUser,
    PGDATABASE: args.database ?? PLATFORM_DATABASE,
    PGAPPNAME: `postgrest ${args.tier}`,
    // The session acts as the authenticator from its start: PostgREST looks up the settings of the current user and of the roles it may
    // become, and an IAM login's name (with its @ and dots) is more than PostgREST 12 takes there, and a member of no request role itself.
    PGOPTIONS: `-c role=${args.authenticator}`,
    // Everything about the connection comes from libpq's variables above.
    PGRST_DB_URI: "postgresql://",
    PGRST_DB_SCHEMAS: "health",
    PGRST_DB_PRE_CONFIG: "bulkhead.pre_config",
    PGRST_DB_PRE_REQUEST: "bulkhead.pre_request",
    ...(args.anonymousRole === undefined ? {} : { PGRST_DB_ANON_ROLE: args.anonymousRole }),
    PGRST_DB_POOL: String(args.scale.pool),
    PGRST_DB_MAX_ROWS: String(args.maxRows ?? 1000),
    PGRST_DB_EXTRA_SEARCH_PATH: "",
    PGRST_JWT_SECRET: `@${KEYS_PATH}/jwks.json`,
    PGRST_JWT_AUD: args.tokens.audience,
    PGRST_OPENAPI_MODE: "follow-privileges",
    PGRST_SERVER_PORT: String(API_PORT),
    PGRST_ADMIN_SERVER_PORT: String(ADMIN_PORT),
    PGRST_LOG_LEVEL: "warn",
  };
}
