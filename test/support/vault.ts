/**
 * Vault as far as the database notices: an HTTP API by which it is given its logins, and its PostgreSQL plugin, which puts values into
 * statements as text, splits them at semicolons, and runs what it creates, renews or revokes in one transaction.
 * Source: `plugins/database/postgresql/postgresql.go` of Vault 1.21.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vaultStatements } from "@bulkhead/config";
import pg from "pg";
import { REPOSITORY } from "./platform.ts";

export interface Issued {
  readonly user: string;
  readonly password: string;
}

/** The statements of one of Vault's roles. */
export interface Statements {
  readonly create: readonly string[];
  readonly renew: readonly string[];
  readonly revoke: readonly string[];
}

/** Those of `packages/runtime/sql/vault`, as the Pulumi programs give them to Vault. */
export function statementsOf(create: string, renew: string, variables: Record<string, string> = {}): Statements {
  const read = (name: string) =>
    vaultStatements(readFileSync(join(REPOSITORY, `packages/runtime/sql/vault/${name}.sql`), "utf8"), variables);
  return { create: read(create), renew: read(renew), revoke: read("revoke") };
}

/** One connection of Vault's database engine: one login, one database. */
export class VaultConnection {
  readonly #address: { readonly host: string; readonly port: number };
  readonly login: string;
  readonly database: string;
  #password: string | undefined;
  #pool: pg.Pool | undefined;

  constructor(address: { host: string; port: number }, login: string, database: string) {
    this.#address = address;
    this.login = login;
    this.database = database;
  }

  /** What `POST <mount>/config/<name>` with a password does to a connection that is there. */
  async configure(password: string): Promise<void> {
    await this.end();
    this.#password = password;
  }

  /** What `POST <mount>/rotate-root/<name>` does. */
  async rotateRoot(): Promise<void> {
    const password = randomBytes(24).toString("base64url");
    await this.#run([`ALTER ROLE "{{username}}" WITH PASSWORD '{{password}}'`], { username: this.login, password });
    await this.configure(password);
  }

  get password(): string | undefined {
    return this.#password;
  }

  async issue(role: string, statements: Statements, seconds = 300): Promise<Issued> {
    const user = `${role}_${randomBytes(6).toString("hex")}`;
    const password = randomBytes(24).toString("base64url");
    await this.#run(statements.create, { name: user, password, expiration: expiration(seconds) });
    return { user, password };
  }

  async renew(issued: Issued, statements: Statements, seconds: number): Promise<void> {
    await this.#run(statements.renew, { name: issued.user, expiration: expiration(seconds) });
  }

  async revoke(issued: Issued, statements: Statements): Promise<void> {
    await this.#run(statements.revoke, { name: issued.user });
  }

  async #run(statements: readonly string[], values: Record<string, string>): Promise<void> {
    if (!this.#pool) {
      const { login: user, database } = this;
      this.#pool = new pg.Pool({ ...this.#address, user, password: this.#password ?? "", database, max: 4 });
      this.#pool.on("error", () => {});
    }
    const client = await this.#pool.connect();
    try {
      await client.query("begin");
      for (const part of statements.flatMap((statement) => statement.split(";")).map((text) => text.trim())) {
        if (part === "") continue;
        await client.query(part.replace(/\{\{(\w+)\}\}/g, (all, name: string) => values[name] ?? all));
      }
      await client.query("commit");
    } catch (error) {
      await client.query("rollback");
      throw error;
    } finally {
      client.release();
    }
  }

  async end(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.end();
  }
}

/** As Vault formats it. */
function expiration(seconds: number): string {
  return `${new Date(Date.now() + seconds * 1000).toISOString().replace("T", " ").slice(0, 19)}+0000`;
}

export interface Request {
  readonly path: string;
  readonly token: string | undefined;
  readonly body: Record<string, unknown>;
}

/** Vault's HTTP API, as far as `bulkhead vault` uses it. */
export class FakeVault {
  readonly requests: Request[] = [];
  readonly connections: Readonly<Record<string, VaultConnection>>;
  readonly #server: Server;
  readonly #folder = mkdtempSync(join(tmpdir(), "bulkhead-vault-"));
  /** Answers that the next requests get instead, in order. */
  readonly faults: number[] = [];

  private constructor(connections: Readonly<Record<string, VaultConnection>>) {
    this.connections = connections;
    this.#server = createServer(async (request, response) => {
      const { status, body } = await this.#answer(request);
      response.writeHead(status, { "content-type": "application/json" }).end(body && JSON.stringify(body));
    });
    writeFileSync(join(this.#folder, "token"), "of-the-pod\n");
  }

  static async start(connections: Readonly<Record<string, VaultConnection>>): Promise<FakeVault> {
    const vault = new FakeVault(connections);
    await new Promise<void>((listening) => vault.#server.listen(0, "127.0.0.1", listening));
    return vault;
  }

  /** Environment of `bulkhead vault`. */
  get environment(): Record<string, string> {
    return {
      VAULT_ADDR: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`,
      BULKHEAD_VAULT_MOUNT: "database-test",
      BULKHEAD_VAULT_BACKEND: "kubernetes-test",
      BULKHEAD_VAULT_ROLE: "login-eu1",
      BULKHEAD_VAULT_TOKEN_FILE: join(this.#folder, "token"),
    };
  }

  async #answer(request: IncomingMessage): Promise<{ status: number; body?: object }> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = String(request.url).replace(/^\/v1\//, "");
    const body = JSON.parse(Buffer.concat(chunks).toString() || "{}") as Record<string, unknown>;
    this.requests.push({ path, token: request.headers["x-vault-token"] as string | undefined, body });
    const fault = this.faults.shift();
    if (fault !== undefined) return { status: fault, body: { errors: ["made for the test"] } };
    if (path === "auth/kubernetes-test/login")
      return body.jwt === "of-the-pod" && body.role === "login-eu1"
        ? { status: 200, body: { auth: { client_token: "of-vault" } } }
        : { status: 403, body: { errors: ["permission denied"] } };
    if (request.headers["x-vault-token"] !== "of-vault")
      return { status: 403, body: { errors: ["permission denied"] } };
    const [, verb, name] = /^database-test\/(config|rotate-root)\/(.+)$/.exec(path) ?? [];
    const connection = name === undefined ? undefined : this.connections[name];
    if (path === "auth/token/revoke-self") return { status: 204 };
    if (!connection) return { status: 404, body: { errors: [] } };
    try {
      await (verb === "config" ? connection.configure(String(body.password)) : connection.rotateRoot());
      return { status: 204 };
    } catch (error) {
      return { status: 500, body: { errors: [(error as Error).message] } };
    }
  }

  async end(): Promise<void> {
    for (const connection of Object.values(this.connections)) await connection.end();
    await new Promise((closed) => this.#server.close(closed));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
