/** Who acts in the tests of a running platform: tenants, administrators and strangers over HTTP, tenants by direct logins, and the truth. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { accountIdOf, type Environment, type Tenant, tenantDatabase, tenantRole } from "@bulkhead/config";
import type { Cloud } from "@bulkhead/local-cloud";
import { asAdmin, Paths, readServer } from "@bulkhead/local-cloud/testing";
import { type Client, connect, issueLogin, type Target } from "@bulkhead/runtime";
import { importJWK, type JWK, type JWTPayload, SignJWT } from "jose";
import { openPlatform, operatorTarget, primaryOf } from "../../scripts/lib/local.ts";
import { platformAt } from "../../scripts/lib/platform.ts";
import { Api } from "./api.ts";

const CELL = "eu1";
export const AUDIENCE = "bulkhead";

export type Claims = JWTPayload & { role?: unknown; account_id?: unknown };

/** A direct session of a tenant, as its own tools would have it. */
export interface Session {
  readonly client: Client;
  readonly user: string;
  readonly schema: string;
  readonly database: string;
  /** The same login, for another connection. Holds its password. */
  readonly target: Target;
}

export class Stage {
  readonly #environment: Environment;
  readonly #cloud: Cloud;
  readonly #key: JWK;
  readonly #urls: Readonly<Record<string, string>>;
  readonly #operator: Target;
  readonly #open: Client[] = [];

  private constructor(
    environment: Environment,
    cloud: Cloud,
    key: JWK,
    urls: Record<string, string>,
    operator: Target,
  ) {
    this.#environment = environment;
    this.#cloud = cloud;
    this.#key = key;
    this.#urls = urls;
    this.#operator = operator;
  }

  /** Opens the platform of a folder, which is up. */
  static async open(root: string): Promise<Stage> {
    const home = join(root, ".bulkhead");
    const { environment, cloud } = openPlatform(platformAt(root, home, "local", "realise"));
    const key = JSON.parse(readFileSync(join(home, "signing-key.json"), "utf8")) as JWK;
    const urls: Record<string, string> = {};
    for (const service of ["client", "admin", "shard-0"])
      urls[service] = await cloud.serviceUrl({ namespace: `bulkhead-${CELL}`, service });
    for (const { id, isolation, status } of environment.tenants.tenants)
      if (isolation === "database" && status !== "archived" && status !== "deleted")
        urls[`tenant-${id}`] = await cloud.serviceUrl({
          namespace: `bulkhead-${CELL}-tenants`,
          service: `tenant-${id}`,
        });
    const operator = await operatorTarget(cloud, primaryOf(environment, CELL));
    if (!operator) throw new Error("the database is not running");
    return new Stage(environment, cloud, key, urls, operator);
  }

  tenant(id: string): Tenant {
    const found = this.#environment.tenants.tenants.find((tenant) => tenant.id === id);
    if (!found) throw new Error(`${id} is not in the config`);
    return found;
  }

  account(id: string): string {
    return accountIdOf(id);
  }

  /** The role that a tenant's requests run as. */
  role(id: string): string {
    return this.tenant(id).isolation === "pooled" ? "api_user" : tenantRole(id);
  }

  /** The schema of a tenant's tables, in its database. */
  schema(id: string): string {
    return this.tenant(id).isolation === "schema" ? tenantRole(id) : "app";
  }

  database(id: string): string {
    return this.tenant(id).isolation === "database" ? tenantDatabase(id) : "platform";
  }

  /** `client`, `admin`, `shard-0` or `tenant-<id>`. */
  url(service: string): string {
    const url = this.#urls[service];
    if (!url) throw new Error(`${service} is not served`);
    return url;
  }

  /** Where a tenant is served. */
  service(id: string): string {
    const { isolation } = this.tenant(id);
    return isolation === "pooled" ? "client" : isolation === "schema" ? "shard-0" : `tenant-${id}`;
  }

  /** Claims of a good token of a tenant. */
  claims(id: string): Claims {
    return { role: this.role(id), account_id: accountIdOf(id), ...common("tester") };
  }

  adminClaims(): Claims {
    return { role: "admin_user", ...common("root@test") };
  }

  /** Signs claims as the platform's issuer would. */
  async sign(claims: Claims): Promise<string> {
    const key = await importJWK(this.#key, "ES256");
    return new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: "local", typ: "JWT" }).sign(key);
  }

  publicKey(): JWK {
    const { d: _secret, ...rest } = this.#key;
    return rest;
  }

  /** The API as a tenant with a good token, where the tenant is served. */
  async as(id: string): Promise<Api> {
    return this.with(await this.sign(this.claims(id)), this.service(id), this.schema(id));
  }

  /** The admin tier as an administrator. */
  async administrator(): Promise<Api> {
    return this.with(await this.sign(this.adminClaims()), "admin", "app");
  }

  /** Any token (or none) at any service, asking for a schema. */
  with(token: string | undefined, service: string, schema: string): Api {
    return new Api(this.url(service), {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      // The client tier and a tenant's own serve `app` first; a tenant of theirs has no need to name it.
      ...(schema === "app" ? {} : { "accept-profile": schema, "content-profile": schema }),
    });
  }

  /** A direct session of a tenant. */
  async login(id: string, seconds = 600): Promise<Session> {
    const issued = await issueLogin(this.#operator, id, seconds);
    const target = { ...this.#operator, user: issued.user, password: issued.password };
    return {
      client: await this.connect(target, issued.database),
      user: issued.user,
      schema: issued.schema,
      database: issued.database,
      target,
    };
  }

  /** A connection that is closed with the stage. */
  async connect(target: Target, database: string): Promise<Client> {
    const client = await connect(target, database, "test");
    this.#open.push(client);
    return client;
  }

  /** A session of the operator's as the owner of the platform's objects, row-level security forced on it. */
  async owner(database = "platform"): Promise<Client> {
    const client = await this.connect(this.#operator, database);
    await client.query("set role alloydbsuperuser");
    await client.query("set role bulkhead_owner");
    return client;
  }

  /** What a superuser, whom no policy binds, reads: what is really there. */
  async truth(database: string, sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    const paths = new Paths(this.#cloud.dir);
    const instance = primaryOf(this.#environment, CELL);
    const record = await readServer(paths, instance);
    if (!record) throw new Error("there is no server");
    return asAdmin(paths, record, database, async (client) => (await client.query(sql, values)).rows);
  }

  async close(): Promise<void> {
    for (const client of this.#open.splice(0)) await client.end().catch(() => {});
  }
}

function common(subject: string): Claims {
  const now = Math.floor(Date.now() / 1000);
  return { sub: subject, aud: AUDIENCE, iat: now, exp: now + 600 };
}
