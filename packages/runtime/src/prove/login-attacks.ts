/** Attacks by the login door: what each session tries, and must not get. */
import { id, literal } from "../database.ts";
import { claimsOf, rolledBack, schemaOf } from "./actors.ts";
import { type Attack, basesOf, Leak, nothing, refused } from "./expectations.ts";

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
          const { rows } = await client.query("select bulkhead.account_id() as account");
          if (rows[0].account !== scene.attacker.accountId) throw new Leak(`acts for ${rows[0].account} after ${call}`);
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
