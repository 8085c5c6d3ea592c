/** Database flags: the platform's defaults, the config's, and what the config cannot change. */
import type { AlloyDbSettings } from "./settings.ts";

/**
 * Who connected and what went wrong is logged (CIS Google Cloud, section 6.2), and DDL and roles are audited. Statements and their
 * parameters are not logged otherwise: they hold tenants' data, and `log_statement` would write passwords out, which pgAudit does not.
 */
const LOGGING = {
  log_connections: "on",
  log_disconnections: "on",
  log_error_verbosity: "default",
  log_lock_waits: "on",
  log_min_duration_statement: "-1",
  log_min_error_statement: "error",
  log_min_messages: "warning",
  log_statement: "none",
  "pgaudit.log": "ddl,role",
  "pgaudit.log_catalog": "off",
  "pgaudit.log_parameter": "off",
};

/** Flags that isolation and login rest on; config may add others and not change these. On every instance: pools inherit none of them later. */
const PLATFORM = {
  "alloydb.iam_authentication": "on",
  "alloydb.enable_pgaudit": "on",
};

/** Flags of an instance. `own`: those of it alone. */
export function databaseFlags(
  settings: Pick<AlloyDbSettings, "flags" | "maxConnections" | "columnarEngine" | "vertexAi">,
  own: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const { columnarEngine, vertexAi } = settings;
  return {
    ...LOGGING,
    ...(vertexAi && { "google_ml_integration.enable_model_support": "on" }),
    ...(columnarEngine && { "google_columnar_engine.enabled": "on" }),
    ...(columnarEngine?.memoryMb && { "google_columnar_engine.memory_size_in_mb": String(columnarEngine.memoryMb) }),
    ...settings.flags,
    ...own,
    max_connections: String(settings.maxConnections),
    ...PLATFORM,
  };
}
