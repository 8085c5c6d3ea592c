/** The lints: one SQL file each, whose head says what it finds and what to do about it. */
import { join } from "node:path";
import { PLATFORM_DATABASE, tenantDatabase } from "@bulkhead/config";
import { type Client, type Target, transaction, withClient } from "./database.ts";
import { readTenants } from "./registry.ts";
import { readSqlFolder, sqlFolder } from "./sql-files.ts";

export interface Finding {
  /** The lint: its file's name. */
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly database: string;
  /** What it is about, as SQL would name it. */
  readonly object: string;
  readonly detail: string;
  readonly remedy: string;
}

interface Lint {
  readonly code: string;
  readonly severity: Finding["severity"];
  readonly remedy: string;
  readonly sql: string;
}

/** Reads the lints. Each begins with comment lines `-- severity:` and `-- remedy:`, and returns rows of (object, detail). */
export function readLints(): Lint[] {
  return readSqlFolder(join(sqlFolder, "lints")).map((file) => {
    const field = (name: string) => new RegExp(`^-- ${name}: (.+)$`, "m").exec(file.text)?.[1];
    const severity = field("severity");
    const remedy = field("remedy");
    if ((severity !== "error" && severity !== "warning") || !remedy)
      throw new Error(`${file.name} does not begin with a severity and a remedy`);
    return { code: file.name.replace(/\.sql$/, ""), severity, remedy, sql: file.text };
  });
}

/** Lints the platform database and every tenant database. */
export async function lintPlatform(target: Target): Promise<Finding[]> {
  const findings: Finding[] = [];
  const databases = await withClient(target, PLATFORM_DATABASE, "lint", async (client) => {
    findings.push(...(await lintDatabase(client, PLATFORM_DATABASE)));
    const tenants = await transaction(client, "bulkhead_owner", () => readTenants(client));
    return tenants
      .filter(({ isolation, phase }) => (isolation === "database" || isolation === "instance") && phase === "ready")
      .map((tenant) => tenantDatabase(tenant.id));
  });
  for (const database of databases) {
    findings.push(...(await withClient(target, database, "lint", (client) => lintDatabase(client, database))));
  }
  return findings;
}

async function lintDatabase(client: Client, database: string): Promise<Finding[]> {
  return transaction(client, "bulkhead_owner", async () => {
    const findings: Finding[] = [];
    for (const lint of readLints()) {
      const { rows } = await client.query<{ object: string; detail: string }>(lint.sql);
      findings.push(
        ...rows.map((row) => ({
          code: lint.code,
          severity: lint.severity,
          database,
          object: row.object,
          detail: row.detail,
          remedy: lint.remedy,
        })),
      );
    }
    return findings;
  });
}

export function lintLines(findings: readonly Finding[]): string[] {
  if (findings.length === 0) return ["lint: nothing found"];
  return [
    `lint: ${findings.length} findings`,
    ...findings.map(
      (finding) =>
        `  ${finding.severity} ${finding.code}: ${finding.object} in ${finding.database}: ${finding.detail}; ${finding.remedy}`,
    ),
  ];
}
