/** The pod of a PostgREST tier: PostgREST, and the Auth Proxy as its sidecar. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { authProxySidecar } from "../auth-proxy/sidecar.ts";
import { resources } from "../pods/resources.ts";
import { restrictedContainer, restrictedPod } from "../pods/security.ts";
import { spread } from "../pods/spread.ts";
import { ADMIN_PORT, API_PORT, KEYS_PATH } from "./settings.ts";
import type { PostgrestTierArgs } from "./tier.ts";

/** Names of the ConfigMaps that the pod reads. */
export interface PodConfig {
  readonly settings: pulumi.Input<string>;
  readonly keys: pulumi.Input<string>;
}

export function postgrestPod(args: PostgrestTierArgs, config: PodConfig): k8s.types.input.core.v1.PodSpec {
  return {
    serviceAccountName: args.identity.serviceAccountName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: restrictedPod(args.identity.databaseUser, args.tier),
    // Longer than the pause before PostgREST ends and what the proxy then waits for connections to close.
    terminationGracePeriodSeconds: 60,
    topologySpreadConstraints: spread(args.tier, args.scale.replicas.min),
    initContainers: [
      authProxySidecar({
        image: args.images.authProxy,
        instance: args.instance,
        ...(args.replica === undefined ? {} : { replica: args.replica }),
      }),
    ],
    containers: [
      {
        name: "postgrest",
        image: args.images.postgrest,
        envFrom: [{ configMapRef: { name: config.settings } }],
        ports: [
          { name: "http", containerPort: API_PORT },
          { name: "admin", containerPort: ADMIN_PORT },
        ],
        // Up, and no more: whether the schema cache is loaded is readiness, and a database that is away restarts nobody.
        startupProbe: { httpGet: { path: "/live", port: "admin" }, periodSeconds: 1, failureThreshold: 60 },
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
    volumes: [{ name: "keys", configMap: { name: config.keys } }],
  };
}
