/** What will happen to which tenant, in words: the same words at `pulumi preview`, `bulkhead plan` and `npm run up`. */
import type { Tenant } from "./tenants.ts";

/** A tenant as it stands before the change. */
export interface KnownTenant extends Tenant {
  /** Its entry is gone from the config; its data is kept. */
  readonly retained?: boolean;
  /** Its last rollout failed, with this message. */
  readonly lastError?: string;
}

export type ChangeKind =
  | "create"
  | "update"
  | "suspend"
  | "resume"
  | "archive"
  | "delete"
  | "retain"
  | "return"
  | "retry"
  | "refuse";

export interface TenantChange {
  readonly tenant: string;
  readonly kind: ChangeKind;
  /** One line for people: `acme: suspended …`. */
  readonly words: string;
}

const HOME: Record<Tenant["isolation"], string> = {
  pooled: "in the shared tables, under row-level security",
  schema: "in a schema of its own",
  database: "in a database of its own, with its own PostgREST",
  instance: "on an AlloyDB cluster of its own, with its own PostgREST",
};

/** Compares the tenants wanted with those known. Tenants without a change do not appear. */
export function describeChanges(known: Iterable<KnownTenant>, wanted: Iterable<Tenant>): TenantChange[] {
  const before = new Map([...known].map((tenant) => [tenant.id, tenant]));
  const after = new Map([...wanted].map((tenant) => [tenant.id, tenant]));
  const changes: TenantChange[] = [];
  for (const id of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const change = describeChange(before.get(id), after.get(id));
    if (change) changes.push({ tenant: id, kind: change[0], words: `${id}: ${change[1]}` });
  }
  return changes;
}

function describeChange(before: KnownTenant | undefined, after: Tenant | undefined): [ChangeKind, string] | undefined {
  if (!after) {
    if (before && isErased(before))
      return [
        "delete",
        "its deletion was confirmed and its line is gone: its AlloyDB cluster is deleted, with all data in it",
      ];
    if (!before || before.retained || before.status === "deleted") return undefined;
    return ["retain", `no longer in the config: suspended, its data is kept ${HOME[before.isolation]}`];
  }
  if (!before) {
    const standing = after.status === "active" ? "" : `, ${after.status} from the start`;
    return ["create", `created ${HOME[after.isolation]}, cell ${after.cell}, tier ${after.tier}${standing}`];
  }
  for (const field of ["isolation", "cell", "accountId"] as const) {
    if (before[field] !== after[field]) {
      return [
        "refuse",
        `refused: ${field} ${before[field]} → ${after[field]} would be a move, which an edit cannot do; restore ${field}: ${before[field]}`,
      ];
    }
  }
  const details = fieldChanges(before, after);
  const fate =
    after.status === "deleted" && after.isolation === "instance"
      ? ", or its line is removed: its AlloyDB cluster goes with the line"
      : "";
  if (before.retained) {
    return ["return", [`back in the config: ${after.status}, with the data it had${fate}`, ...details].join("; ")];
  }
  if (before.status !== after.status) {
    const [kind, words] = STATUS_CHANGE[after.status];
    return [kind, [words + fate, ...details].join("; ")];
  }
  if (details.length > 0) return ["update", details.join("; ")];
  if (before.lastError !== undefined) return ["retry", `tried again: its last rollout failed (${before.lastError})`];
  return undefined;
}

/** Whether a tenant whose line is gone goes with all it had: one with a whole cluster, whose deletion was confirmed in words before. */
export function isErased(before: KnownTenant): boolean {
  return before.isolation === "instance" && before.status === "deleted" && before.retained !== true;
}

const STATUS_CHANGE: Record<Tenant["status"], [ChangeKind, string]> = {
  active: ["resume", "resumed: its requests are served again"],
  suspended: ["suspend", "suspended: its requests are refused and its sessions ended, its data stays"],
  archived: ["archive", "archived: its requests are refused and its sessions ended, its data stays"],
  deleted: [
    "delete",
    "deleted: sealed, its requests are refused and its sessions ended; its data is kept until it is erased by hand",
  ],
};

function fieldChanges(before: KnownTenant, after: Tenant): string[] {
  const changes: string[] = [];
  for (const field of ["tier", "channel", "residency", "parent"] as const) {
    if (before[field] !== after[field]) changes.push(`${field} ${before[field] ?? "none"} → ${after[field] ?? "none"}`);
  }
  const { cpuCount, availability } = after.instance ?? {};
  if (after.instance !== undefined || before.instance !== undefined) {
    if (before.instance?.cpuCount !== cpuCount)
      changes.push(
        `vCPUs ${before.instance?.cpuCount ?? "by default"} → ${cpuCount ?? "by default"}, which restarts its instance`,
      );
    if (before.instance?.availability !== availability)
      changes.push(
        `availability ${before.instance?.availability ?? "as the cell's"} → ${availability ?? "as the cell's"}`,
      );
  }
  if (JSON.stringify(Object.entries(before.labels).sort()) !== JSON.stringify(Object.entries(after.labels).sort())) {
    changes.push("labels changed");
  }
  return changes;
}
