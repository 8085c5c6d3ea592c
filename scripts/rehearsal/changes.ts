/** What an update does to resources, and what that means for the data in them. */
import type { EngineEvent, StepMetadata } from "../lib/events.ts";

export interface Change {
  readonly op: "create" | "update" | "replace" | "delete";
  readonly type: string;
  /** Logical name. */
  readonly name: string;
  /** Property paths that differ; of a replacement, those that force it. */
  readonly because: readonly string[];
  readonly protected: boolean;
}

/** Kinds that hold data which nothing else holds, and what is lost with one. */
export const DATA_BEARING: Readonly<Record<string, string>> = {
  "gcp:alloydb/cluster:Cluster": "every database in it, and its continuous backups",
  "gcp:alloydb/instance:Instance": "the service of its databases while it is made anew",
  "gcp:alloydb/backup:Backup": "the backup",
  "gcp:kms/keyRing:KeyRing": "what its keys encrypt",
  "gcp:kms/cryptoKey:CryptoKey": "what it encrypts",
  "gcp:storage/bucket:Bucket": "the objects in it",
  "gcp:logging/projectBucketConfig:ProjectBucketConfig": "the logs in it",
  "gcp:artifactregistry/repository:Repository": "the images in it",
  "gcp:secretmanager/secret:Secret": "the secret",
  "kubernetes:core/v1:PersistentVolumeClaim": "the volume's content",
};

const OPS: Readonly<Record<string, Change["op"]>> = {
  create: "create",
  update: "update",
  replace: "replace",
  "create-replacement": "replace",
  delete: "delete",
};

/** Gathers changes from the engine's events; a replacement, which the engine carries out in several steps, is one. */
export class Changes {
  readonly #byUrn = new Map<string, Change>();

  readonly onEvent = (event: EngineEvent): void => {
    const metadata = event.resourcePreEvent?.metadata;
    const op = metadata && OPS[metadata.op];
    if (!metadata || !op || metadata.type.startsWith("pulumi:")) return;
    if (this.#byUrn.get(metadata.urn)?.op === "replace") return;
    this.#byUrn.set(metadata.urn, {
      op,
      type: metadata.type,
      name: metadata.urn.split("::").at(-1) ?? metadata.urn,
      because: reasons(metadata, op),
      protected: metadata.old?.protect === true,
    });
  };

  get all(): readonly Change[] {
    return [...this.#byUrn.values()].sort((a, b) => (`${a.type} ${a.name}` < `${b.type} ${b.name}` ? -1 : 1));
  }
}

function reasons(metadata: StepMetadata, op: Change["op"]): readonly string[] {
  if (op === "replace" && metadata.keys && metadata.keys.length > 0) return metadata.keys;
  const detailed = Object.keys(metadata.detailedDiff ?? {});
  return detailed.length > 0 ? detailed : (metadata.diffs ?? []);
}

/** Changes that would lose data, were they carried out. */
export function dataAtRisk(changes: readonly Change[]): readonly Change[] {
  return changes.filter(({ op, type }) => (op === "replace" || op === "delete") && type in DATA_BEARING);
}
