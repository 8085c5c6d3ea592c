/** Direct logins of tenants (the login door): issued for a time, bound to one tenant by who they are, sealed with their tenant. */
import { randomBytes } from "node:crypto";
import { PLATFORM_DATABASE, tenantDatabase, tenantLogin } from "@bulkhead/config";
import { becomeAdministrator } from "./bootstrap.ts";
import { type Client, id, literal, type Target, transaction, withClient } from "./database.ts";
import { badInput } from "./failure.ts";
import { type RegisteredTenant, readTenants } from "./registry.ts";
import { scramVerifier } from "./scram.ts";

/** A login, with its secret: not to be logged. */
export interface IssuedLogin {
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** First schema of its search path. */
  readonly schema: string;
  readonly expiresAt: Date;
}

/**
 * Creates a direct login for a tenant. It inherits the tenant's rights, is a member of nothing of another's, and its account follows
 * from its name in the registry, so nothing that its session sets changes whose rows it sees.
 * @param lifetimeSeconds - until it can no longer log in, and until its open sessions see no rows
 */
export async function issueLogin(target: Target, tenantId: string, lifetimeSeconds: number): Promise<IssuedLogin> {
  return withClient(target, PLATFORM_DATABASE, "login", async (client) => {
    await becomeAdministrator(client);
    const tenant = (await transaction(client, "bulkhead_owner", () => readTenants(client))).find(
      (known) => known.id === tenantId,
    );
    if (!tenant) throw badInput(`${tenantId} is not a tenant of this cell`);
    if (tenant.status !== "active" || tenant.retained)
      throw badInput(`${tenantId} is ${tenant.retained ? "retained" : tenant.status}: it gets no login`);
    await dropExpired(client, target);
    const own = tenant.isolation === "database" || tenant.isolation === "instance";
    const login: IssuedLogin = {
      user: tenantLogin(tenantId, randomBytes(6).toString("hex")),
      password: randomBytes(24).toString("base64url"),
      database: own ? tenantDatabase(tenantId) : PLATFORM_DATABASE,
      schema: tenant.isolation === "schema" ? tenant.roleName! : "app",
      expiresAt: new Date(Date.now() + lifetimeSeconds * 1000),
    };
    // direct_login may connect to the platform's database, where a tenant with one of its own has nothing to look for.
    const groups = own ? [tenant.roleName!] : ["direct_login", tenant.roleName ?? "direct_user"];
    const bind = (connection: Client) =>
      transaction(connection, "bulkhead_owner", () =>
        connection.query("insert into bulkhead.login (login, tenant_id, expires_at) values ($1, $2, $3)", [
          login.user,
          tenantId,
          login.expiresAt,
        ]),
      );
    // The registry first: a login that no registry knows sees nothing, a registry row without a login lets nobody in.
    await bind(client);
    if (own)
      await withClient(target, login.database, "login", async (inside) => {
        await becomeAdministrator(inside);
        await bind(inside);
      });
    await transaction(client, undefined, async () => {
      // The creator inherits from what it creates, so that it may end the login's sessions later.
      await client.query("set local createrole_self_grant = 'inherit'");
      await client.query(
        `create role ${id(login.user)} login password ${literal(scramVerifier(login.password))} valid until ${literal(login.expiresAt.toISOString())}`,
      );
      for (const group of groups)
        await client.query(`grant ${id(group)} to ${id(login.user)} with inherit true, set false`);
      await client.query(`alter role ${id(login.user)} set search_path to ${id(login.schema)}`);
    });
    return login;
  });
}

/** Ends sessions of sealed tenants' logins and bars them; lets the logins of resumed tenants in again. Returns how many were sealed. */
export async function sealLogins(
  client: Client,
  target: Target,
  tenants: readonly RegisteredTenant[],
): Promise<number> {
  await dropExpired(client, target);
  const sealed = tenants.filter((tenant) => tenant.status !== "active" || tenant.retained).map((tenant) => tenant.id);
  const { rows } = await transaction(client, "bulkhead_owner", () =>
    client.query<{ login: string; sealed: boolean; open: boolean }>(
      `select login, tenant_id = any ($1) as sealed, rolcanlogin as open
       from bulkhead.login join pg_roles on rolname = login where (tenant_id = any ($1)) = rolcanlogin`,
      [sealed],
    ),
  );
  for (const row of rows) await client.query(`alter role ${id(row.login)} ${row.sealed ? "nologin" : "login"}`);
  const closed = rows.filter((row) => row.sealed).map((row) => row.login);
  if (closed.length > 0) await endSessions(client, closed);
  return closed.length;
}

/** Drops a login: bars it, ends its sessions, removes the role. The rows of the registry go last. */
export async function dropLogin(
  client: Client,
  target: Target,
  login: string,
  tenant?: { isolation: string; id: string },
): Promise<void> {
  await client.query(`alter role ${id(login)} nologin`).catch((error) => ignoreMissing(error));
  await endSessions(client, [login]);
  await client.query(`drop role if exists ${id(login)}`);
  const forget = (connection: Client) =>
    transaction(connection, "bulkhead_owner", () =>
      connection.query("delete from bulkhead.login where login = $1", [login]),
    );
  if (tenant && (tenant.isolation === "database" || tenant.isolation === "instance")) {
    await withClient(target, tenantDatabase(tenant.id), "login", async (inside) => {
      await becomeAdministrator(inside);
      await forget(inside);
    });
  }
  await forget(client);
}

async function dropExpired(client: Client, target: Target): Promise<void> {
  const { rows } = await transaction(client, "bulkhead_owner", () =>
    client.query<{ login: string; id: string; isolation: string }>(
      "select login, id, isolation from bulkhead.login join bulkhead.tenant on tenant.id = tenant_id where expires_at < now()",
    ),
  );
  for (const row of rows) await dropLogin(client, target, row.login, row);
}

/** Ends the sessions of logins, and waits until they are gone: a role with a session may still be reading. */
async function endSessions(client: Client, logins: readonly string[]): Promise<void> {
  await client.query(
    "select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = any ($1) and pid <> pg_backend_pid()",
    [logins],
  );
}

function ignoreMissing(error: unknown): void {
  if ((error as { code?: string }).code !== "42704") throw error;
}
