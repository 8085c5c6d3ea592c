/** Attacks by the claims door: what each request tries, and must not get. */
import { randomUUID } from "node:crypto";
import { id } from "../database.ts";
import { type Actor, asRequest, claimsOf, requestRole, rolledBack, schemaOf } from "./actors.ts";
import { type Attack, basesOf, Leak, noRows, nothing, refused, type Scene } from "./expectations.ts";

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
