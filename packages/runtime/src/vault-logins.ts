/**
 * `bulkhead vault`: gives Vault its own logins in the database. The password is made here, told to the database as a verifier and to Vault
 * over its API, and Vault is made to change it at once: it was never in a state, a manifest, an argument or a log, and after this nobody
 * but Vault knows it.
 */
import { createHash, randomBytes } from "node:crypto";
import {
  PLATFORM_DATABASE,
  tenantDatabase,
  tenantRole,
  VAULT_LOGIN,
  vaultStatements,
  vaultTenantLogin,
} from "@bulkhead/config";
import { becomeAdministrator, createRole } from "./bootstrap.ts";
import { type Client, id, literal, messageOf, type Target, transaction, withClient } from "./database.ts";
import { badInput, Failure } from "./failure.ts";
import { underLock } from "./lock.ts";
import type { Logger } from "./logger.ts";
import { readTenants } from "./registry.ts";
import { scramVerifier } from "./scram.ts";
import { readSqlFile, sqlFolder } from "./sql-files.ts";
import { type VaultAddress, VaultClient, type VaultIdentity } from "./vault-client.ts";

export interface VaultLoginsOptions extends VaultAddress, VaultIdentity {
  /** Path of Vault's database secrets engine. */
  readonly mount: string;
  /** Connections of that engine, by name, and whose database each reaches: a tenant's id, or `platform`. */
  readonly connections: Readonly<Record<string, string>>;
  /** Tenants with a schema of their own whose logins Vault issues by the platform's connection. */
  readonly schemaTenants: readonly string[];
  /** Logins that stay, by name, and which authenticator each is a member of. */
  readonly stable: Readonly<Record<string, string>>;
  /** Raised where Vault is to be given new passwords though it has some: it was rebuilt, or restored from a backup. */
  readonly generation: string;
}

/** What Vault's login of the platform's database may give to the logins it issues. */
const GIVES = ["migrator", "client_authenticator", "direct_login"];
/** Which roles a login that stays may be a member of. */
const STABLE_ROLES = /^(?:client_authenticator|shard_\d+_authenticator)$/;

interface OwnLogin {
  readonly connection: string;
  readonly login: string;
  readonly database: string;
  /** Roles that it may make the logins it issues members of. */
  readonly gives: readonly string[];
}

/** @returns the connections that were given a new password */
export async function giveVaultLogins(target: Target, options: VaultLoginsOptions, log: Logger): Promise<string[]> {
  return withClient(target, PLATFORM_DATABASE, "vault", async (client) => {
    const administrator = await becomeAdministrator(client);
    return underLock(target, PLATFORM_DATABASE, log, async () => {
      const logins = await ownLogins(client, options);
      const failed: string[] = [];
      const due: OwnLogin[] = [];
      // What cannot be given (the database of a tenant that failed) keeps no other from being given.
      for (const own of logins)
        await prepare(client, own).then(
          async () => {
            if ((await seedOf(client, own)) !== seed(options, own)) due.push(own);
          },
          (error) => failed.push(`${own.connection}: ${messageOf(error)}`),
        );
      await grantSchemaTenants(client, options.schemaTenants);
      await createStable(client, administrator, options.stable);
      if (due.length > 0) await handOverAll(client, options, due, failed, log);
      if (failed.length > 0) throw new Failure(`Vault was not given all its logins:\n  ${failed.join("\n  ")}`, 1);
      return due.map(({ connection }) => connection);
    });
  });
}

async function handOverAll(
  client: Client,
  options: VaultLoginsOptions,
  due: readonly OwnLogin[],
  failed: string[],
  log: Logger,
): Promise<void> {
  const vault = await VaultClient.login(options, options);
  try {
    for (const own of due) {
      await handOver(client, vault, options, own).then(
        () => log.say(`Vault has the login ${own.login} by the connection ${own.connection}, and changed its password`),
        (error) => failed.push(`${own.connection}: ${messageOf(error)}`),
      );
    }
  } finally {
    await vault.logout();
  }
}

