/**
 * The adapter that answers Kubernetes' custom metrics from Cloud Monitoring, so that autoscalers can go by what Managed Prometheus has
 * collected. One per Kubernetes cluster. After Google's `adapter_new_resource_model.yaml`, without external metrics, sealed and restricted.
 */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Identity } from "../identity/workload-identity.ts";
import { networkPath } from "../network-policies/path.ts";
import { labelsOf } from "./labels.ts";
import { resources } from "./resources.ts";
import { restrictedContainer, restrictedPod } from "./security.ts";

/** Name of the adapter and of its service account, in every cluster. */
export const METRICS_ADAPTER = "custom-metrics-stackdriver-adapter";
/** Role on the project that its identity needs. */
export const METRICS_ADAPTER_ROLE = "roles/monitoring.viewer";

export interface MetricsAdapterArgs {
  /** A sealed namespace of its own (`SealedNamespace`). */
  readonly namespace: pulumi.Input<string>;
  readonly image: string;
  /** Its Kubernetes service account, bound to a Google one with `METRICS_ADAPTER_ROLE`. */
  readonly identity: Identity;
}

/** Not below 1024: it is not root. */
const PORT = 8443;
const PRIVATE_RANGES = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"];

export class MetricsAdapter extends pulumi.ComponentResource {
  constructor(name: string, args: MetricsAdapterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:monitoring:MetricsAdapter", name, {}, opts);
    const labels = labelsOf(METRICS_ADAPTER, "metrics-adapter");
    const { namespace } = args;
    const paths = this.#paths(name, args);
    const rights = this.#rights(name, args);
    const deployment = new k8s.apps.v1.Deployment(
      name,
      {
        metadata: { name: METRICS_ADAPTER, namespace, labels },
        spec: {
          // One: autoscalers keep their size while it is away.
          replicas: 1,
          revisionHistoryLimit: 2,
          selector: { matchLabels: { app: METRICS_ADAPTER } },
          template: { metadata: { labels }, spec: pod(args) },
        },
      },
      { parent: this, dependsOn: [...paths, ...rights] },
    );
    const service = new k8s.core.v1.Service(
      name,
      {
        metadata: { name: METRICS_ADAPTER, namespace, labels },
        spec: {
          type: "ClusterIP",
          selector: { app: METRICS_ADAPTER },
          ports: [{ name: "https", port: 443, targetPort: PORT }],
        },
      },
      { parent: this },
    );
    for (const [version, versionPriority] of [
      ["v1beta1", 100],
      ["v1beta2", 200],
    ] as const) {
      new k8s.apiregistration.v1.APIService(
        `${name}-${version}`,
        {
          metadata: { name: `${version}.custom.metrics.k8s.io`, labels },
          spec: {
            group: "custom.metrics.k8s.io",
            version,
            groupPriorityMinimum: 100,
            versionPriority,
            service: { name: service.metadata.name, namespace },
            // It signs its own certificate at each start. What it answers are numbers, and only the API server calls it.
            insecureSkipTLSVerify: true,
          },
        },
        { parent: this, dependsOn: deployment },
      );
    }
    this.registerOutputs({});
  }

  /** Called by the API server through its tunnel's agents (or from nodes), it calls the API server back to ask who asks. */
  #paths(name: string, { namespace }: MetricsAdapterArgs): pulumi.Resource[] {
    const apps = [METRICS_ADAPTER];
    const agents = { namespace: "kube-system", podLabels: { "k8s-app": "konnectivity-agent" } };
    return [
      networkPath(
        `${name}-allow-api-server-in`,
        {
          namespace,
          name: "allow-api-server-in",
          path: { direction: "in", apps, peers: [agents, { ranges: PRIVATE_RANGES }], ports: [PORT] },
        },
        { parent: this },
      ),
      networkPath(
        `${name}-allow-api-server-out`,
        {
          namespace,
          name: "allow-api-server-out",
          path: { direction: "out", apps, peers: [{ ranges: PRIVATE_RANGES }], ports: [443] },
        },
        { parent: this },
      ),
    ];
  }

  /** May see pods (to find their metrics) and ask the API server who calls. */
  #rights(name: string, args: MetricsAdapterArgs): pulumi.Resource[] {
    const subjects = [{ kind: "ServiceAccount", name: args.identity.serviceAccountName, namespace: args.namespace }];
    const role = (kind: string, roleName: pulumi.Input<string>) => ({
      apiGroup: "rbac.authorization.k8s.io",
      kind,
      name: roleName,
    });
    const reader = new k8s.rbac.v1.ClusterRole(
      name,
      {
        metadata: { name: "bulkhead-custom-metrics-reader" },
        rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }],
      },
      { parent: this },
    );
    return [
      new k8s.rbac.v1.ClusterRoleBinding(
        `${name}-reader`,
        {
          metadata: { name: "bulkhead-custom-metrics-reader" },
          roleRef: role("ClusterRole", reader.metadata.name),
          subjects,
        },
        { parent: this },
      ),
      new k8s.rbac.v1.ClusterRoleBinding(
        `${name}-delegator`,
        {
          metadata: { name: "bulkhead-custom-metrics-delegator" },
          roleRef: role("ClusterRole", "system:auth-delegator"),
          subjects,
        },
        { parent: this },
      ),
      new k8s.rbac.v1.RoleBinding(
        `${name}-authentication`,
        {
          metadata: { name: "bulkhead-custom-metrics-authentication", namespace: "kube-system" },
          roleRef: role("Role", "extension-apiserver-authentication-reader"),
          subjects,
        },
        { parent: this },
      ),
    ];
  }
}

function pod(args: MetricsAdapterArgs): k8s.types.input.core.v1.PodSpec {
  return {
    serviceAccountName: args.identity.serviceAccountName,
    // The one workload of the platform that talks to the API server.
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    securityContext: restrictedPod(args.identity.databaseUser, METRICS_ADAPTER),
    containers: [
      {
        name: "adapter",
        image: args.image,
        command: ["/adapter"],
        args: [
          "--use-new-resource-model=true",
          "--fallback-for-container-metrics=true",
          `--secure-port=${PORT}`,
          "--cert-dir=/var/run/adapter",
        ],
        ports: [{ name: "https", containerPort: PORT }],
        readinessProbe: { httpGet: { path: "/readyz", port: PORT, scheme: "HTTPS" }, periodSeconds: 10 },
        livenessProbe: {
          httpGet: { path: "/livez", port: PORT, scheme: "HTTPS" },
          periodSeconds: 30,
          timeoutSeconds: 5,
        },
        resources: resources("250m", "512Mi"),
        securityContext: restrictedContainer,
        volumeMounts: [{ name: "certificates", mountPath: "/var/run/adapter" }],
      },
    ],
    volumes: [{ name: "certificates", emptyDir: { sizeLimit: "1Mi" } }],
  };
}
