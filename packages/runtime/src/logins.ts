/** Direct logins of tenants (the login door): issued for a time, bound to one tenant by who they are, sealed with their tenant. */
import { randomBytes } from "node:crypto";
import { PLATFORM_DATABASE, tenantDatabase, tenantLogin } from "@bulkhead/config";
import { becomeAdministrator, MAINTENANCE_DATABASE } from "./bootstrap.ts";
import { type Client, codeOf, id, literal, messageOf, type Target, transaction, withClient } from "./database.ts";
import { badInput } from "./failure.ts";
import { type Logger, silentLogger } from "./logger.ts";
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

/** A login that passwords open until a time. Holds its secret. */
type TimedLogin = Pick<IssuedLogin, "user" | "password" | "expiresAt">;

/** Creates a login, and does with it what it is for, in one transaction: a login that is there has its rights and its bounds. */
async function createLogin(client: Client, login: TimedLogin, then: readonly string[]): Promise<void> {
  await transaction(client, undefined, async () => {
    // The creator inherits from what it creates, so that it may end the login's sessions later.
    await client.query("set local createrole_self_grant = 'inherit'");
    await client.query(
      `create role ${id(login.user)} login password ${literal(scramVerifier(login.password))} valid until ${literal(login.expiresAt.toISOString())}`,
    );
    for (const statement of then) await client.query(statement);
  });
}

/** Creates a login as a PostgREST has it: it may become what the authenticator may become. For operators and proofs, never for tenants. */
export async function createAuthenticatorLogin(
  client: Client,
  login: TimedLogin,
  authenticator: string,
): Promise<void> {
  await createLogin(client, login, [`grant ${id(authenticator)} to ${id(login.user)} with inherit true, set true`]);
}

/** Sessions that one login may have at a time: a tenant must not take all of the server's. */
const CONNECTIONS = 5;

/**
 * Creates a direct login for a tenant with tables of its own. It inherits the tenant's rights, is a member of nothing of another's, and its account follows
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
    if (tenant.isolation === "pooled") {
      // Policies hide rows. They do not hide what the planner knows of a shared table, nor in which order it evaluates conditions, and a
      // session that runs SQL of its own can ask for both: value by value, that is the others' data.
      throw badInput(
        `${tenantId} is pooled: tenants that share tables get no login of their own; use isolation schema, database or instance`,
      );
    }
    await dropExpired(client, target, silentLogger);
    const own = hasOwnDatabase(tenant);
    const login: IssuedLogin = {
      user: tenantLogin(tenantId, randomBytes(6).toString("hex")),
      password: randomBytes(24).toString("base64url"),
      database: own ? tenantDatabase(tenantId) : PLATFORM_DATABASE,
      schema: tenant.isolation === "schema" ? tenant.roleName! : "app",
      expiresAt: new Date(Date.now() + lifetimeSeconds * 1000),
    };
    // direct_login may connect to the platform's database, where a tenant with one of its own has nothing to look for.
    const groups = own ? [tenant.roleName!] : ["direct_login", tenant.roleName!];
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
    await createLogin(client, login, [
      ...groups.map((group) => `grant ${id(group)} to ${id(login.user)} with inherit true, set false`),
      `alter role ${id(login.user)} connection limit ${CONNECTIONS}`,
      `alter role ${id(login.user)} set search_path to ${id(login.schema)}`,
    ]);
    return login;
  });
}

/**
 * Bars the logins of tenants that are not active and ends their sessions, in the tenants' own databases too, and lets the logins of
 * resumed tenants in again. What cannot be done for one login keeps no other from being sealed.
 * @returns how many were barred
 */
export async function sealLogins(
  client: Client,
  target: Target,
  tenants: readonly RegisteredTenant[],
  log: Logger,
): Promise<number> {
  const sealed = tenants.filter((tenant) => tenant.status !== "active" || tenant.retained);
  const { rows } = await transaction(client, "bulkhead_owner", () =>
    client.query<{ login: string; sealed: boolean; open: boolean }>(
      // What Vault issues in a tenant's own database is registered there alone; here the roles tell whose it is.
      `select login, tenant_id = any ($1) as sealed, rolcanlogin as open
       from (
         select login, tenant_id from bulkhead.login
         union
         select member.rolname, tenant.id
         from bulkhead.tenant join pg_roles as granted on granted.rolname = role_name
         join pg_auth_members on roleid = granted.oid join pg_roles as member on member.oid = member
         where member.rolname ~ '^login_'
       ) as known join pg_roles on rolname = login`,
      [sealed.map((tenant) => tenant.id)],
    ),
  );
  for (const row of rows) {
    // Vault may be ending it at this moment.
    if (row.sealed === row.open)
      await client
        .query(`alter role ${id(row.login)} ${row.sealed ? "nologin" : "login"}`)
        .catch((error) => ignoreGone(client, row.login, error));
  }
  const barred = rows.filter((row) => row.sealed).map((row) => row.login);
  // Every time, not only when they were barred just now: a run that was killed in between ended none.
  if (barred.length > 0) await endSessions(client, barred);
  for (const tenant of sealed) if (hasOwnDatabase(tenant)) await sealDatabase(target, tenant, log);
  await dropExpired(client, target, log);
  return rows.filter((row) => row.sealed && row.open).length;
}

