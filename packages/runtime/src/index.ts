/** What other packages use of the runtime; the rest is behind its command line. */
export { type Client, connect, type Target } from "./database.ts";
export { readLints } from "./lint.ts";
export { dropOperatorLogin, type IssuedLogin, issueLogin, issueOperatorLogin, type OperatorSession } from "./logins.ts";
export type { RegisteredTenant } from "./registry.ts";
export { type TenantLine, tenantTable } from "./report.ts";
export { readKnownTenants } from "./verbs/plan.ts";
