/** What other packages use of the runtime; the rest is behind its command line. */
export { type Client, connect, type Target } from "./database.ts";
export { EXIT, Failure } from "./failure.ts";
export { readLints } from "./lint.ts";
export { type Logger, silentLogger, stderrLogger } from "./logger.ts";
export { dropOperatorLogin, type IssuedLogin, issueLogin, issueOperatorLogin, type OperatorSession } from "./logins.ts";
export { planChanges, type RegisteredTenant, readTenants, refuseImpossible } from "./registry.ts";
export { type TenantLine, tenantTable } from "./report.ts";
export { readKnownTenants } from "./verbs/plan.ts";
