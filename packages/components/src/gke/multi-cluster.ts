/** Services and gateways that span the clusters of several regions. */
import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";

export interface MultiClusterArgs {
  /** Google Cloud project id: the fleet's. Changing it replaces everything. */
  readonly project: string;
  /** Membership of the cluster that holds the gateways' objects, `projects/…/memberships/…`. A change moves them over, with an interruption. */
  readonly configMembership: pulumi.Input<string>;
}

/** The fleet's features for them, and what their controllers need. Give the clusters as `dependsOn`: the pool of identities comes with the first. */
export class MultiCluster extends pulumi.ComponentResource {
  constructor(name: string, args: MultiClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:gke:MultiCluster", name, {}, opts);
    const { project } = args;
    const controller = new gcp.projects.ServiceIdentity(
      `${name}-multiclusteringress`,
      { project, service: "multiclusteringress.googleapis.com" },
      { parent: this },
    );
    const grants = [
      // Reads and writes the gateways' objects in the config cluster. Google offers no lesser role.
      new gcp.projects.IAMMember(
        `${name}-gateway-controller`,
        { project, role: "roles/container.admin", member: controller.member },
        { parent: this },
      ),
      // The importer of services, a pod in each cluster.
      new gcp.projects.IAMMember(
        `${name}-service-importer`,
        {
          project,
          role: "roles/compute.networkViewer",
          member: `serviceAccount:${project}.svc.id.goog[gke-mcs/gke-mcs-importer]`,
        },
        { parent: this },
      ),
    ];
    const services = new gcp.gkehub.Feature(
      `${name}-services`,
      { project, location: "global", name: "multiclusterservicediscovery" },
      { parent: this, dependsOn: grants },
    );
    new gcp.gkehub.Feature(
      `${name}-gateways`,
      {
        project,
        location: "global",
        name: "multiclusteringress",
        spec: { multiclusteringress: { configMembership: args.configMembership } },
      },
      { parent: this, dependsOn: [...grants, services] },
    );
    this.registerOutputs({});
  }
}
