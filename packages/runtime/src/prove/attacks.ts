/** The attacks of the proof: what each tries, by which door, and what it must not get. */
import { randomUUID } from "node:crypto";
import { type Client, codeOf, id, literal, messageOf } from "../database.ts";
import type { RegisteredTenant } from "../registry.ts";
import { type Actor, asRequest, claimsOf, requestRole, rolledBack, schemaOf } from "./actors.ts";

/** A pair of tenants: one attacks, the other must not notice. `canary` is a row of the victim's `bases`, committed. */
export interface Scene {
  readonly attacker: RegisteredTenant;
  readonly victim: RegisteredTenant;
  readonly canary: string;
}

/** Thrown by an attack that got through. */
export class Leak extends Error {}

export interface Attack {
  readonly title: string;
  readonly run: (actor: Actor, scene: Scene) => Promise<void>;
}

/** What PostgreSQL or the hook says when it refuses: privilege, row-level security, the hook, a key that does not exist there, no such object. */
const REFUSED = new Set(["42501", "PT403", "23503", "42P01", "3F000", "0A000", "25006", "22023", "28000"]);

async function refused(what: string, attempt: Promise<unknown>): Promise<void> {
  try {
    await attempt;
  } catch (error) {
    if (REFUSED.has(codeOf(error))) return;
    throw new Leak(`${what}: expected a refusal, got ${codeOf(error)} ${messageOf(error)}`);
  }
  throw new Leak(`${what}: was not refused`);
}

async function noRows(what: string, attempt: Promise<{ rowCount: number | null }>): Promise<void> {
  const { rowCount } = await attempt;
  if (rowCount !== 0) throw new Leak(`${what}: ${rowCount} rows`);
}

/** Nothing at all: refused, or no rows. */
async function nothing(what: string, client: Client, sql: string, values: unknown[] = []): Promise<void> {
  await client.query("savepoint attack");
  try {
    const { rowCount } = await client.query(sql, values);
    if (rowCount !== 0) throw new Leak(`${what}: ${rowCount} rows`);
  } catch (error) {
    if (error instanceof Leak || !REFUSED.has(codeOf(error)))
      throw error instanceof Leak ? error : new Leak(`${what}: ${codeOf(error)} ${messageOf(error)}`);
  }
  await client.query("rollback to attack");
}

const basesOf = (tenant: RegisteredTenant) => `${id(schemaOf(tenant))}.bases`;

const asAttacker = (actor: Actor, scene: Scene, work: () => Promise<void>) =>
  asRequest(actor.client, requestRole(scene.attacker), claimsOf(scene.attacker), work);

