/**
 * The Auth Proxy as a service of its own, for clients that cannot have it as a sidecar. It authenticates no client: it passes their
 * passwords through, logs in as nobody itself, and a network policy says who may call.
 */
import * as gcp from "@pulumi/gcp";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { PASS_THROUGH_ROLES, WorkloadIdentity } from "../identity/workload-identity.ts";
import { networkPath, type Peer } from "../network-policies/path.ts";
import { autoscaling } from "../pods/autoscaling.ts";
import { labelsOf } from "../pods/labels.ts";
import { podMonitoring } from "../pods/monitoring.ts";
import { resources } from "../pods/resources.ts";
import { restrictedContainer, restrictedPod } from "../pods/security.ts";
import { spread } from "../pods/spread.ts";
import { COMMON_FLAGS, HEALTH_PORT, listener, PROXY_PROBES } from "./flags.ts";

export interface SharedAuthProxyArgs {
  readonly project: string;
  /** Pool of Workload Identity, `<project>.svc.id.goog`. */
  readonly workloadPool: string;
  /** A sealed namespace (`SealedNamespace`): its default deny is what the callers are let through. Changing it replaces all. */
  readonly namespace: pulumi.Input<string>;
  /** Name of Deployment, Service, service account and policy. Changing it replaces them. */
  readonly app: string;
  /** Name from which the Google service account id is derived; unique in the project. */
  readonly account: string;
  readonly image: string;
  /** `projects/…/instances/…`, or what `proxyInstance` made of it. */
  readonly instance: pulumi.Input<string>;
  /** Who may call, by a name for each. Where a caller's own namespace is sealed, it needs a path out as well (`proxyPath`). */
  readonly callers: Readonly<Record<string, ProxyCaller>>;
  /** Lets callers in from outside of the cluster, at a private address. Default: the cluster's pods alone. */
  readonly internal?: InternalExposure;
  /** Default: 2 to 5. */
  readonly replicas?: { readonly min: number; readonly max: number };
  /** Connections that one replica takes; more are refused. `replicas.max` times this must fit under max_connections. Default: 20. */
  readonly connections?: number;
}

export interface ProxyCaller {
  /** Name of the caller's namespace. */
  readonly namespace: string;
  /** Labels of the caller's pods; at least one. */
  readonly podLabels: Readonly<Record<string, string>>;
}

/** A private address of the VPC, by an internal passthrough load balancer; never a public one. */
export interface InternalExposure {
  readonly region: string;
  /** Name of the reserved address, unique in project and region. Changing it replaces the address. */
  readonly addressName: string;
  /** Subnet of the nodes, `projects/…/regions/…/subnetworks/…`. Changing it replaces the address. */
  readonly subnetwork: pulumi.Input<string>;
  /** Who may call, in CIDR notation: firewall and network policy let in nothing else. At least one. */
  readonly ranges: readonly string[];
}

const PORT = 5432;

export class SharedAuthProxy extends pulumi.ComponentResource {
  /** Name of the Service, port 5432. */
  readonly service: pulumi.Output<string>;
  /** `<service>.<namespace>.svc.cluster.local`; with `internal`, the private address. */
  readonly host: pulumi.Output<string>;

  constructor(name: string, args: SharedAuthProxyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:database:SharedAuthProxy", name, {}, opts);
    const labels = labelsOf(args.app, "auth-proxy");
    const identity = new WorkloadIdentity(
      name,
      {
        project: args.project,
        workloadPool: args.workloadPool,
        namespace: args.namespace,
        serviceAccount: args.app,
        account: args.account,
        description: `Auth Proxy ${args.app}: reaches the database, logs in as nobody`,
        databaseRoles: [],
        projectRoles: PASS_THROUGH_ROLES,
      },
      { parent: this },
    );
    // Before the pods: from their first moment none but the callers reach them.
    const callers = networkPath(
      name,
      {
        namespace: args.namespace,
        name: `allow-${args.app}-callers`,
        path: { direction: "in", apps: [args.app], peers: peersOf(args), ports: [PORT] },
      },
      { parent: this },
    );
    const deployment = this.#deployment(name, args, labels, identity, callers);
    const address = args.internal && this.#address(name, args.project, args.internal);
    const service = new k8s.core.v1.Service(
      name,
      {
        metadata: {
          name: args.app,
          namespace: args.namespace,
          labels,
          ...(address ? { annotations: INTERNAL } : {}),
        },
        spec: {
          ...(args.internal && address ? exposed(args.internal, address) : { type: "ClusterIP" }),
          selector: { app: args.app },
          ports: [{ name: "postgres", port: PORT, targetPort: PORT }],
        },
      },
      // A load balancer takes no connection that the policy is not yet there to judge.
      { parent: this, dependsOn: address ? [callers] : [] },
    );
    autoscaling(
      name,
      {
        namespace: args.namespace,
        app: args.app,
        labels,
        deployment,
        replicas: replicasOf(args),
        container: "auth-proxy",
        cpuPercent: 60,
        memoryPercent: 80,
      },
      { parent: this },
    );
    podMonitoring(name, { namespace: args.namespace, app: args.app, labels, ports: [HEALTH_PORT] }, { parent: this });
    this.service = service.metadata.name;
    const inCluster = pulumi.interpolate`${this.service}.${args.namespace}.svc.cluster.local`;
    // By way of the Service, so that whoever takes the host waits for what answers there.
    this.host = address ? pulumi.all([address, this.service]).apply(([reserved]) => reserved) : inCluster;
    this.registerOutputs({ service: this.service, host: this.host });
  }

