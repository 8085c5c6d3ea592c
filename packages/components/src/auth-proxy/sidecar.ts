/** The AlloyDB Auth Proxy as a native sidecar: an encrypted, authenticated way to the database on the pod's own loopback. */
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { resources } from "../pods/resources.ts";
import { restrictedContainer } from "../pods/security.ts";

/** Port on the pod's loopback where the workload finds the database, logged in by its own identity. */
export const IAM_PORT = 5432;
/** Port where a login with a password is passed through: for the isolation proof, which makes logins of its own. */
export const PASSWORD_PORT = 5433;
const HEALTH_PORT = 9090;

export interface AuthProxySidecarArgs {
  readonly image: string;
  /** `projects/…/instances/…` */
  readonly instance: pulumi.Input<string>;
  /** Also pass logins with a password through, on `PASSWORD_PORT`. */
  readonly passwordLogins?: boolean;
}

/**
 * An init container that stays (`restartPolicy: Always`): it is up before the workload starts, and its end does not keep a Job
 * from completing.
 */
export function authProxySidecar(args: AuthProxySidecarArgs): k8s.types.input.core.v1.Container {
  const listeners = [pulumi.interpolate`${args.instance}?port=${IAM_PORT}&auto-iam-authn=true`];
  if (args.passwordLogins) listeners.push(pulumi.interpolate`${args.instance}?port=${PASSWORD_PORT}`);
  return {
    name: "auth-proxy",
    image: args.image,
    restartPolicy: "Always",
    args: [
      ...listeners,
      "--structured-logs",
      "--health-check",
      // The kubelet asks from outside the pod's loopback; the database listeners stay on it.
      "--http-address=0.0.0.0",
      `--http-port=${HEALTH_PORT}`,
      "--max-sigterm-delay=30s",
      "--exit-zero-sigterm",
    ],
    ports: [{ name: "proxy-health", containerPort: HEALTH_PORT }],
    startupProbe: {
      httpGet: { path: "/startup", port: HEALTH_PORT },
      periodSeconds: 1,
      failureThreshold: 60,
      timeoutSeconds: 5,
    },
    livenessProbe: { httpGet: { path: "/liveness", port: HEALTH_PORT }, periodSeconds: 30, timeoutSeconds: 10 },
    resources: resources("100m", "128Mi"),
    securityContext: restrictedContainer,
  };
}