/** By the claims door: what a request with the attacker's own token may try, and what forged or missing claims may. */
export const CLAIMS_ATTACKS: readonly Attack[] = [
  {
    title: "its own rows are there (control)",
    run: ({ client }, scene) =>
      asRequest(client, requestRole(scene.attacker), claimsOf(scene.attacker), async () => {
        await client.query(`insert into ${basesOf(scene.attacker)} (name) values ('control')`);
        const { rowCount } = await client.query(`select from ${basesOf(scene.attacker)} where name = 'control'`);
        if (rowCount !== 1) throw new Leak("the tenant does not see its own row: the attacks would prove nothing");
      }),
  },
  {
    title: "read the victim's rows",
    run: (actor, scene) =>
      asAttacker(actor, scene, () =>
        nothing("select", actor.client, `select from ${basesOf(scene.victim)} where account_id = $1 or id = $2`, [
          scene.victim.accountId,
          scene.canary,
        ]),
      ),
  },
  {
    title: "count the victim's rows",
    run: (actor, scene) =>
      asAttacker(actor, scene, () =>
        nothing(
          "count",
          actor.client,
          `select from (select count(*) as n from ${basesOf(scene.victim)} where account_id = $1) as counted where n > 0`,
          [scene.victim.accountId],
        ),
      ),
  },
  {
    title: "update the victim's rows",
    run: (actor, scene) =>
      asAttacker(actor, scene, () =>
        nothing("update", actor.client, `update ${basesOf(scene.victim)} set name = 'taken' where id = $1`, [
          scene.canary,
        ]),
      ),
  },
  {
    title: "delete the victim's rows",
    run: (actor, scene) =>
      asAttacker(actor, scene, () =>
        nothing("delete", actor.client, `delete from ${basesOf(scene.victim)} where id = $1`, [scene.canary]),
      ),
  },
  {
    title: "insert a row as the victim",
    run: (actor, scene) =>
      asAttacker(actor, scene, () =>
        refused(
          "insert",
          actor.client.query(`insert into ${basesOf(scene.victim)} (account_id, name) values ($1, 'planted')`, [
            scene.victim.accountId,
          ]),
        ),
      ),
  },
  {
    title: "upsert over the victim's key",
    run: (actor, scene) =>
      asAttacker(actor, scene, () =>
        refused(
          "upsert",
          actor.client.query(
            `insert into ${basesOf(scene.victim)} (account_id, id, name) values ($1, $2, 'planted') on conflict (account_id, id) do update set name = excluded.name`,
            [scene.victim.accountId, scene.canary],
          ),
        ),
      ),
  },
  {
    title: "move an own row to the victim",
    run: (actor, scene) =>
      asAttacker(actor, scene, async () => {
        const { rows } = await actor.client.query(
          `insert into ${basesOf(scene.attacker)} (name) values ('mine') returning id`,
        );
        await refused(
          "move",
          actor.client.query(`update ${basesOf(scene.attacker)} set account_id = $1 where id = $2`, [
            scene.victim.accountId,
            rows[0].id,
          ]),
        );
      }),
  },
  {
    title: "refer to the victim's row by a foreign key",
    run: (actor, scene) =>
      asAttacker(actor, scene, () =>
        refused(
          "foreign key",
          actor.client.query(
            `insert into ${id(schemaOf(scene.attacker))}.tables (base_id, name) values ($1, 'reach')`,
            [scene.canary],
          ),
        ),
      ),
  },
  {
    title: "TRUNCATE",
    run: (actor, scene) =>
      asAttacker(actor, scene, () =>
        refused("truncate", actor.client.query(`truncate ${basesOf(scene.attacker)} cascade`)),
      ),
  },
  {
    title: "lock the table against everybody",
    run: (actor, scene) =>
      asAttacker(actor, scene, () =>
        refused(
          "lock",
          actor.client
            .query(`lock table ${basesOf(scene.victim)} in access exclusive mode nowait`)
            .then(() => actor.client.query("create table bulkhead.owned ()")),
        ),
      ),
  },
  {
    title: "read the registry",
    run: (actor, scene) =>
      asAttacker(actor, scene, () => refused("registry", actor.client.query("select * from bulkhead.tenant"))),
  },
  {
    title: "read the audit of row changes",
    run: (actor, scene) =>
      asAttacker(actor, scene, () => refused("audit", actor.client.query("select * from bulkhead.row_change"))),
  },
  {
    title: "create a table in the shared schema",
    run: (actor, scene) =>
      asAttacker(actor, scene, () =>
        refused("create", actor.client.query(`create table ${id(schemaOf(scene.attacker))}.mine (id int)`)),
      ),
  },
  {
    title: "a token of the victim's account under the attacker's role",
    run: (actor, scene) =>
      scene.victim.roleName === scene.attacker.roleName
        ? Promise.resolve()
        : refused(
            "foreign account",
            asRequest(actor.client, requestRole(scene.attacker), claimsOf(scene.victim), async () => {}),
          ),
  },
  {
    title: "no claims",
    run: ({ client }, scene) =>
      refused(
        "no claims",
        asRequest(client, requestRole(scene.attacker), undefined, async () => {}),
      ),
  },
  {
    title: "claims without an audience",
    run: ({ client }, scene) =>
      refused(
        "no audience",
        asRequest(client, requestRole(scene.attacker), claimsOf(scene.attacker, { aud: undefined }), async () => {}),
      ),
  },
  {
    title: "claims without an expiry",
    run: ({ client }, scene) =>
      refused(
        "no expiry",
        asRequest(client, requestRole(scene.attacker), claimsOf(scene.attacker, { exp: undefined }), async () => {}),
      ),
  },
  {
    title: "claims of an account that does not exist",
    run: ({ client }, scene) =>
      refused(
        "unknown account",
        asRequest(
          client,
          requestRole(scene.attacker),
          claimsOf(scene.attacker, { account_id: randomUUID() }),
          async () => {},
        ),
      ),
  },
  {
    title: "SQL in the account claim",
    run: ({ client }, scene) =>
      refused(
        "claim",
        asRequest(
          client,
          requestRole(scene.attacker),
          claimsOf(scene.attacker, { account_id: `${scene.attacker.accountId}' or true --` }),
          async () => {},
        ),
      ),
  },
  {
    title: "become the administrator",
    run: (actor) =>
      rolledBack(actor.client, () => refused("admin_user", actor.client.query("set local role admin_user"))),
  },
  {
    title: "become the owner",
    run: (actor) =>
      rolledBack(actor.client, () => refused("bulkhead_owner", actor.client.query("set local role bulkhead_owner"))),
  },
  {
    title: "without becoming anybody, the login reads nothing",
    run: ({ client }, scene) =>
      rolledBack(client, () => refused("authenticator", client.query(`select from ${basesOf(scene.attacker)}`))),
  },
  {
    title: "the account does not outlive its transaction",
    run: async (actor, scene) => {
      await asAttacker(actor, scene, async () => {});
      const { rows } = await actor.client.query(
        "select nullif(current_setting('app.account_id', true), '') as left, current_user as who",
      );
      if (rows[0].left !== null || rows[0].who !== actor.login)
        throw new Leak(`left behind: account ${rows[0].left}, role ${rows[0].who}`);
    },
  },
  {
    title: "a role without an account sees no rows",
    run: ({ client }, scene) =>
      rolledBack(client, async () => {
        await client.query(`set local role ${id(requestRole(scene.attacker))}`);
        await noRows("no account", client.query(`select from ${basesOf(scene.attacker)}`));
      }),
  },
];

