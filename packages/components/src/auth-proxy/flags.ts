/** What every Auth Proxy of the platform is told, as sidecar and as a Deployment of its own. */
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { DatabaseAccess } from "../layers/outputs.ts";

/** Port of the proxy's health checks and metrics. */
export const HEALTH_PORT = 9090;

/** An instance as the proxy is told of it: where clusters are reached by endpoints of their own (PSC), it has to know. */
export function proxyInstance(instance: pulumi.Input<string>, access: DatabaseAccess): pulumi.Input<string> {
  return access.kind === "psc" ? pulumi.interpolate`${instance}?psc=true` : instance;
}

/**
 * One listener of the proxy.
 * @param instance - `projects/…/instances/…`, or what `proxyInstance` made of it
 * @param iam - log in as the proxy's own identity; otherwise the client's password is passed through
 */
export function listener(
  instance: pulumi.Input<string>,
  { port, iam }: { readonly port: number; readonly iam: boolean },
): pulumi.Output<string> {
  return pulumi
    .output(instance)
    .apply((uri) => `${uri}${uri.includes("?") ? "&" : "?"}port=${port}${iam ? "&auto-iam-authn=true" : ""}`);
}

/** Logs, health checks, metrics, and an end that waits for open connections. */
export const COMMON_FLAGS: readonly string[] = [
  "--structured-logs",
  "--health-check",
  "--prometheus",
  // Kubelet and collectors ask from outside the pod's loopback. The address of the database listeners is another flag.
  "--http-address=0.0.0.0",
  `--http-port=${HEALTH_PORT}`,
  "--max-sigterm-delay=30s",
  "--exit-zero-sigterm",
];

/** Probes of the proxy's container. */
export const PROXY_PROBES = {
  startupProbe: {
    httpGet: { path: "/startup", port: HEALTH_PORT },
    periodSeconds: 1,
    failureThreshold: 60,
    timeoutSeconds: 5,
  },
  livenessProbe: { httpGet: { path: "/liveness", port: HEALTH_PORT }, periodSeconds: 30, timeoutSeconds: 10 },
} satisfies Pick<k8s.types.input.core.v1.Container, "startupProbe" | "livenessProbe">;
