/** The manifest as ConfigMaps: one per file, immutable, named after the content of the whole. */
import { type Manifest, writeManifest } from "@bulkhead/config";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { labelsOf } from "../pods/labels.ts";

export interface ManifestConfigMapsArgs {
  readonly namespace: pulumi.Input<string>;
  /** First part of the ConfigMaps' names. */
  readonly name: string;
  readonly manifest: Manifest;
  /** Region that holds the data: policies check the tenants' residency against it. */
  readonly region: string;
}

export class ManifestConfigMaps extends pulumi.ComponentResource {
  readonly configMaps: readonly pulumi.Output<string>[];
  readonly hash: string;

  constructor(name: string, args: ManifestConfigMapsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:tenancy:ManifestConfigMaps", name, {}, opts);
    const { hash, files } = writeManifest(args.manifest);
    this.hash = hash;
    this.configMaps = Object.entries(files).map(([file, content]) => {
      const part = file.replace(/\.json$/, "");
      return new k8s.core.v1.ConfigMap(
        `${name}-${part}`,
        {
          metadata: {
            name: `${args.name}-${part}-${hash}`,
            namespace: args.namespace,
            labels: labelsOf(args.name, "manifest"),
            annotations: { "bulkhead.dev/region": args.region, "bulkhead.dev/cell": args.manifest.cell },
          },
          data: { [file]: content },
          immutable: true,
        },
        { parent: this },
      ).metadata.name;
    });
    this.registerOutputs({ hash });
  }
}
