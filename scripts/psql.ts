/** `npm run psql -- <tenant>`: a session as that tenant's role; by the login door where the tenant has tables of its own. */
import { spawnSync } from "node:child_process";
import { dropOperatorLogin, issueLogin, issueOperatorLogin } from "@bulkhead/runtime";
import { script, UserError } from "./lib/cli.ts";
import { findTenant, openPlatform, operatorTarget, primaryOfTenant } from "./lib/local.ts";
import { localPlatform } from "./lib/platform.ts";

const HELP = `
npm run psql -- <tenant> [<arguments of psql>]

Opens psql as the tenant, for an hour. A schema or database tenant has a login of its own, which sees that tenant's rows whatever SQL is
run in it. For a pooled tenant the session is yours, as the operator: api_user, bound to the account by a setting.
Example: npm run psql -- acme -c "select name from bases"`;

// What follows the tenant is psql's own, options too.
const [id, ...rest] = process.argv.slice(2);
const args = rest[0] === "--" ? rest.slice(1) : rest;
process.argv.splice(3);

await script(HELP, {}, async () => {
  if (id === undefined) throw new UserError(HELP.trim(), 2);
  if (spawnSync("psql", ["--version"]).status !== 0) {
    throw new UserError(
      "psql is not on this machine. Install PostgreSQL's client (Debian: apt-get install postgresql-client; macOS: brew install libpq), then run this again.",
    );
  }
  const { environment, cloud } = openPlatform(localPlatform());
  const tenant = findTenant(environment, id);
  const target = await operatorTarget(cloud, primaryOfTenant(environment, tenant));
  if (!target) throw new UserError("the database is not running; run npm run up");
  const pooled = tenant.isolation === "pooled";
  const operator = pooled ? await issueOperatorLogin(target, tenant.id, 3600) : undefined;
  const login = operator ?? (await issueLogin(target, tenant.id, 3600));
  if (pooled) {
    process.stderr.write(
      `${tenant.id} is pooled: this is your session as the operator, acting as api_user for its account. Tenants that share tables get no SQL of their own.\n`,
    );
  }
  // By the environment of the child: a command line can be read by every user of the machine.
  const { status } = spawnSync("psql", args, {
    stdio: "inherit",
    env: {
      ...process.env,
      PGHOST: target.host,
      PGPORT: String(target.port),
      PGUSER: login.user,
      PGPASSWORD: login.password,
      PGDATABASE: login.database,
      PGAPPNAME: `psql ${tenant.id}`,
      ...(operator ? { PGOPTIONS: operator.options } : {}),
    },
  });
  if (operator) await dropOperatorLogin(target, operator.user);
  return status ?? 1;
});
