/** The summary at the end of `npm run up`, and what `npm run status` shows. */
import type { TenantLine } from "@bulkhead/runtime";
import type { Addresses } from "./local.ts";

/** A table with aligned columns. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [header, ...rows].map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ")}`.trimEnd(),
  );
}

function addressLines(addresses: Addresses): string[] {
  return Object.entries(addresses.cells).flatMap(([cell, { client, admin, shards }]) => [
    `  client API  ${client}   (cell ${cell}, pooled tenants)`,
    ...shards.map(
      (shard, number) =>
        `  shard ${number}     ${shard}   (cell ${cell}, schema tenants: name theirs in Accept-Profile)`,
    ),
    `  admin API   ${admin}   (cell ${cell}, npm run token -- --admin)`,
  ]);
}

function tenantLines(tenants: readonly TenantLine[], addresses: Addresses): string[] {
  const shown = tenants.slice(0, 50);
  const rows = shown.map((tenant) => [
    tenant.id,
    tenant.isolation,
    tenant.status,
    tenant.phase === "ready" ? "ready" : tenant.phase.toUpperCase(),
    tenant.home,
    addresses.tenants[tenant.id] ?? "not served",
  ]);
  const more = tenants.length > shown.length ? [`  … and ${tenants.length - shown.length} more`] : [];
  return [...table(["tenant", "isolation", "status", "phase", "database/schema", "served at"], rows), ...more];
}

/** Addresses, tenants and the last proof of each cell: what `up` ends with and `status` shows. */
export function platformLines(
  addresses: Addresses,
  tenants: readonly TenantLine[],
  proofs: Readonly<Record<string, readonly string[]>>,
): string[] {
  return [
    "Addresses",
    ...addressLines(addresses),
    "",
    "Tenants",
    ...tenantLines(tenants, addresses),
    "",
    "Isolation",
    ...Object.entries(proofs).flatMap(([place, lines]) =>
      lines.map((line) => `  ${place.startsWith("tenant ") ? place : `cell ${place}`}: ${line}`),
    ),
  ];
}

/** Two commands to paste: a tenant lists its rows; another tenant's token shows none of them. */
export function curlLines(tenants: readonly TenantLine[], addresses: Addresses): string[] {
  const [first, second] = tenants.filter(
    (tenant) => tenant.isolation === "pooled" && tenant.status === "active" && tenant.phase === "ready",
  );
  if (!first) return ["  (needs an active pooled tenant)"];
  const curl = (id: string) =>
    `  curl -s -H "Authorization: Bearer $(npm run -s token -- ${id})" ${addresses.tenants[id]}/bases?select=name,account_id`.replace(
      /(http\S+)$/,
      "'$1'",
    );
  return [
    `  # ${first.id}'s rows`,
    curl(first.id),
    ...(second ? [`  # the same with ${second.id}'s token: none of ${first.id}'s`, curl(second.id)] : []),
  ];
}

export const HOW_TO_ADD = [
  "  Add a line to stacks/4-tenants/Pulumi.local.yaml, then npm run up says what will happen, and does it:",
  "    hooli: { isolation: schema }      # pooled (default) | schema | database | instance",
];
