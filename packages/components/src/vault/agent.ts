/** A login in a pod's memory, by the Vault Agent that the injector puts beside a Job's container: no Secret ever holds it. */
import { audienceOf, type VaultPlace } from "./place.ts";

export interface VaultAgentArgs {
  readonly vault: VaultPlace;
  /** Path of the cluster's auth method, without `auth/`. */
  readonly auth: string;
  readonly role: string;
  /** See VaultCluster. */
  readonly reviewer: "vault" | "client";
  /** Full path of the credentials: `<mount>/creds/<role>`. */
  readonly credentials: string;
  /** Where the pod finds its database: its own Auth Proxy sidecar, say. */
  readonly database: { readonly host: string; readonly port: number; readonly name: string };
  /** Name of the Secret with `ca.crt`, where Vault's CA is not a public one: `vault-<workload>-ca`. */
  readonly caSecret?: string;
}

/** What a pod template takes over: annotations, a volume with the token that Vault accepts, and what libpq reads. */
export interface VaultAgent {
  readonly annotations: Readonly<Record<string, string>>;
  readonly volumes: readonly VaultTokenVolume[];
  readonly environment: Readonly<Record<string, string>>;
}

export interface VaultTokenVolume {
  readonly name: string;
  readonly projected: {
    readonly sources: readonly {
      readonly serviceAccountToken: {
        readonly path: string;
        readonly audience?: string;
        readonly expirationSeconds: number;
      };
    }[];
  };
}

const PREFIX = "vault.hashicorp.com";
const FILE = "pg_service.conf";
const TOKEN_VOLUME = "vault-token";
/** Where the Job's last act, a POST to `/agent/v1/quit`, ends the Agent; a sidecar that runs on would keep the Job from completing. */
export const AGENT_PORT = 8210;

export function vaultAgent(args: VaultAgentArgs): VaultAgent {
  const { database, vault } = args;
  const audience = audienceOf(args.reviewer);
  const service = [
    "[bulkhead]",
    `host=${database.host}`,
    `port=${database.port}`,
    `dbname=${database.name}`,
    "user={{ .Data.username }}",
    "password={{ .Data.password }}",
  ].join("\n");
  const annotations: Record<string, string> = {
    "agent-inject": "true",
    // The login has to be there before the Job's container starts, and the Agent renews it while that runs.
    "agent-pre-populate": "true",
    "agent-init-first": "true",
    "agent-enable-quit": "true",
    "agent-cache-listener-port": String(AGENT_PORT),
    // Ends the token, and the login with it, when the pod ends.
    "agent-revoke-on-shutdown": "true",
    "agent-run-as-same-user": "true",
    "agent-service-account-token-volume-name": TOKEN_VOLUME,
    service: vault.address,
    "auth-path": `auth/${args.auth}`,
    role: args.role,
    [`agent-inject-secret-${FILE}`]: args.credentials,
    [`agent-inject-template-${FILE}`]: `{{- with secret "${args.credentials}" -}}\n${service}\n{{- end }}\n`,
    [`agent-inject-perms-${FILE}`]: "0400",
    ...(vault.namespace === null ? {} : { namespace: vault.namespace }),
    ...(args.caSecret === undefined ? {} : { "tls-secret": args.caSecret, "ca-cert": "/vault/tls/ca.crt" }),
  };
  return {
    annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`${PREFIX}/${key}`, value])),
    volumes: [
      {
        name: TOKEN_VOLUME,
        projected: {
          sources: [
            {
              serviceAccountToken: {
                path: "token",
                ...(audience === undefined ? {} : { audience }),
                expirationSeconds: 600,
              },
            },
          ],
        },
      },
    ],
    environment: { PGSERVICEFILE: `/vault/secrets/${FILE}`, PGSERVICE: "bulkhead" },
  };
}
