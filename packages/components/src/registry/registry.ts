/** Where the platform's images lie: its own, and copies of others', so that nodes pull nothing from the internet. */
import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";

export interface ImageRegistryArgs {
  /** Google Cloud project id. Changing it replaces the repositories. */
  readonly project: string;
  /** Region of the images. Changing it replaces the repositories: push the images again. */
  readonly region: string;
  /** Customer-managed key of that region, `projects/…/cryptoKeys/…`. Changing it replaces the repositories. Default: Google's own. */
  readonly kmsKey?: pulumi.Input<string>;
  /**
   * Registries that are mirrored, by name of the mirror: `https://registry-1.docker.io` and the like. What is pulled from
   * `<url of the mirror>/<image>` is fetched there once and kept. Changing an address replaces the mirror. Default: none.
   */
  readonly mirrors?: Readonly<Record<string, string>>;
  /** Refuse to delete the platform's own images; mirrors fetch theirs again. Default: true. */
  readonly protect?: boolean;
}

/** A repository of container images whose tags stay what they are, and pull-through mirrors. */
export class ImageRegistry extends pulumi.ComponentResource {
  /** `<region>-docker.pkg.dev/<project>/<repository>`: what the platform's own images begin with. */
  readonly url: pulumi.Output<string>;
  /** The same of each mirror. */
  readonly mirrors: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: ImageRegistryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:registry:ImageRegistry", name, {}, opts);
    const { project, region } = args;
    const common = {
      project,
      location: region,
      format: "DOCKER",
      ...(args.kmsKey !== undefined && { kmsKeyName: args.kmsKey }),
    };
    const url = (repository: gcp.artifactregistry.Repository) =>
      pulumi.interpolate`${region}-docker.pkg.dev/${project}/${repository.repositoryId}`;
    this.url = url(
      new gcp.artifactregistry.Repository(
        name,
        {
          ...common,
          repositoryId: name,
          description: "The platform's images",
          dockerConfig: { immutableTags: true },
          // What has a tag may be running somewhere: only what lost to no tag at all goes, and never the latest.
          cleanupPolicies: [
            { id: "keep-latest", action: "KEEP", mostRecentVersions: { keepCount: 20 } },
            {
              id: "delete-untagged",
              action: "DELETE",
              condition: { tagState: "UNTAGGED", olderThan: `${90 * 24 * 3600}s` },
            },
          ],
          cleanupPolicyDryRun: false,
        },
        { parent: this, protect: args.protect ?? true },
      ),
    );
    this.mirrors = Object.fromEntries(
      Object.entries(args.mirrors ?? {}).map(([mirror, uri]) => [
        mirror,
        url(
          new gcp.artifactregistry.Repository(
            `${name}-${mirror}`,
            {
              ...common,
              repositoryId: `${name}-${mirror}`,
              description: `Images of ${uri}, fetched at their first pull`,
              mode: "REMOTE_REPOSITORY",
              remoteRepositoryConfig: { commonRepository: { uri } },
            },
            { parent: this },
          ),
        ),
      ]),
    );
    this.registerOutputs({ url: this.url, mirrors: this.mirrors });
  }
}
