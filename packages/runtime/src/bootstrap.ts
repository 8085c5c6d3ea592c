/** The platform in an empty cluster: roles, the platform database, the contract's functions. Idempotent, and cheap when nothing is to do. */
import { type Manifest, PLATFORM_DATABASE, shardAuthenticator } from "@bulkhead/config";
import { auditDatabase } from "./audit-extension.ts";
import { type Client, codeOf, id, literal, type Target, transaction, withClient } from "./database.ts";
import { badInput, Failure } from "./failure.ts";
import { lockBootstrap } from "./lock.ts";
import type { Logger } from "./logger.ts";
import { bootstrapFiles, readSqlFile, sqlFolder } from "./sql-files.ts";

/** What AlloyDB calls the role whose members may create roles and databases. */
const CLOUD_ADMINISTRATOR = "alloydbsuperuser";

/** The database that every cluster has; only roles and databases are created from there. */
export const MAINTENANCE_DATABASE = "postgres";

/**
 * Acts as the role that may create roles and databases.
 * @throws Failure where the login may not, or where it is a superuser: row-level security would not hold for it, nor be proven by it.
 * @returns the name of the role acted as
 */
export async function becomeAdministrator(client: Client): Promise<string> {
  const { rows } = await client.query<{ login: string; unbound: boolean; able: boolean; cloud: boolean }>(
    `select session_user as login, rolsuper or rolbypassrls as unbound, rolcreaterole and rolcreatedb as able,
            exists (select from pg_roles as cloud where cloud.rolname = $1 and pg_has_role(session_user, cloud.oid, 'SET')) as cloud
     from pg_roles where rolname = session_user`,
    [CLOUD_ADMINISTRATOR],
  );
  const { login, unbound, able, cloud } = rows[0]!;
  if (unbound)
    throw badInput(
      `${login} is a superuser or bypasses row-level security; use a login that may create roles and databases and no more`,
    );
  // Created things must belong to one role, whichever administrator's login creates them.
  if (cloud) {
    await client.query(`set role ${id(CLOUD_ADMINISTRATOR)}`);
    return CLOUD_ADMINISTRATOR;
  }
  if (!able) throw badInput(`${login} may not create roles and databases; make it a member of ${CLOUD_ADMINISTRATOR}`);
  return login;
}

/** Roles, the platform database and its functions, the shards' authenticators, and which login is a member of what. */
export async function bootstrap(
  target: Target,
  settings: Pick<Manifest, "shards" | "logins">,
  log: Logger,
): Promise<void> {
  await withClient(target, MAINTENANCE_DATABASE, "bootstrap", async (client) => {
    const administrator = await becomeAdministrator(client);
    await lockBootstrap(client, log);
    const roles = readSqlFile(sqlFolder, "roles.sql");
    await transaction(client, undefined, async () => {
      await client.query(roles.text);
      for (let shard = 0; shard < settings.shards; shard++) await createShard(client, shard);
    });
    await createDatabase(client, PLATFORM_DATABASE, administrator, [
      "bulkhead_authenticator",
      "direct_login",
      "auditor",
    ]);
    await bindLogins(client, settings.logins);
    await closeDatabases(client, administrator, log);
  });
  await withClient(target, PLATFORM_DATABASE, "bootstrap", async (client) => {
    await becomeAdministrator(client);
    await auditDatabase(client, PLATFORM_DATABASE, log);
    if (await bootstrapDatabase(client)) log.say(`bootstrapped the database ${PLATFORM_DATABASE}`);
    await transaction(client, "bulkhead_owner", async () => {
      await client.query("select bulkhead.expose('app', null, '{api_user}')");
    });
  });
}

/**
 * Takes the databases that come with a server from everybody: a login could keep objects there, take locks that the bootstrap takes, and
 * read how much others do. Where they belong to the cloud, that is left to it, and said.
 */
async function closeDatabases(client: Client, administrator: string, log: Logger): Promise<void> {
  for (const database of [MAINTENANCE_DATABASE, "template1"]) {
    const { rows } = await client.query<{ open: boolean; ours: boolean }>(
      `select exists (select from aclexplode(coalesce(datacl, acldefault('d', datdba))) as acl where acl.grantee = 0) as open,
              pg_has_role(datdba, 'USAGE') as ours
       from pg_database where datname = $1`,
      [database],
    );
    if (!rows[0]?.open) continue;
    if (!rows[0].ours) {
      log.say(`database ${database} is open to every login and not ours to close`);
      continue;
    }
    await client.query(`revoke all on database ${id(database)} from public`);
    await client.query(`grant connect on database ${id(database)} to migrator, ${id(administrator)}`);
  }
}

