/** A cell of a test's own: a PostgreSQL as AlloyDB has it, the workloads' logins, and the runtime's command line. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkTenants, writeManifest } from "@bulkhead/config";
import { gcpDriver, makeDatabase, Paths, readServer, temporaryCloud } from "@bulkhead/local-cloud/testing";
import type { Target } from "@bulkhead/runtime";
import pg from "pg";
import { REPOSITORY } from "./platform.ts";

const LOGINS = {
  client_authenticator: "client@test.iam",
  admin_authenticator: "admin@test.iam",
  shard_0_authenticator: "shard-0@test.iam",
  migrator: "migrate@test.iam",
};
const ADMINISTRATOR = "create@test.iam";
const PASSWORD = "of-the-tests";

export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly ended: Promise<Ran>;
  kill(signal: NodeJS.Signals): void;
  output(): string;
}

type Tenants = Readonly<Record<string, object>>;

export class Cell {
  readonly address: { readonly host: string; readonly port: number };
  readonly #folder = mkdtempSync(join(tmpdir(), "bulkhead-cell-"));
  readonly #operator: Target;
  readonly #instance: string;
  readonly #cloud: ReturnType<typeof temporaryCloud>;

  private constructor(
    operator: Target & { host: string; port: number },
    cloud: ReturnType<typeof temporaryCloud>,
    instance: string,
  ) {
    this.#operator = operator;
    this.#instance = instance;
    this.#cloud = cloud;
    this.address = { host: operator.host, port: operator.port };
  }

  /** Starts a server; nothing is bootstrapped in it. */
  static async start(): Promise<Cell> {
    const cloud = temporaryCloud();
    const gcp = await gcpDriver({ mode: "realise", dir: cloud.dir });
    const { instanceName, clusterName } = await makeDatabase(gcp, "cell", {
      databaseFlags: { max_connections: "150" },
    });
    const roles = new Map([
      [ADMINISTRATOR, ["alloydbsuperuser"]],
      ...Object.values(LOGINS).map((login): [string, string[]] => [login, []]),
    ]);
    for (const [userId, databaseRoles] of roles) {
      await gcp.create("gcp:alloydb/user:User", userId, {
        cluster: clusterName,
        userId,
        userType: "ALLOYDB_BUILT_IN",
        password: PASSWORD,
        databaseRoles,
      });
    }
    const cell = new Cell(await cloud.cloud.adminLogin(instanceName), cloud, instanceName);
    return cell;
  }

  /** Statements of the operator, `postgres`, as `role` where given; the rows of the last. */
  async query(database: string, statements: readonly string[], role?: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ ...this.#operator, database });
    await client.connect();
    try {
      if (role)
        await client
          .query("set role alloydbsuperuser")
          .then(() => client.query(`set role ${pg.escapeIdentifier(role)}`));
      let rows: Record<string, unknown>[] = [];
      for (const statement of statements) rows = (await client.query(statement)).rows ?? [];
      return rows;
    } finally {
      await client.end();
    }
  }

  get operator(): Target {
    return this.#operator;
  }

  /** Writes a manifest of these tenants; returns its folder. */
  manifest(
    tenants: Tenants,
    settings: {
      shards?: number;
      schemasPerShard?: number;
      logins?: Record<string, string>;
      /** The shard that a schema tenant is routed to. Default: the registry chooses. */
      routed?: Record<string, number>;
    } = {},
  ): string {
    const { tenants: checked, mistakes } = checkTenants(tenants, {
      cells: { eu1: { region: "europe-west1" } },
      defaultCell: "eu1",
    });
    if (mistakes.length > 0) throw new Error(JSON.stringify(mistakes));
    const { files } = writeManifest({
      environment: "test",
      cell: "eu1",
      tiers: {
        free: { statementTimeout: "5s" },
        pro: { statementTimeout: "15s" },
        enterprise: { statementTimeout: "60s" },
      },
      shards: settings.shards ?? 1,
      schemasPerShard: settings.schemasPerShard ?? 100,
      logins: { ...LOGINS, ...settings.logins },
      tenants: checked.map((tenant) => {
        const shard = settings.routed?.[tenant.id];
        return shard === undefined ? tenant : { ...tenant, shard };
      }),
    });
    const folder = mkdtempSync(join(this.#folder, "manifest-"));
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    return folder;
  }

  /** Starts `bulkhead` with these arguments. */
  start(
    args: readonly string[],
    as: "administrator" | "migrator" = "administrator",
    environment: Readonly<Record<string, string>> = {},
  ): Running {
    const child = spawn(process.execPath, [join(REPOSITORY, "packages/runtime/src/cli.ts"), ...args], {
      env: {
        PATH: process.env.PATH,
        PGHOST: this.address.host,
        PGPORT: String(this.address.port),
        PGUSER: as === "administrator" ? ADMINISTRATOR : LOGINS.migrator,
        PGPASSWORD: PASSWORD,
        ...environment,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const printed = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      printed.stdout += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      printed.stderr += chunk;
    });
    return {
      ended: new Promise((done) => child.on("close", (code, signal) => done({ code, signal, ...printed }))),
      kill: (signal) => child.kill(signal),
      output: () => printed.stdout + printed.stderr,
    };
  }

  run(
    args: readonly string[],
    as: "administrator" | "migrator" = "administrator",
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Ran> {
    return this.start(args, as, environment).ended;
  }

  /** `bulkhead apply` of these tenants. */
  apply(tenants: Tenants, ...more: string[]): Promise<Ran> {
    return this.run(["apply", "--manifest", this.manifest(tenants), ...more]);
  }

  /** `bulkhead status --json`, by id. */
  async status(): Promise<
    Record<
      string,
      {
        status: string;
        phase: string;
        generation: number;
        observedGeneration: number;
        error: { message: string; place?: string } | null;
      }
    >
  > {
    const { tenants } = JSON.parse((await this.run(["status", "--json"])).stdout) as { tenants: { id: string }[] };
    return Object.fromEntries(tenants.map((tenant) => [tenant.id, tenant])) as never;
  }

  /** Folder of the server's data. */
  async dataFolder(): Promise<string> {
    const record = await readServer(new Paths(this.#cloud.dir), this.#instance);
    if (!record) throw new Error(`there is no server of ${this.#instance}`);
    return record.dataDir;
  }

  async stopServer(): Promise<void> {
    await this.#cloud.cloud.stop();
  }

  async startServer(): Promise<void> {
    await this.#cloud.cloud.ensure();
  }

  async end(): Promise<void> {
    await this.#cloud.end();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
