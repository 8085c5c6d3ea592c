/** The Google services that the platform uses, enabled before what uses them. */
import * as gcp from "@pulumi/gcp";

/** By what each is for. The key is for life. */
const SERVICES: Readonly<Record<string, string>> = {
  alloydb: "the databases",
  artifactregistry: "container images",
  binaryauthorization: "which images may run",
  certificatemanager: "certificates of the gateway",
  cloudkms: "customer-managed keys",
  cloudresourcemanager: "the project, and who may do what in it",
  compute: "network, nodes and load balancers",
  container: "Kubernetes",
  containersecurity: "the clusters' security posture",
  dns: "names within the network",
  gkehub: "the fleet",
  iam: "service accounts",
  iamcredentials: "workload identity",
  logging: "logs and audit",
  monitoring: "metrics and alerts",
  multiclusteringress: "the gateway over several clusters",
  multiclusterservicediscovery: "services over several clusters",
  secretmanager: "secrets",
  servicenetworking: "private service access",
  serviceusage: "the agents of services",
  storage: "the archive of audit logs",
  sts: "workload identity of pipelines",
  trafficdirector: "internal gateways",
};

/** Vertex AI, for embeddings and models called from SQL. */
const VERTEX_AI = { aiplatform: "models" };

/** Enables them. They stay on when the platform is deleted: others in the project may use them. */
export function enableServices(project: string, options: { readonly vertexAi: boolean }): gcp.projects.Service[] {
  return Object.keys({ ...SERVICES, ...(options.vertexAi && VERTEX_AI) }).map(
    (service) =>
      new gcp.projects.Service(service, { project, service: `${service}.googleapis.com`, disableOnDestroy: false }),
  );
}