async function createShard(client: Client, shard: number): Promise<void> {
  const role = shardAuthenticator(shard);
  await createRole(client, role, [
    `grant bulkhead_authenticator to ${id(role)} with inherit true, set false`,
    `grant anon to ${id(role)} with inherit false, set true`,
  ]);
}

/** Creates a NOLOGIN role with its grants if it is not there. One transaction does both, so a role that exists has them. */
export async function createRole(client: Client, role: string, grants: readonly string[]): Promise<void> {
  const { rowCount } = await client.query("select from pg_roles where rolname = $1", [role]);
  if (rowCount === 0) await client.query([`create role ${id(role)} nologin`, ...grants].join("; "));
}

/** Creates a database that nobody may connect to but those named. CREATE DATABASE takes no transaction, so each step is repeatable. */
export async function createDatabase(
  client: Client,
  database: string,
  administrator: string,
  mayConnect: readonly string[],
): Promise<void> {
  const { rows } = await client.query<{ datconnlimit: number }>(
    "select datconnlimit from pg_database where datname = $1",
    [database],
  );
  if (rows[0]?.datconnlimit === -2) {
    throw new Failure(
      `database ${database} is the remains of a DROP DATABASE that was interrupted; drop it by hand, then run this again`,
      1,
    );
  }
  if (rows.length === 0) {
    await client.query(`create database ${id(database)} owner bulkhead_owner template template0`).catch((error) => {
      // A killed run had begun to create it, and its server process went on to the end.
      if (!["42P04", "23505"].includes(codeOf(error))) throw error;
    });
  }
  await transaction(client, "bulkhead_owner", async () => {
    await client.query(`revoke all on database ${id(database)} from public`);
    await client.query(
      `grant connect on database ${id(database)} to migrator, ${[administrator, ...mayConnect].map(id).join(", ")}`,
    );
  });
}

/** Puts the contract's schemas, tables and functions into the connected database, if it does not have this version of them. */
export async function bootstrapDatabase(client: Client): Promise<boolean> {
  const { files, hash } = bootstrapFiles();
  if ((await bootstrapHash(client)) === hash) return false;
  await transaction(client, "bulkhead_owner", async () => {
    for (const file of files) {
      await client.query(file.text).catch((error) => {
        throw new Failure(`bootstrap ${file.name}: ${(error as Error).message}`, 1);
      });
    }
    await client.query(
      "insert into bulkhead.setting values ('bootstrap_hash', $1) on conflict (name) do update set value = excluded.value",
      [hash],
    );
  });
  return true;
}

async function bootstrapHash(client: Client): Promise<string | undefined> {
  // By the catalogue: a login that is not yet the owner may not even look a name up in the schema.
  const { rowCount } = await client.query(
    "select from pg_class where relname = 'setting' and relnamespace = (select oid from pg_namespace where nspname = 'bulkhead')",
  );
  if (rowCount === 0) return undefined;
  return transaction(client, "bulkhead_owner", async () => {
    const { rows } = await client.query<{ value: string }>(
      "select value from bulkhead.setting where name = 'bootstrap_hash'",
    );
    return rows[0]?.value;
  });
}

const BINDABLE =
  /^(?:migrator|auditor|client_authenticator|admin_authenticator|shard_\d+_authenticator|authenticator_[a-z0-9_]+)$/;

/**
 * Makes each login a member of its role. The logins themselves are the cloud's (IAM users) or Vault's.
 * SET lets an authenticator pass through to the roles it may become; what it becomes, it does not inherit.
 */
export async function bindLogins(client: Client, logins: Readonly<Record<string, string>>): Promise<void> {
  const { rows } = await client.query<{ rolname: string }>("select rolname from pg_roles where rolname = any ($1)", [
    Object.entries(logins).flat(),
  ]);
  const known = new Set(rows.map((row) => row.rolname));
  const mistakes = Object.entries(logins).flatMap(([role, login]) => {
    if (!BINDABLE.test(role)) return [`${role}: no login may be a member of it`];
    if (!known.has(role)) return [`${role}: there is no such role`];
    return known.has(login)
      ? []
      : [`${login}: there is no such database user; the layer that owns the workload creates it`];
  });
  if (mistakes.length > 0) throw badInput(`the logins of the manifest do not fit:\n  ${mistakes.join("\n  ")}`);
  for (const [role, login] of Object.entries(logins)) {
    const { rowCount } = await client.query(
      "select from pg_auth_members where roleid = $1::regrole and member = $2::regrole and inherit_option and set_option",
      [id(role), id(login)],
    );
    if (rowCount === 0) await client.query(`grant ${id(role)} to ${id(login)} with inherit true, set true`);
  }
}

/** For `expose`, whose last argument is an array of names. */
export function nameArray(names: readonly string[]): string {
  return `array[${names.map(literal).join(", ")}]::name[]`;
}
