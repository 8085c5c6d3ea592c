/** Who attacks: fresh logins of each kind, as a real client would have them, gone at the end. */
import { randomBytes } from "node:crypto";
import { PLATFORM_DATABASE, shardAuthenticator, tenantAuthenticator, tenantDatabase } from "@bulkhead/config";
import { becomeAdministrator } from "../bootstrap.ts";
import { type Client, connect, type Target, withPassword } from "../database.ts";
import { createAuthenticatorLogin, dropLogin, issueLogin } from "../logins.ts";
import type { RegisteredTenant } from "../registry.ts";

/** Seconds that a login of the proof lives, should the proof be killed before it drops it. */
const LIFETIME = 600;
/** Names of the proof's own logins begin so; the next login or rollout clears away what an interrupted proof left, once expired. */
const PREFIX = "prove_";

/** A connection by one door, and the tenant it belongs to. */
export interface Actor {
  readonly client: Client;
  readonly login: string;
  readonly tenant: RegisteredTenant;
  readonly schema: string;
}

export class Actors {
  readonly #target: Target;
  readonly #administrator: Client;
  readonly #opened: { client: Client; login: string; tenant?: RegisteredTenant }[] = [];

  private constructor(target: Target, administrator: Client) {
    this.#target = target;
    this.#administrator = administrator;
  }

  static async open(target: Target): Promise<Actors> {
    const administrator = await connect(target, PLATFORM_DATABASE, "prove");
    try {
      await becomeAdministrator(administrator);
    } catch (error) {
      await administrator.end();
      throw error;
    }
    return new Actors(target, administrator);
  }

  /** A session as the PostgREST that serves the tenant has it: its login may become the request roles, and has done nothing yet. */
  async atClaimsDoor(tenant: RegisteredTenant): Promise<Actor> {
    const own = tenant.isolation === "database" || tenant.isolation === "instance";
    const authenticator = own
      ? tenantAuthenticator(tenant.id)
      : tenant.isolation === "schema"
        ? shardAuthenticator(tenant.shard!)
        : "client_authenticator";
    const client = await this.#login(authenticator, own ? tenantDatabase(tenant.id) : PLATFORM_DATABASE);
    return { ...client, tenant, schema: schemaOf(tenant) };
  }

  /** A session of the admin tier's login. */
  async administrator(): Promise<{ client: Client; login: string }> {
    return this.#login("admin_authenticator", PLATFORM_DATABASE);
  }

  /** A session by a direct login that belongs to the tenant. */
  async atLoginDoor(tenant: RegisteredTenant): Promise<Actor> {
    const issued = await issueLogin(this.#target, tenant.id, LIFETIME);
    const client = await connect(withPassword(this.#target, issued.user, issued.password), issued.database, "prove");
    this.#opened.push({ client, login: issued.user, tenant });
    return { client, login: issued.user, tenant, schema: issued.schema };
  }

  async #login(authenticator: string, database: string): Promise<{ client: Client; login: string }> {
    const login = `${PREFIX}${randomBytes(6).toString("hex")}`;
    const password = randomBytes(24).toString("base64url");
    const expiresAt = new Date(Date.now() + LIFETIME * 1000);
    await createAuthenticatorLogin(this.#administrator, { user: login, password, expiresAt }, authenticator);
    const client = await connect(withPassword(this.#target, login, password), database, "prove");
    this.#opened.push({ client, login });
    return { client, login };
  }

  /** Closes every session and drops every login. */
  async close(): Promise<void> {
    for (const { client } of this.#opened) await client.end().catch(() => {});
    try {
      for (const { login, tenant } of this.#opened) await dropLogin(this.#administrator, this.#target, login, tenant);
    } finally {
      await this.#administrator.end();
    }
  }
}

/** The schema of a tenant's tables, in its database. */
export function schemaOf(tenant: RegisteredTenant): string {
  return tenant.isolation === "schema" ? tenant.roleName! : "app";
}

/** The role that a tenant's requests run as. */
export function requestRole(tenant: RegisteredTenant): string {
  return tenant.roleName ?? "api_user";
}

/** Runs `work` as PostgREST runs a request: role and claims for the transaction, the hook, then the statement. Always rolled back. */
export async function asRequest<T>(
  client: Client,
  role: string,
  claims: object | undefined,
  work: () => Promise<T>,
): Promise<T> {
  return rolledBack(client, async () => {
    await client.query("select set_config('role', $1, true), set_config('request.jwt.claims', $2, true)", [
      role,
      claims ? JSON.stringify(claims) : "",
    ]);
    await client.query("select bulkhead.pre_request()");
    return work();
  });
}

/** Runs `work` in a transaction that leaves nothing behind. */
export async function rolledBack<T>(client: Client, work: () => Promise<T>): Promise<T> {
  await client.query("begin");
  try {
    return await work();
  } finally {
    await client.query("rollback");
  }
}

/** Claims as the platform's issuer signs them. */
export function claimsOf(tenant: RegisteredTenant, more: object = {}): object {
  return {
    aud: "bulkhead",
    sub: "isolation-proof",
    role: requestRole(tenant),
    account_id: tenant.accountId,
    exp: Math.floor(Date.now() / 1000) + 60,
    ...more,
  };
}