  /** Reserved, so that whoever calls it from outside may be told it for good. */
  #address(name: string, project: string, internal: InternalExposure): pulumi.Output<string> {
    const { addressName, region, subnetwork } = internal;
    return new gcp.compute.Address(
      name,
      {
        ...{ project, region, subnetwork, name: addressName },
        addressType: "INTERNAL",
        // The one purpose with which GKE keeps the address when it makes the load balancer anew.
        purpose: "SHARED_LOADBALANCER_VIP",
      },
      { parent: this },
    ).address;
  }

  #deployment(
    name: string,
    args: SharedAuthProxyArgs,
    labels: Record<string, string>,
    identity: WorkloadIdentity,
    callers: pulumi.Resource,
  ): k8s.apps.v1.Deployment {
    const replicas = replicasOf(args);
    return new k8s.apps.v1.Deployment(
      name,
      {
        metadata: { name: args.app, namespace: args.namespace, labels },
        spec: {
          replicas: replicas.min,
          revisionHistoryLimit: 2,
          progressDeadlineSeconds: 300,
          selector: { matchLabels: { app: args.app } },
          strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
          template: {
            metadata: { labels },
            spec: {
              serviceAccountName: identity.serviceAccountName,
              automountServiceAccountToken: false,
              enableServiceLinks: false,
              securityContext: restrictedPod(identity.databaseUser, args.app),
              // Longer than the pause before the proxy is told to end and what it then waits for connections to close.
              terminationGracePeriodSeconds: 60,
              topologySpreadConstraints: spread(args.app, replicas.min),
              containers: [container(args)],
            },
          },
        },
      },
      { parent: this, dependsOn: [identity, callers], ignoreChanges: ["spec.replicas"] },
    );
  }
}

/** The way out of a sealed namespace to a shared proxy, for `SealedNamespace` or `networkPath` on the caller's side. */
export function proxyPath(apps: readonly string[], proxy: { readonly namespace: string; readonly app: string }) {
  return {
    direction: "out" as const,
    apps,
    peers: [{ namespace: proxy.namespace, podLabels: { app: proxy.app } }],
    ports: [PORT],
  };
}

const INTERNAL = {
  "networking.gke.io/load-balancer-type": "Internal",
  // From whatever region of the VPC the caller's tunnel ends in.
  "networking.gke.io/internal-load-balancer-allow-global-access": "true",
};

function exposed(internal: InternalExposure, address: pulumi.Input<string>): k8s.types.input.core.v1.ServiceSpec {
  return {
    type: "LoadBalancer",
    loadBalancerIP: address,
    // GKE makes a firewall rule of these.
    loadBalancerSourceRanges: [...internal.ranges],
    // Keeps the caller's address, by which the policy judges it: with Cluster a node's would stand in its place.
    externalTrafficPolicy: "Local",
  };
}

function peersOf({ callers, internal }: SharedAuthProxyArgs): Peer[] {
  return [...Object.values(callers), ...(internal ? [{ ranges: internal.ranges }] : [])];
}

function replicasOf(args: SharedAuthProxyArgs): { readonly min: number; readonly max: number } {
  return args.replicas ?? { min: 2, max: 5 };
}

function container(args: SharedAuthProxyArgs): k8s.types.input.core.v1.Container {
  return {
    name: "auth-proxy",
    image: args.image,
    args: [
      // Never with automatic IAM login: whoever reaches the port would be logged in as the proxy.
      listener(args.instance, { port: PORT, iam: false }),
      "--address=0.0.0.0",
      `--max-connections=${args.connections ?? 20}`,
      ...COMMON_FLAGS,
    ],
    ports: [
      { name: "postgres", containerPort: PORT },
      { name: "health", containerPort: HEALTH_PORT },
    ],
    ...PROXY_PROBES,
    // Not ready while it can reach no instance, or has no connection left.
    readinessProbe: {
      httpGet: { path: "/readiness", port: HEALTH_PORT },
      periodSeconds: 10,
      timeoutSeconds: 10,
      failureThreshold: 3,
    },
    // The kubelet's own sleep: endpoints forget the pod before the proxy takes no more connections.
    lifecycle: { preStop: { sleep: { seconds: 15 } } },
    resources: resources("250m", "512Mi"),
    securityContext: restrictedContainer,
  };
}
