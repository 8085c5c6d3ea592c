/** Google's own accounts in a project: what its services use keys as. */
import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";

export interface ServiceAgentsArgs {
  /** Google Cloud project id. Its services must be enabled before: give them as `dependsOn`. Changing it replaces everything. */
  readonly project: string;
}

/** Services that encrypt with a customer's key. */
export type Agent = "alloydb" | "artifactregistry" | "compute" | "container" | "logging" | "secretmanager";

/** Agents that come to be with the first use of their service, which is too late for a grant. The others come with the service. */
const ASKED_FOR = ["alloydb", "artifactregistry", "secretmanager"];

/** Makes the agents that are not there yet, and finds the names of all. */
export class ServiceAgents extends pulumi.ComponentResource {
  readonly projectNumber: pulumi.Output<string>;
  /** As IAM names them: `serviceAccount:…`. */
  readonly members: Readonly<Record<Agent, pulumi.Output<string>>>;

  constructor(name: string, args: ServiceAgentsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:encryption:ServiceAgents", name, {}, opts);
    const { project } = args;
    const identities = ASKED_FOR.map(
      (service) =>
        new gcp.projects.ServiceIdentity(
          `${name}-${service}`,
          { project, service: `${service}.googleapis.com` },
          { parent: this },
        ),
    );
    // Looked up after the agents, and so after their services: the first preview, of a project that has neither, does without.
    const after = { parent: this, dependsOn: identities };
    this.projectNumber = gcp.organizations.getProjectOutput({ projectId: project }, after).number;
    // What encrypts log buckets has a name that only the service tells; asking for it also makes it.
    const logging = gcp.logging.getProjectCmekSettingsOutput({ project }, after).serviceAccountId;
    const agent = (domain: string) =>
      pulumi.interpolate`serviceAccount:service-${this.projectNumber}@${domain}.iam.gserviceaccount.com`;
    this.members = {
      alloydb: agent("gcp-sa-alloydb"),
      artifactregistry: agent("gcp-sa-artifactregistry"),
      compute: agent("compute-system"),
      container: agent("container-engine-robot"),
      logging: pulumi.interpolate`serviceAccount:${logging}`,
      secretmanager: agent("gcp-sa-secretmanager"),
    };
    this.registerOutputs({ projectNumber: this.projectNumber, members: this.members });
  }
}