/** By the login door: whatever SQL the tenant runs in a session of its own. */
export const LOGIN_ATTACKS: readonly Attack[] = [
  {
    title: "its own rows are there (control)",
    run: ({ client }, scene) =>
      rolledBack(client, async () => {
        await client.query(`insert into ${basesOf(scene.attacker)} (name) values ('control')`);
        const { rows } = await client.query(`select account_id from ${basesOf(scene.attacker)}`);
        if (rows.length === 0 || rows.some((row) => row.account_id !== scene.attacker.accountId))
          throw new Leak("the login does not see its own rows, or sees others");
      }),
  },
  ...["set_config('app.account_id', $1, false)", "set_config('app.account_id', $1, true)"].map(
    (call): Attack => ({
      title: `${call.replace("$1", "the victim's")}`,
      run: ({ client }, scene) =>
        rolledBack(client, async () => {
          await client.query(`select ${call}`, [scene.victim.accountId]);
          await nothing("setting", client, `select from ${basesOf(scene.victim)} where account_id = $1`, [
            scene.victim.accountId,
          ]);
          await nothing(
            "setting, update",
            client,
            `update ${basesOf(scene.victim)} set name = 'taken' where account_id = $1`,
            [scene.victim.accountId],
          );
        }),
    }),
  ),
  {
    title: "a setting made within the statement that reads",
    run: ({ client }, scene) =>
      rolledBack(client, () =>
        nothing(
          "materialized setting",
          client,
          `with forged as materialized (select set_config('app.account_id', $1, true)) select bases.* from forged, ${basesOf(scene.victim)} as bases where bases.account_id = $1::uuid`,
          [scene.victim.accountId],
        ),
      ),
  },
  {
    title: "call the request hook with forged claims",
    run: ({ client }, scene) =>
      rolledBack(client, async () => {
        await client.query("savepoint hook");
        await client.query(
          "select set_config('request.jwt.claims', $1, true), set_config('app.account_id', $2, true)",
          [JSON.stringify(claimsOf(scene.victim)), scene.victim.accountId],
        );
        await client.query("select bulkhead.pre_request()").catch(() => client.query("rollback to hook"));
        await nothing("hook", client, `select from ${basesOf(scene.victim)} where account_id = $1`, [
          scene.victim.accountId,
        ]);
      }),
  },
  ...[
    "api_user",
    "anon",
    "admin_user",
    "bulkhead_owner",
    "migrator",
    "client_authenticator",
    "admin_authenticator",
    "auditor",
    "direct_user",
    "alloydbsuperuser",
    "postgres",
  ].map(
    (role): Attack => ({
      title: `SET ROLE ${role}`,
      run: ({ client }) => rolledBack(client, () => refused(role, client.query(`set role ${id(role)}`))),
    }),
  ),
  {
    title: "SET ROLE to the victim's role",
    run: ({ client }, scene) =>
      scene.victim.roleName === null || scene.victim.roleName === scene.attacker.roleName
        ? Promise.resolve()
        : rolledBack(client, () => refused("victim's role", client.query(`set role ${id(scene.victim.roleName!)}`))),
  },
  {
    title: "SET SESSION AUTHORIZATION",
    run: ({ client }) =>
      rolledBack(client, () => refused("session authorization", client.query("set session authorization postgres"))),
  },
  {
    title: "RESET ROLE and RESET ALL",
    run: ({ client }, scene) =>
      rolledBack(client, async () => {
        await client.query("reset role");
        await client.query("reset all");
        await nothing("reset", client, `select from ${basesOf(scene.victim)} where account_id = $1`, [
          scene.victim.accountId,
        ]);
      }),
  },
  {
    title: "row_security = off",
    run: ({ client }, scene) =>
      rolledBack(client, async () => {
        await client.query("set local row_security = off");
        await refused("row_security off", client.query(`select from ${basesOf(scene.victim)}`));
      }),
  },
  {
    title: "TRUNCATE",
    run: ({ client }, scene) =>
      rolledBack(client, () => refused("truncate", client.query(`truncate ${basesOf(scene.attacker)} cascade`))),
  },
  {
    title: "COPY the table out",
    run: ({ client }, scene) =>
      rolledBack(client, () =>
        nothing(
          "copy",
          client,
          `copy (select * from ${basesOf(scene.victim)} where account_id = ${literal(scene.victim.accountId)}) to stdout`,
        ).catch((error) => {
          throw error;
        }),
      ),
  },
  {
    title: "COPY to a program",
    run: ({ client }, scene) =>
      rolledBack(client, () =>
        refused("program", client.query(`copy (select 1) to program 'cat' /* ${scene.attacker.id} */`)),
      ),
  },
  {
    title: "read a server file",
    run: ({ client }) =>
      rolledBack(client, () => refused("file", client.query("select pg_read_file('postgresql.conf')"))),
  },
  {
    title: "drop the policy",
    run: ({ client }, scene) =>
      rolledBack(client, () =>
        refused("drop policy", client.query(`drop policy tenant_boundary on ${basesOf(scene.attacker)}`)),
      ),
  },
  {
    title: "disable the trigger",
    run: ({ client }, scene) =>
      rolledBack(client, () =>
        refused("disable trigger", client.query(`alter table ${basesOf(scene.attacker)} disable trigger all`)),
      ),
  },
  {
    title: "replication role",
    run: ({ client }) =>
      rolledBack(client, () =>
        refused("replication role", client.query("set local session_replication_role = replica")),
      ),
  },
  {
    title: "replace account_id()",
    run: ({ client }) =>
      rolledBack(client, () =>
        refused(
          "function",
          client.query(
            "create or replace function bulkhead.account_id() returns uuid language sql as 'select null::uuid'",
          ),
        ),
      ),
  },
  {
    title: "create a temporary table",
    run: ({ client }) =>
      rolledBack(client, () => refused("temporary table", client.query("create temporary table pg_tenant (id text)"))),
  },
  {
    title: "read the registry",
    run: ({ client }) => rolledBack(client, () => refused("registry", client.query("select * from bulkhead.tenant"))),
  },
  {
    title: "register itself as the victim's login",
    run: ({ client, login }, scene) =>
      rolledBack(client, () =>
        refused(
          "login row",
          client.query("update bulkhead.login set tenant_id = $1 where login = $2", [scene.victim.id, login]),
        ),
      ),
  },
  {
    title: "create a role",
    run: ({ client }) => rolledBack(client, () => refused("create role", client.query("create role prove_created"))),
  },
  {
    title: "a leaky function in the condition",
    run: ({ client }, scene) =>
      rolledBack(client, () =>
        nothing(
          "leaky condition",
          client,
          `select from ${basesOf(scene.victim)} where account_id = $1 and 1 / (length(name) - length(name) + 1) = 1`,
          [scene.victim.accountId],
        ),
      ),
  },
  {
    title: "statistics of the column",
    run: ({ client }, scene) =>
      rolledBack(client, () =>
        nothing("statistics", client, "select from pg_stats where schemaname = $1 and tablename = 'bases'", [
          schemaOf(scene.victim),
        ]),
      ),
  },
];