/** Tells a tenant's own database that the tenant is not active: its requests are checked there. */
async function sealDatabase(target: Target, tenant: RegisteredTenant, log: Logger): Promise<void> {
  try {
    await withClient(target, tenantDatabase(tenant.id), "seal", async (own) => {
      await becomeAdministrator(own);
      await transaction(own, "bulkhead_owner", () =>
        own.query("update bulkhead.tenant set status = $2, retained = $3 where id = $1", [
          tenant.id,
          tenant.status,
          tenant.retained,
        ]),
      );
    });
  } catch (error) {
    // Not there, or not bootstrapped: then there is nothing to seal.
    if (!["3D000", "42P01", "3F000"].includes(codeOf(error)))
      log.say(`${tenant.id}: its database could not be told: ${messageOf(error)}`);
  }
}

function hasOwnDatabase(tenant: { isolation: string }): boolean {
  return tenant.isolation === "database" || tenant.isolation === "instance";
}

/** A session of the operator's that acts for a tenant: what a login is in, and the settings it starts with. */
export interface OperatorSession extends IssuedLogin {
  /** For PGOPTIONS. */
  readonly options: string;
}

/**
 * Creates a login for the operator of a development platform, to look at a pooled tenant as its requests do: as `api_user`, bound to the
 * account by a setting, as by the claims door. Not for tenants: whoever runs SQL of his own can change the setting.
 */
export async function issueOperatorLogin(
  target: Target,
  tenantId: string,
  lifetimeSeconds: number,
): Promise<OperatorSession> {
  return withClient(target, PLATFORM_DATABASE, "login", async (client) => {
    await becomeAdministrator(client);
    const tenant = (await transaction(client, "bulkhead_owner", () => readTenants(client))).find(
      (known) => known.id === tenantId,
    );
    if (!tenant) throw badInput(`${tenantId} is not a tenant of this cell`);
    await dropExpired(client, target, silentLogger);
    const user = `operator_${randomBytes(6).toString("hex")}`;
    const password = randomBytes(24).toString("base64url");
    const expiresAt = new Date(Date.now() + lifetimeSeconds * 1000);
    await createAuthenticatorLogin(client, { user, password, expiresAt }, "client_authenticator");
    const options = `-c role=api_user -c app.account_id=${tenant.accountId} -c search_path=app`;
    return { user, password, database: PLATFORM_DATABASE, schema: "app", expiresAt, options };
  });
}

/** Ends what an operator's session left: the login, and what it may own. */
export async function dropOperatorLogin(target: Target, login: string): Promise<void> {
  await withClient(target, PLATFORM_DATABASE, "login", async (client) => {
    await becomeAdministrator(client);
    await dropLogin(client, target, login);
  });
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
  // What the login owns (a large object, default privileges) would keep it from being dropped. DROP OWNED is per database.
  const databases = [
    PLATFORM_DATABASE,
    MAINTENANCE_DATABASE,
    ...(tenant && hasOwnDatabase(tenant) ? [tenantDatabase(tenant.id)] : []),
  ];
  for (const database of databases) {
    await withClient(target, database, "login", async (inside) => {
      await becomeAdministrator(inside);
      await inside.query(`drop owned by ${id(login)}`).catch((error) => ignoreMissing(error));
    });
  }
  await client.query(`drop role if exists ${id(login)}`);
  const forget = (connection: Client) =>
    transaction(connection, "bulkhead_owner", () =>
      connection.query("delete from bulkhead.login where login = $1", [login]),
    );
  if (tenant && hasOwnDatabase(tenant)) {
    await withClient(target, tenantDatabase(tenant.id), "login", async (inside) => {
      await becomeAdministrator(inside);
      await forget(inside);
    });
  }
  await forget(client);
}

/** Drops logins whose time is over, an operator's and an interrupted proof's too. One that cannot be dropped keeps no other. */
async function dropExpired(client: Client, target: Target, log: Logger): Promise<void> {
  const { rows } = await transaction(client, "bulkhead_owner", () =>
    client.query<{ login: string; id: string | null; isolation: string | null }>(
      `select login, id, isolation from bulkhead.login join bulkhead.tenant on tenant.id = tenant_id where expires_at < now()
       union
       select rolname, null, null from pg_roles where rolname ~ '^(prove|operator)_[0-9a-f]{12}$' and rolvaliduntil < now()
       union
       -- Vault ends its own; after an hour it has failed to.
       select rolname, null, null from pg_roles
       where rolname ~ '^(db_admin|runtime_user)_[a-z0-9]+_[0-9a-f]{12}$' and rolvaliduntil < now() - interval '1 hour'
       union
       select member.rolname, tenant.id, tenant.isolation
       from bulkhead.tenant join pg_roles as granted on granted.rolname = role_name
       join pg_auth_members on roleid = granted.oid join pg_roles as member on member.oid = member
       where member.rolname ~ '^login_' and member.rolvaliduntil < now() - interval '1 hour'`,
    ),
  );
  for (const { login, id: tenantId, isolation } of rows) {
    const tenant = tenantId !== null && isolation !== null ? { id: tenantId, isolation } : undefined;
    await dropLogin(client, target, login, tenant).catch((error) =>
      log.say(`${login} is expired and could not be dropped: ${messageOf(error)}`),
    );
  }
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

/** For a statement about a login that another session may have dropped meanwhile: thrown again where the login is still there. */
async function ignoreGone(client: Client, login: string, error: unknown): Promise<void> {
  const { rowCount } = await client.query("select from pg_roles where rolname = $1", [login]);
  if (rowCount !== 0) throw error;
}
