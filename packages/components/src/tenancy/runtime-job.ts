/** A Job that runs the runtime image once for one content: another manifest, image or argument is another Job. */
import { shortHash } from "@bulkhead/config";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { authProxySidecar, IAM_PORT, PASSWORD_PORT } from "../auth-proxy/sidecar.ts";
import type { Identity } from "../identity/workload-identity.ts";
import { labelsOf } from "../pods/labels.ts";
import { resources } from "../pods/resources.ts";
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
  /** Makes this another Job than the same one before; see TenantRollout. */
  readonly attempt?: string;
  /** The Job makes logins with passwords of its own (the isolation proof). */
  readonly passwordLogins?: boolean;
  /** What more the runtime's container is told, and volumes that it reads. */
  readonly environment?: Readonly<Record<string, pulumi.Input<string>>>;
  readonly volumes?: Readonly<Record<string, RuntimeVolume>>;
  /** Seconds after which the Job has failed. Default: 3600. */
  readonly deadlineSeconds?: number;
}

/** A volume of projected files, and where the container finds it. */
export interface RuntimeVolume {
  readonly mountPath: string;
  readonly sources: pulumi.Input<k8s.types.input.core.v1.VolumeProjection>[];
}

export const MANIFEST_PATH = "/etc/bulkhead/manifest";

/** Bad input, and isolation not proven: trying again changes neither. */
const FINAL_EXIT_CODES = [2, 3];
const DEADLINE_SECONDS = 3600;
/** Pulumi waits a little longer than the Job may take, so that the Job's own failure is what is reported. */
const GRACE_SECONDS = 120;

/** Creates the Job. Pulumi waits for its end, and fails with it. */
export function runtimeJob(name: string, args: RuntimeJobArgs, opts: pulumi.CustomResourceOptions): k8s.batch.v1.Job {
  const labels = labelsOf(args.job, "rollout");
  const deadline = args.deadlineSeconds ?? DEADLINE_SECONDS;
  const spec = jobSpec(args, labels, deadline);
  // The whole of the spec, because a Job's template cannot change: under an unchanged name it would be deleted before the next one is made.
  const hash = pulumi.output([spec, args.manifest?.hash]).apply((content) => shortHash(JSON.stringify(content)));
  return new k8s.batch.v1.Job(
    name,
    {
      metadata: {
        name: pulumi.interpolate`${args.job}-${hash}`,
        namespace: args.namespace,
        labels,
        // A Job that failed is made anew at the next update; Pulumi would otherwise keep waiting for the failed one.
        annotations: { "pulumi.com/replaceUnready": "true" },
      },
      spec,
    },
    // Left out, Pulumi gives up after ten minutes and leaves the Job running.
    { customTimeouts: { create: `${deadline + GRACE_SECONDS}s`, update: `${deadline + GRACE_SECONDS}s` }, ...opts },
  );
}

function jobSpec(
  args: RuntimeJobArgs,
  labels: Record<string, string>,
  activeDeadlineSeconds: number,
): k8s.types.input.batch.v1.JobSpec {
  return {
    backoffLimit: 2,
    activeDeadlineSeconds,
    podFailurePolicy: {
      rules: [
        { action: "FailJob", onExitCodes: { containerName: "runtime", operator: "In", values: FINAL_EXIT_CODES } },
        // A node that is drained is no failure of the Job's: a run takes up what another left.
        { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
      ],
    },
    template: {
      metadata: {
        labels,
        ...(args.attempt === undefined ? {} : { annotations: { "bulkhead.dev/attempt": args.attempt } }),
      },
      spec: {
        // What a pod failure policy asks for.
        restartPolicy: "Never",
        serviceAccountName: args.identity.serviceAccountName,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: restrictedPod(args.identity.databaseUser, args.job),
        initContainers: [
          authProxySidecar({
            image: args.images.authProxy,
            instance: args.instance,
            passwordLogins: args.passwordLogins ?? false,
          }),
        ],
        containers: [runtimeContainer(args)],
        volumes: Object.entries(volumesOf(args)).map(([name, { sources }]) => ({ name, projected: { sources } })),
      },
    },
  };
}

function runtimeContainer(args: RuntimeJobArgs): k8s.types.input.core.v1.Container {
  return {
    name: "runtime",
    image: args.images.runtime,
    command: ["bulkhead"],
    args: [...args.args, ...(args.manifest ? ["--manifest", MANIFEST_PATH] : [])],
    env: [
      { name: "PGHOST", value: "127.0.0.1" },
      { name: "PGPORT", value: String(IAM_PORT) },
      { name: "PGUSER", value: args.identity.databaseUser },
      ...(args.passwordLogins ? [{ name: "BULKHEAD_LOGIN_ADDRESS", value: `127.0.0.1:${PASSWORD_PORT}` }] : []),
      ...Object.entries(args.environment ?? {}).map(([name, value]) => ({ name, value })),
    ],
    resources: resources("400m", "512Mi"),
    securityContext: restrictedContainer,
    volumeMounts: Object.entries(volumesOf(args)).map(([name, { mountPath }]) => ({ name, mountPath, readOnly: true })),
  };
}

function volumesOf({ manifest, volumes }: RuntimeJobArgs): Record<string, RuntimeVolume> {
  const sources = manifest?.configMaps.map((configMap) => ({ configMap: { name: configMap } }));
  return { ...(sources ? { manifest: { mountPath: MANIFEST_PATH, sources } } : {}), ...volumes };
}
