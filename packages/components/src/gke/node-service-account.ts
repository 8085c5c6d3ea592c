/** What nodes are: an account that can write logs and metrics, pull the platform's images, and nothing else. */
import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";

export interface NodeServiceAccountArgs {
  /** Google Cloud project id. Changing it replaces the account. */
  readonly project: string;
  /** Region of the repositories. */
  readonly registryRegion: string;
  /** Repositories that nodes pull from, by a name for life: `<region>-docker.pkg.dev/<project>/<repository>`. */
  readonly repositories: Readonly<Record<string, pulumi.Input<string>>>;
}

/** One for every cluster: its roles are the project's, and say the same in each. Compute Engine's own is an editor of the project. */
export class NodeServiceAccount extends pulumi.ComponentResource {
  /** Known once the account may do what nodes need: a cluster that takes it waits for its roles. */
  readonly email: pulumi.Output<string>;

  constructor(name: string, args: NodeServiceAccountArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:gke:NodeServiceAccount", name, {}, opts);
    const { project } = args;
    const account = new gcp.serviceaccount.Account(
      name,
      { project, accountId: name, displayName: "Nodes of the GKE clusters" },
      { parent: this },
    );
    const member = pulumi.interpolate`serviceAccount:${account.email}`;
    const grants: pulumi.Resource[] = [
      new gcp.projects.IAMMember(
        `${name}-default`,
        { project, member, role: "roles/container.defaultNodeServiceAccount" },
        { parent: this },
      ),
      ...Object.entries(args.repositories).map(
        ([key, url]) =>
          new gcp.artifactregistry.RepositoryIamMember(
            `${name}-${key}`,
            {
              project,
              location: args.registryRegion,
              repository: pulumi.output(url).apply((text) => text.split("/").at(-1) ?? ""),
              member,
              role: "roles/artifactregistry.reader",
            },
            { parent: this },
          ),
      ),
    ];
    this.email = pulumi.output(grants.map(({ urn }) => urn)).apply(() => account.email);
    this.registerOutputs({ email: this.email });
  }
}
