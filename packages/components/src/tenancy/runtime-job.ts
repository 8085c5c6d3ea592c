/** A Job that runs the runtime image once for one content: another manifest, image or argument is another Job. */
import { shortHash } from "@bulkhead/config";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { authProxySidecar, IAM_PORT, PASSWORD_PORT } from "../auth-proxy/sidecar.ts";
import type { Identity } from "../identity/workload-identity.ts";
import { labelsOf } from "../pods/labels.ts";
import { restrictedContainer, restrictedPod } from "../pods/security.ts";

export interface RuntimeJobArgs {
  readonly namespace: pulumi.Input<string>;
  /** First part of the Job's name; the hash of what it does follows. */
  readonly job: string;
  readonly images: { readonly runtime: string; readonly authProxy: string };
  readonly identity: Identity;
  /** AlloyDB instance, `projects/…/instances/…`. */
  readonly instance: pulumi.Input<string>;
  /** Arguments of `bulkhead`. */
  readonly args: readonly string[];
  /** ConfigMaps of the manifest, and the hash of its content. */
  readonly manifest?: { readonly configMaps: readonly pulumi.Input<string>[]; readonly hash: string };
  /** The Job makes logins with passwords of its own (the isolation proof). */
  readonly passwordLogins?: boolean;
  /** Seconds after which the Job has failed. Default: 3600. */
  readonly deadlineSeconds?: number;
}

export const MANIFEST_PATH = "/etc/bulkhead/manifest";

/** Bad input, and isolation not proven: trying again changes neither. */
const FINAL_EXIT_CODES = [2, 3];

/** Creates the Job. Pulumi waits for its end, and fails with it. */
export function runtimeJob(name: string, args: RuntimeJobArgs, opts: pulumi.CustomResourceOptions): k8s.batch.v1.Job {
  const hash = shortHash(JSON.stringify([args.manifest?.hash, args.images.runtime, args.args]));
  const labels = labelsOf(args.job, "rollout");
  return new k8s.batch.v1.Job(
    name,
    {
      metadata: {
        name: `${args.job}-${hash}`,
        namespace: args.namespace,
        labels,
        // A Job that failed is made anew at the next update; Pulumi would otherwise keep waiting for the failed one.
        annotations: { "pulumi.com/replaceUnready": "true" },
      },
      spec: {
        backoffLimit: 2,
        activeDeadlineSeconds: args.deadlineSeconds ?? 3600,
        podFailurePolicy: {
          rules: [
            { action: "FailJob", onExitCodes: { containerName: "runtime", operator: "In", values: FINAL_EXIT_CODES } },
          ],
        },
        template: {
          metadata: { labels },
          spec: {
            restartPolicy: "Never",
            serviceAccountName: args.identity.serviceAccountName,
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            securityContext: restrictedPod(args.job),
            initContainers: [
              authProxySidecar(
                { image: args.images.authProxy, instance: args.instance, passwordLogins: args.passwordLogins ?? false },
                pulumi.interpolate,
              ),
            ],
            containers: [
              {
                name: "runtime",
                image: args.images.runtime,
                command: ["bulkhead"],
                args: [...args.args, ...(args.manifest ? ["--manifest", MANIFEST_PATH] : [])],
                env: [
                  { name: "PGHOST", value: "127.0.0.1" },
                  { name: "PGPORT", value: String(IAM_PORT) },
                  { name: "PGUSER", value: args.identity.databaseUser },
                  ...(args.passwordLogins
                    ? [{ name: "BULKHEAD_LOGIN_ADDRESS", value: `127.0.0.1:${PASSWORD_PORT}` }]
                    : []),
                ],
                resources: { requests: { cpu: "250m", memory: "256Mi" }, limits: { memory: "512Mi" } },
                securityContext: restrictedContainer,
                volumeMounts: args.manifest ? [{ name: "manifest", mountPath: MANIFEST_PATH, readOnly: true }] : [],
              },
            ],
            volumes: args.manifest
              ? [
                  {
                    name: "manifest",
                    projected: {
                      sources: args.manifest.configMaps.map((configMap) => ({ configMap: { name: configMap } })),
                    },
                  },
                ]
              : [],
          },
        },
      },
    },
    opts,
  );
}
