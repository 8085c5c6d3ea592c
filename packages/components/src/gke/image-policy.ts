/** Which images may run in the project's clusters (Binary Authorization). */
import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";

export interface ImagePolicyArgs {
  /** Google Cloud project id: it has one policy. */
  readonly project: string;
  /** dryRun lets every image in and writes a line to the audit log. */
  readonly mode: "enforce" | "dryRun";
  /** Repositories whose images may run, whatever their names: `<region>-docker.pkg.dev/<project>/<repository>`. */
  readonly repositories: Readonly<Record<string, pulumi.Input<string>>>;
  /** Others: a name and a pattern each, such as `gcr.io/alloydb-connectors/alloydb-auth-proxy*`. */
  readonly allow: Readonly<Record<string, string>>;
}

/** Refuses every image but those of known origins and GKE's own. Deleting it lets every image in again. */
export class ImagePolicy extends pulumi.ComponentResource {
  constructor(name: string, args: ImagePolicyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:gke:ImagePolicy", name, {}, opts);
    const repositories = Object.values(args.repositories).map((url) => pulumi.interpolate`${url}/**`);
    new gcp.binaryauthorization.Policy(
      name,
      {
        project: args.project,
        description: "Images of the platform's registry, its mirrors, and origins that the stack's config names",
        // What GKE itself runs in its namespaces.
        globalPolicyEvaluationMode: "ENABLE",
        defaultAdmissionRule: {
          evaluationMode: "ALWAYS_DENY",
          enforcementMode: args.mode === "enforce" ? "ENFORCED_BLOCK_AND_AUDIT_LOG" : "DRYRUN_AUDIT_LOG_ONLY",
        },
        admissionWhitelistPatterns: [...repositories, ...Object.values(args.allow)].map((namePattern) => ({
          namePattern,
        })),
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
