/** A login as a Secret: by the Vault Secrets Operator, or by the External Secrets Operator. The objects are read by their controllers. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { VaultPlace } from "./place.ts";

export interface DeliveryArgs {
  /** Of the Secret, and of every object. */
  readonly name: string;
  readonly metadata: k8s.types.input.meta.v1.ObjectMeta;
  readonly vault: VaultPlace;
  readonly mount: pulumi.Input<string>;
  readonly auth: pulumi.Input<string>;
  readonly credentials: pulumi.Input<string>;
  /** The login stays, and its password changes. */
  readonly stable: boolean;
  readonly role: pulumi.Input<string>;
  /** See audienceOf. */
  readonly audience: string | undefined;
  readonly serviceAccountName: pulumi.Input<string>;
  readonly lease: { readonly default: number };
  readonly restart: readonly string[];
}

/** Percent of a lease after which it is renewed, or, where it cannot be, replaced. */
const RENEWAL_PERCENT = 67;
/** Seconds after which a login that stays is looked up anew: so long may a Secret hold its last password. */
const STABLE_REFRESH = 60;

/** VaultConnection, VaultAuth and VaultDynamicSecret: renews the lease, writes the Secret, rolls the Deployments, revokes at the end. */
export function bySecretsOperator(name: string, args: DeliveryArgs, opts: pulumi.CustomResourceOptions): void {
  const { metadata, vault } = args;
  const object = (kind: string, spec: object, dependsOn: pulumi.Resource[] = []) =>
    new k8s.apiextensions.CustomResource(
      `${name}-${kind.toLowerCase()}`,
      { apiVersion: "secrets.hashicorp.com/v1beta1", kind, metadata, spec },
      { ...opts, dependsOn },
    );
  const audiences = audiencesOf(args);
  const inNamespace = vault.namespace === null ? {} : { namespace: vault.namespace };
  const connection = object("VaultConnection", {
    address: vault.address,
    skipTLSVerify: false,
    ...(vault.caCertificate === null ? {} : { caCertSecretRef: `${args.name}-ca` }),
  });
  const auth = object(
    "VaultAuth",
    {
      vaultConnectionRef: args.name,
      method: "kubernetes",
      mount: args.auth,
      ...inNamespace,
      kubernetes: {
        role: args.role,
        serviceAccount: args.serviceAccountName,
        ...audiences,
        tokenExpirationSeconds: 600,
      },
    },
    [connection],
  );
  object(
    "VaultDynamicSecret",
    {
      vaultAuthRef: args.name,
      mount: args.mount,
      path: args.credentials,
      ...inNamespace,
      // A login that stays has no lease.
      ...(args.stable ? { allowStaticCreds: true } : { renewalPercent: RENEWAL_PERCENT, revoke: true }),
      destination: { name: args.name, create: true, overwrite: false, labels: metadata.labels },
      rolloutRestartTargets: args.restart.map((deployment) => ({ kind: "Deployment", name: deployment })),
    },
    [auth],
  );
}

/** A generator and the ExternalSecret that asks it for a new login before the last one ends. It neither renews nor revokes. */
export function externally(name: string, args: DeliveryArgs, opts: pulumi.CustomResourceOptions): void {
  const { metadata, vault } = args;
  const generator = new k8s.apiextensions.CustomResource(
    `${name}-generator`,
    {
      apiVersion: "generators.external-secrets.io/v1alpha1",
      kind: "VaultDynamicSecret",
      metadata,
      spec: {
        path: pulumi.interpolate`/${args.mount}/${args.credentials}`,
        method: "GET",
        resultType: "Data",
        provider: {
          server: vault.address,
          ...(vault.namespace === null ? {} : { namespace: vault.namespace }),
          ...(vault.caCertificate === null ? {} : { caBundle: Buffer.from(vault.caCertificate).toString("base64") }),
          auth: {
            kubernetes: {
              mountPath: args.auth,
              role: args.role,
              serviceAccountRef: { name: args.serviceAccountName, ...audiencesOf(args) },
            },
          },
        },
      },
    },
    opts,
  );
  new k8s.apiextensions.CustomResource(
    `${name}-external`,
    {
      apiVersion: "external-secrets.io/v1",
      kind: "ExternalSecret",
      metadata,
      spec: {
        refreshInterval: `${args.stable ? STABLE_REFRESH : Math.floor((args.lease.default * RENEWAL_PERCENT) / 100)}s`,
        target: { name: args.name, creationPolicy: "Owner", deletionPolicy: "Delete" },
        dataFrom: [
          {
            sourceRef: {
              generatorRef: {
                apiVersion: "generators.external-secrets.io/v1alpha1",
                kind: "VaultDynamicSecret",
                name: args.name,
              },
            },
          },
        ],
      },
    },
    { ...opts, dependsOn: [generator] },
  );
}

function audiencesOf({ audience }: DeliveryArgs) {
  return audience === undefined ? {} : { audiences: [audience] };
}
