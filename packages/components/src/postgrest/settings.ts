/** PostgREST's settings. No secret is among them: it logs in by identity, and verifies tokens with public keys. */
import { PLATFORM_DATABASE } from "@bulkhead/config";
import { IAM_PORT, REPLICA_PORT } from "../auth-proxy/sidecar.ts";
import type { PostgrestTierArgs } from "./tier.ts";

export const API_PORT = 3000;
export const ADMIN_PORT = 3001;
export const KEYS_PATH = "/etc/postgrest/keys";

export function settingsOf(args: PostgrestTierArgs): Record<string, string> {
  return {
    ...connection(args),
    PGUSER: args.identity.databaseUser,
    PGDATABASE: args.database ?? PLATFORM_DATABASE,
    PGAPPNAME: `postgrest ${args.tier}`,
    // The session acts as the authenticator from its start: PostgREST looks up the settings of the current user and of the roles it may
    // become, and an IAM login's name (with its @ and dots) is more than PostgREST 12 takes there, and a member of no request role itself.
    PGOPTIONS: `-c role=${args.authenticator}`,
    // Everything about the connection comes from libpq's variables above.
    PGRST_DB_URI: "postgresql://",
    PGRST_DB_SCHEMAS: "health",
    PGRST_DB_PRE_CONFIG: "bulkhead.pre_config",
    PGRST_DB_PRE_REQUEST: "bulkhead.pre_request",
    ...(args.anonymousRole === undefined ? {} : { PGRST_DB_ANON_ROLE: args.anonymousRole }),
    PGRST_DB_POOL: String(args.scale.pool),
    PGRST_DB_MAX_ROWS: String(args.maxRows ?? 1000),
    PGRST_DB_EXTRA_SEARCH_PATH: "",
    PGRST_JWT_SECRET: `@${KEYS_PATH}/jwks.json`,
    PGRST_JWT_AUD: args.tokens.audience,
    PGRST_OPENAPI_MODE: "follow-privileges",
    PGRST_SERVER_PORT: String(API_PORT),
    PGRST_ADMIN_SERVER_PORT: String(ADMIN_PORT),
    PGRST_LOG_LEVEL: "warn",
  };
}

function connection({ replica }: PostgrestTierArgs): Record<string, string> {
  if (replica === undefined) return { PGHOST: "127.0.0.1", PGPORT: String(IAM_PORT) };
  return {
    PGHOST: "127.0.0.1,127.0.0.1",
    PGPORT: `${REPLICA_PORT},${IAM_PORT}`,
    // The pool takes the first of the two that is read-only. For its LISTEN, which a replica cannot do, PostgREST (12.2 and later) asks for
    // read-write in the URI, which goes before this variable, and so gets the primary. As a variable, not in the URI: there it would stand twice.
    PGTARGETSESSIONATTRS: "read-only",
  };
}
