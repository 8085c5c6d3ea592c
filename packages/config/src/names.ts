/**
 * Every derived name of the platform, in one place. A physical name is a pure function of config, so that two people, two
 * runs and two layers always agree on it; lengths are checked against the limit of whoever stores the name.
 */
import { createHash } from "node:crypto";
import { v5 as uuidv5 } from "uuid";

/** PostgreSQL truncates identifiers past this many bytes, silently: two long names could become one. */
export const MAX_IDENTIFIER_BYTES = 63;

/** Namespace of the platform's UUIDv5 account ids. Changing it would change the account id of every tenant. */
export const ACCOUNT_NAMESPACE = "5f2d6f6c-3f0b-5b0e-9a53-0b1f6a6f1c7e";

/** Database that holds the registry, the pooled tenants and the schema tenants of a cell. */
export const PLATFORM_DATABASE = "platform";
/** Schema of the registry and the platform's functions; never exposed by the API. */
export const REGISTRY_SCHEMA = "bulkhead";
/** Schema of the application's tables, in the platform database (pooled) and in every tenant database. */
export const APP_SCHEMA = "app";

/** The account id of a tenant: UUIDv5 of its id in the platform's namespace. */
export function accountIdOf(tenantId: string): string {
  return uuidv5(tenantId, ACCOUNT_NAMESPACE);
}

/** A tenant id as part of an SQL name: `-` becomes `_`. One to one, as ids hold no `_`. */
export function sqlNameOf(tenantId: string): string {
  return tenantId.replaceAll("-", "_");
}

function identifier(name: string): string {
  if (Buffer.byteLength(name) > MAX_IDENTIFIER_BYTES) {
    throw new Error(`identifier "${name}" is longer than ${MAX_IDENTIFIER_BYTES} bytes`);
  }
  return name;
}

/** The NOLOGIN role that acts for a schema, database or instance tenant. */
export function tenantRole(tenantId: string): string {
  return identifier(`tenant_${sqlNameOf(tenantId)}`);
}

/** The schema of a schema tenant, in the platform database. */
export function tenantSchema(tenantId: string): string {
  return identifier(`tenant_${sqlNameOf(tenantId)}`);
}

/** The database of a database or instance tenant. */
export function tenantDatabase(tenantId: string): string {
  return identifier(`tenant_${sqlNameOf(tenantId)}`);
}

/** What the login of a database tenant's own PostgREST is a member of. The prefix keeps it apart from every `tenant_…`. */
export function tenantAuthenticator(tenantId: string): string {
  return identifier(`authenticator_${sqlNameOf(tenantId)}`);
}

/** What the login of a PostgREST shard is a member of. */
export function shardAuthenticator(shard: number): string {
  return identifier(`shard_${shard}_authenticator`);
}

/** A direct login of a tenant (the login door); the suffix makes each one new. */
export function tenantLogin(tenantId: string, suffix: string): string {
  return identifier(`login_${sqlNameOf(tenantId)}_${suffix}`);
}

/** Id of a cell's own AlloyDB cluster. */
export function cellCluster(cell: string): string {
  return `bulkhead-${cell}`;
}

/** Id of an instance tenant's AlloyDB cluster. The infix keeps it apart from every cell's, whose names hold no `-`. */
export function tenantCluster(tenantId: string): string {
  return `bulkhead-t-${tenantId}`;
}

/** Kubernetes namespace of an instance tenant. */
export function tenantNamespace(tenantId: string): string {
  return `bulkhead-t-${tenantId}`;
}

/** The first `length` hexadecimal digits of the SHA-256 of a text. */
export function shortHash(text: string, length = 10): string {
  return createHash("sha256").update(text).digest("hex").slice(0, length);
}

/**
 * A Google service account id: 6 to 30 of a-z 0-9 and -, a letter first. Longer names keep their head and end in a hash, so
 * that they stay readable and distinct.
 */
export function serviceAccountId(name: string): string {
  if (name.length <= 30) return name.length >= 6 ? name : `${name}-account`;
  return `${name.slice(0, 21).replace(/-+$/, "")}-${shortHash(name, 8)}`;
}

/** The e-mail of a service account in a project. */
export function serviceAccountEmail(accountId: string, project: string): string {
  return `${accountId}@${project}.iam.gserviceaccount.com`;
}

/** The database user name of a service account: AlloyDB drops the `.gserviceaccount.com` of its e-mail. */
export function iamDatabaseUser(email: string): string {
  return email.replace(/\.gserviceaccount\.com$/, "");
}
