/** The customer-managed keys of a region: one per purpose, each for the services that need it and no other. */
import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import type { KeyPurpose } from "../layers/outputs.ts";
import type { Agent } from "./service-agents.ts";

export interface RegionKeysArgs {
  /** Google Cloud project id. Changing it replaces the keys. */
  readonly project: string;
  /** Region of the keys and of all that they encrypt. Changing it replaces the keys. */
  readonly region: string;
  /** Name of the key ring. Rings and keys can never be deleted, nor their names used again. Changing it replaces the keys. */
  readonly keyRing: string;
  /** Google's accounts, by service: `ServiceAgents.members`. */
  readonly agents: Readonly<Record<Agent, pulumi.Input<string>>>;
  /** Days after which a new version encrypts what is written from then on; older versions go on decrypting. Default: 90. */
  readonly rotationDays?: number;
  /** Refuse to delete the keys: without them everything that they encrypt is lost. Default: true. */
  readonly protect?: boolean;
}

/** Who encrypts with the key of each purpose. GKE encrypts its secrets, Compute Engine the disks of its nodes. */
const AGENTS: Readonly<Record<KeyPurpose, readonly Agent[]>> = {
  database: ["alloydb"],
  cluster: ["container", "compute"],
  logs: ["logging"],
  registry: ["artifactregistry"],
  secrets: ["secretmanager"],
};

const DAY = 24 * 3600;

/** A key ring, its keys, and the grants by which services may use them. */
export class RegionKeys extends pulumi.ComponentResource {
  /** `projects/…/cryptoKeys/…` by purpose. Known once the grants stand, so that what takes a key waits for them. */
  readonly keys: Readonly<Record<KeyPurpose, pulumi.Output<string>>>;

  constructor(name: string, args: RegionKeysArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:encryption:RegionKeys", name, {}, opts);
    const protect = args.protect ?? true;
    const ring = new gcp.kms.KeyRing(
      name,
      { project: args.project, location: args.region, name: args.keyRing },
      { parent: this, protect },
    );
    const key = (purpose: KeyPurpose): pulumi.Output<string> => {
      const made = new gcp.kms.CryptoKey(
        `${name}-${purpose}`,
        {
          keyRing: ring.id,
          name: purpose,
          purpose: "ENCRYPT_DECRYPT",
          rotationPeriod: `${(args.rotationDays ?? 90) * DAY}s`,
          // How long a version that was told to go can still be called back. Changing it replaces the key.
          destroyScheduledDuration: `${30 * DAY}s`,
          versionTemplate: { algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION", protectionLevel: "SOFTWARE" },
        },
        { parent: this, protect },
      );
      const grants = AGENTS[purpose].map(
        (agent) =>
          new gcp.kms.CryptoKeyIAMMember(
            `${name}-${purpose}-${agent}`,
            {
              cryptoKeyId: made.id,
              role: "roles/cloudkms.cryptoKeyEncrypterDecrypter",
              member: args.agents[agent],
            },
            { parent: this },
          ),
      );
      return pulumi.all([made.id, ...grants.map(({ id }) => id)]).apply(([id]) => id!);
    };
    this.keys = {
      database: key("database"),
      cluster: key("cluster"),
      logs: key("logs"),
      registry: key("registry"),
      secrets: key("secrets"),
    };
    this.registerOutputs({ keys: this.keys });
  }
}
