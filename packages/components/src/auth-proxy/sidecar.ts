/** The AlloyDB Auth Proxy as a native sidecar: an encrypted, authenticated way to the database on the pod's own loopback. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { resources } from "../pods/resources.ts";
import { restrictedContainer } from "../pods/security.ts";
import { COMMON_FLAGS, HEALTH_PORT, listener, PROXY_PROBES } from "./flags.ts";

/** Port on the pod's loopback where the workload finds the database, logged in by its own identity. */
export const IAM_PORT = 5432;
/** Port where a login with a password is passed through: for the isolation proof, which makes logins of its own. */
export const PASSWORD_PORT = 5433;
/** Port where the workload finds the replica it reads from, logged in by its own identity. */
export const REPLICA_PORT = 5434;

export interface AuthProxySidecarArgs {
  readonly image: string;
  /** `projects/…/instances/…`, or what `proxyInstance` made of it. */
  readonly instance: pulumi.Input<string>;
  /** Also pass logins with a password through, on `PASSWORD_PORT`. Default: false. */
  readonly passwordLogins?: boolean;
  /** A read pool or secondary that is reached too, on `REPLICA_PORT`. Default: none. */
  readonly replica?: pulumi.Input<string>;
}

/**
 * An init container that stays (`restartPolicy: Always`): it is up before the workload starts, and its end does not keep a Job
 * from completing.
 */
export function authProxySidecar(args: AuthProxySidecarArgs): k8s.types.input.core.v1.Container {
  const listeners = [listener(args.instance, { port: IAM_PORT, iam: true })];
  if (args.passwordLogins) listeners.push(listener(args.instance, { port: PASSWORD_PORT, iam: false }));
  if (args.replica !== undefined) listeners.push(listener(args.replica, { port: REPLICA_PORT, iam: true }));
  return {
    name: "auth-proxy",
    image: args.image,
    restartPolicy: "Always",
    args: [...listeners, ...COMMON_FLAGS],
    ports: [{ name: "proxy-health", containerPort: HEALTH_PORT }],
    ...PROXY_PROBES,
    resources: resources("100m", "128Mi"),
    securityContext: restrictedContainer,
  };
}
