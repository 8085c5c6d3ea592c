/** The SQL that Vault runs: files of `packages/runtime/sql/vault`, which the runtime's tests run against PostgreSQL as they are. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { APP_SCHEMA, type Isolation, tenantRole, tenantSchema, vaultStatements } from "@bulkhead/config";

const FOLDER = join(import.meta.dirname, "../../../runtime/sql/vault");

/** What a role of Vault's runs, statement by statement. */
export interface Statements {
  readonly creationStatements: string[];
  readonly renewStatements: string[];
  readonly revocationStatements: string[];
  readonly rollbackStatements: string[];
}

export const dbAdminStatements = (): Statements => statements("create-db-admin", "renew");
export const runtimeUserStatements = (): Statements => statements("create-runtime-user", "renew");

/** Of a tenant with a schema or a database of its own. */
export function tenantStatements(tenant: { readonly id: string; readonly isolation: Isolation }): Statements {
  const shared = tenant.isolation === "schema";
  return statements(shared ? "create-schema-tenant" : "create-database-tenant", "renew-tenant", {
    tenant: tenant.id,
    role: tenantRole(tenant.id),
    schema: shared ? tenantSchema(tenant.id) : APP_SCHEMA,
  });
}

function statements(create: string, renew: string, variables: Readonly<Record<string, string>> = {}): Statements {
  const read = (name: string) => vaultStatements(readFileSync(join(FOLDER, `${name}.sql`), "utf8"), variables);
  return {
    creationStatements: read(create),
    renewStatements: read(renew),
    revocationStatements: read("revoke"),
    // A creation is one transaction; this is for what a plugin leaves behind all the same.
    rollbackStatements: read("revoke"),
  };
}