async function ownLogins(client: Client, options: VaultLoginsOptions): Promise<OwnLogin[]> {
  const tenants = await transaction(client, "bulkhead_owner", () => readTenants(client));
  const mistakes: string[] = [];
  const known = (tenantId: string, isolations: readonly string[], words: string) => {
    const tenant = tenants.find((candidate) => candidate.id === tenantId);
    if (!tenant || !isolations.includes(tenant.isolation)) mistakes.push(`${tenantId}: is no tenant with ${words}`);
  };
  for (const tenantId of options.schemaTenants) known(tenantId, ["schema"], "a schema of its own in this cell");
  const logins = Object.entries(options.connections).map(([connection, whose]): OwnLogin => {
    if (whose === PLATFORM_DATABASE)
      return { connection, login: VAULT_LOGIN, database: PLATFORM_DATABASE, gives: GIVES };
    known(whose, ["database", "instance"], "a database of its own in this cell");
    return {
      connection,
      login: vaultTenantLogin(whose),
      database: tenantDatabase(whose),
      gives: [tenantRole(whose)],
    };
  });
  for (const [login, role] of Object.entries(options.stable)) {
    if (!/^stable_[a-z0-9_]+$/.test(login)) mistakes.push(`${login}: name a login that stays stable_<workload>`);
    if (!STABLE_ROLES.test(role)) mistakes.push(`${role}: no login that stays may be a member of it`);
  }
  if (mistakes.length > 0) throw badInput(`Vault cannot be given its logins:\n  ${mistakes.join("\n  ")}`);
  return logins;
}

/** The login with its rights and no password yet: nobody can log in by it. */
async function prepare(client: Client, own: OwnLogin): Promise<void> {
  const { rowCount } = await client.query("select from pg_roles where rolname = $1", [own.login]);
  const [create, ...rest] = vaultStatements(readSqlFile(`${sqlFolder}/vault`, "own-login.sql").text, {
    login: own.login,
  });
  await transaction(client, undefined, async () => {
    for (const statement of rowCount === 0 ? [create!, ...rest] : rest) await client.query(statement);
    for (const role of own.gives) await mayGive(client, own.login, role);
  });
  await transaction(client, "bulkhead_owner", async () => {
    await client.query(`grant connect on database ${id(own.database)} to ${id(own.login)}`);
  });
}

/** ADMIN alone: it may make others members, and is none that could use the role. */
async function mayGive(client: Client, login: string, role: string): Promise<void> {
  await client.query(`grant ${id(role)} to ${id(login)} with admin true, inherit false, set false`);
}

async function grantSchemaTenants(client: Client, tenantIds: readonly string[]): Promise<void> {
  await transaction(client, undefined, async () => {
    for (const tenantId of tenantIds) await mayGive(client, VAULT_LOGIN, tenantRole(tenantId));
  });
}

async function createStable(
  client: Client,
  administrator: string,
  stable: VaultLoginsOptions["stable"],
): Promise<void> {
  for (const [login, role] of Object.entries(stable)) {
    await transaction(client, undefined, async () => {
      await client.query("set local createrole_self_grant = 'inherit'");
      await createRole(client, login, [
        `alter role ${id(login)} login`,
        `grant ${id(role)} to ${id(login)} with inherit true, set true`,
        `grant ${id(login)} to ${id(administrator)} with inherit true, set false`,
      ]);
      await mayGive(client, VAULT_LOGIN, login);
    });
  }
}

async function handOver(client: Client, vault: VaultClient, options: VaultLoginsOptions, own: OwnLogin): Promise<void> {
  const password = randomBytes(32).toString("base64url");
  await client.query(`alter role ${id(own.login)} password ${literal(scramVerifier(password))}`);
  // Vault keeps what this does not name: the address, the allowed roles.
  await vault.write(`${options.mount}/config/${own.connection}`, { password });
  // Logs in with it, and fails where it cannot.
  await vault.write(`${options.mount}/rotate-root/${own.connection}`);
  await transaction(client, "bulkhead_owner", () =>
    client.query(
      "insert into bulkhead.setting values ($1, $2) on conflict (name) do update set value = excluded.value",
      [settingOf(own), seed(options, own)],
    ),
  );
}

async function seedOf(client: Client, own: OwnLogin): Promise<string | undefined> {
  return transaction(client, "bulkhead_owner", async () => {
    const { rows } = await client.query<{ value: string }>("select value from bulkhead.setting where name = $1", [
      settingOf(own),
    ]);
    return rows[0]?.value;
  });
}

function settingOf(own: OwnLogin): string {
  return `vault_seed_${own.login}`;
}

/** Which Vault was given the login, and when anew: the same is not given twice. */
function seed(options: VaultLoginsOptions, own: OwnLogin): string {
  const what = [options.address, options.namespace ?? "", options.mount, own.connection, options.generation];
  return createHash("sha256").update(JSON.stringify(what)).digest("hex").slice(0, 16);
}
