/** Custom metrics in every GKE cluster where a cell runs, so that autoscalers can go by what Managed Prometheus has collected. */
import {
  type DatabaseOutputs,
  type FoundationOutputs,
  METRICS_ADAPTER,
  METRICS_ADAPTER_ROLE,
  MetricsAdapter,
  SealedNamespace,
  SiteIdentity,
  WorkloadIdentity,
} from "@bulkhead/components";
import type { ServicesConfig } from "@bulkhead/config";
import * as k8s from "@pulumi/kubernetes";

export interface MetricsArgs {
  readonly environment: string;
  readonly foundation: FoundationOutputs;
  readonly database: DatabaseOutputs;
  readonly config: ServicesConfig;
}

/** As in Google's own manifest: an adapter that was put there by hand is noticed, instead of two answering for one API. */
const NAMESPACE = "custom-metrics";

export function metricsAdapters(args: MetricsArgs): void {
  if (args.config.customMetrics !== "deploy") return;
  const { database, environment, foundation } = args;
  const identity = new WorkloadIdentity("metrics-adapter", {
    project: foundation.project,
    workloadPool: foundation.workloadPool,
    namespace: NAMESPACE,
    serviceAccount: METRICS_ADAPTER,
    account: `bh-${environment}-metrics`,
    description: "Reads metrics for the autoscalers",
    databaseRoles: [],
    projectRoles: [METRICS_ADAPTER_ROLE],
    runsHere: false,
  });
  const sites = Object.values(database.cells).flatMap((cell) => Object.values(cell.sites));
  const regions = new Set(sites.filter(({ role }) => role !== "fenced").map(({ region }) => region));
  for (const region of [...regions].sort()) {
    const { kubeconfig, nodeRange } = foundation.regions[region]!;
    const provider = new k8s.Provider(`gke-metrics-${region}`, { kubeconfig, enableServerSideApply: true });
    const sealed = new SealedNamespace(
      `metrics-${region}`,
      { name: NAMESPACE, ranges: { nodes: nodeRange } },
      { providers: [provider] },
    );
    const here = new SiteIdentity(
      `metrics-adapter-${region}`,
      { identity, namespace: NAMESPACE, serviceAccount: METRICS_ADAPTER, databaseRoles: [] },
      { providers: [provider], dependsOn: [sealed] },
    );
    new MetricsAdapter(
      `metrics-adapter-${region}`,
      { namespace: sealed.namespace, image: args.config.images.metricsAdapter, identity: here },
      { providers: [provider], dependsOn: [sealed, here] },
    );
  }
}
