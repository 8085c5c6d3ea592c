/** The right by which AlloyDB calls Vertex AI on behalf of SQL. */
import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";

export interface VertexAiAccessArgs {
  /** Google Cloud project id, with Vertex AI enabled. Changing it replaces the grant. */
  readonly project: string;
}

/** Grants AlloyDB's service agent the use of models in the project: the same agent for every cluster of it. */
export class VertexAiAccess extends pulumi.ComponentResource {
  constructor(name: string, args: VertexAiAccessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:alloydb:VertexAiAccess", name, {}, opts);
    const { project } = args;
    // Comes to be with the first use of the service, which is too late for a grant: so it is asked for.
    const agent = new gcp.projects.ServiceIdentity(
      name,
      { project, service: "alloydb.googleapis.com" },
      { parent: this },
    );
    new gcp.projects.IAMMember(
      name,
      { project, role: "roles/aiplatform.user", member: agent.member },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
