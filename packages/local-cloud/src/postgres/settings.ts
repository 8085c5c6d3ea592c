import { type Binaries, knownSettings } from "./binaries.ts";

/** What makes the server AlloyDB's stand-in on this machine; these win over the instance's flags. */
function fixed(port: number): Record<string, string> {
  return {
    port: String(port),
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    password_encryption: "scram-sha-256",
    fsync: "on",
    ssl: "off",
    log_destination: "stderr",
    logging_collector: "off",
    log_line_prefix: "%m [%p] %q%u@%d ",
    // Crash recovery over many files is a hundred times faster than by one fsync each.
    ...(process.platform === "linux" ? { recovery_init_sync_method: "syncfs" } : {}),
  };
}

/** AlloyDB's own flags, and those of extensions that only AlloyDB ships, have nothing to set here. */
const FOREIGN = /^(?:google_|(?:alloydb|cloudsql|pgaudit|pglogical|cron|pg_hint_plan|password|rum)\.)/;

/**
 * The instance's flags that are settings of PostgreSQL. A flag that is neither is refused, as the API would: a typing
 * error must not pass here and fail in production.
 */
export function settingsFrom(flags: Readonly<Record<string, string>>, binaries: Binaries): Record<string, string> {
  const out: Record<string, string> = {};
  const unknown: string[] = [];
  let known: Set<string> | undefined;
  for (const [name, value] of Object.entries(flags)) {
    if (FOREIGN.test(name)) continue;
    known ??= knownSettings(binaries);
    if (name.includes(".") || known.has(name)) out[name] = value;
    else unknown.push(name);
  }
  if (unknown.length > 0)
    throw new Error(`databaseFlags: PostgreSQL ${binaries.major} has no ${unknown.map((n) => `"${n}"`).join(", ")}`);
  return out;
}

export function configFile(port: number, settings: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ max_connections: "200", ...settings, ...fixed(port) }).map(
    ([name, value]) => `${name} = '${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`,
  );
  return `${lines.join("\n")}\n`;
}

/** Passwords only, and from this machine only. */
export const HBA = "host all all 127.0.0.1/32 scram-sha-256\n";
