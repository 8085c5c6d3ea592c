/** Names in Vault and of what Vault makes in the database: built here, used by the program, by the Job that hands Vault its logins, and by tests. */
import { MAX_IDENTIFIER_BYTES, sqlNameOf } from "./names.ts";

/** Vault's own login for the platform's database of a cell. */
export const VAULT_LOGIN = "vault_admin";
/** The audience of the tokens by which pods log in to Vault: one that reaches Vault is good for nothing else. */
export const VAULT_AUDIENCE = "vault";

/** Vault's own login for the database of a tenant: each its own, because rotating one through one connection locks the others out. */
export function vaultTenantLogin(tenantId: string): string {
  return `vault_tenant_${sqlNameOf(tenantId)}`;
}

/** Vault role of people and Jobs that change tables of a cell. */
export function dbAdminRole(cell: string): string {
  return `db_admin_${cell}`;
}

/** Vault role of the platform's own services in a cell. */
export function runtimeUserRole(cell: string): string {
  return `runtime_user_${cell}`;
}

/** Vault role of a tenant's logins; a login's name is the role's and twelve digits, and tells by that whose it is. */
export function tenantLoginRole(tenantId: string): string {
  return `login_${sqlNameOf(tenantId)}`;
}

/** Connection to the database of a tenant; that to the platform's database of a cell is named after the cell, which holds no `-`. */
export function tenantConnection(tenantId: string): string {
  return `tenant-${tenantId}`;
}

/**
 * Namespace of the Auth Proxy of a tenant's cluster, in Vault's GKE cluster where that is not the tenant's. Not `bulkhead-t-…`: the
 * gateway's cluster may hold that for the tenant's route.
 */
export function vaultNamespace(tenantId: string): string {
  return `bulkhead-v-${tenantId}`;
}

/** Name of the private address at which a Vault outside reaches a connection's database. */
export function vaultAddress(connection: string): string {
  return `bulkhead-vault-${connection}`;
}

/** A login that stays, whose password Vault changes: for what cannot take a new name with each lease. */
export function stableLogin(workload: string): string {
  const login = `stable_${sqlNameOf(workload)}`;
  if (Buffer.byteLength(login) > MAX_IDENTIFIER_BYTES)
    throw new Error(`login "${login}" is longer than ${MAX_IDENTIFIER_BYTES} bytes`);
  return login;
}

/**
 * How Vault names what it issues: the role and twelve hexadecimal digits, 59 characters at the longest. A name by chance, not by time, as
 * two leases of one second must not meet.
 */
export const USERNAME_TEMPLATE = '{{ printf "%s_%s" .RoleName (random 32 | sha256 | truncate 12) }}';

/**
 * The statements of an SQL file of `packages/runtime/sql/vault`, its comments taken out and its variables put in as psql would:
 * `:"name"` as an identifier, `:'name'` as a literal. Vault's own `{{…}}` stay. Vault splits at every semicolon, so no statement holds one.
 * @throws where a variable has no value
 */
export function vaultStatements(sql: string, variables: Readonly<Record<string, string>> = {}): string[] {
  const value = (name: string) => {
    const found = variables[name];
    if (found === undefined) throw new Error(`the statements need a value for :${name}`);
    return found;
  };
  return sql
    .replace(/^\s*--.*$/gm, "")
    .split(";")
    .map((statement) => statement.trim().replace(/\s+/g, " "))
    .filter((statement) => statement !== "")
    .map((statement) =>
      statement
        .replace(/:"(\w+)"/g, (_, name: string) => `"${value(name).replaceAll('"', '""')}"`)
        .replace(/:'(\w+)'/g, (_, name: string) => `'${value(name).replaceAll("'", "''")}'`),
    );
}
