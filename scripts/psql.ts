/** `npm run psql -- <tenant>`: a session by the login door, as a direct login of that tenant. */
import { spawnSync } from "node:child_process";
import { issueLogin } from "@bulkhead/runtime";
import { script, UserError } from "./lib/cli.ts";
import { findTenant, openPlatform, operatorTarget } from "./lib/local.ts";
import { localPlatform } from "./lib/platform.ts";

const HELP = `
npm run psql -- <tenant> [<arguments of psql>]

Opens psql as a fresh login that belongs to the tenant, good for an hour: it sees that tenant's rows whatever SQL is run in it.
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
  const target = await operatorTarget(cloud, environment, tenant.cell);
  if (!target) throw new UserError("the database is not running; run npm run up");
  const login = await issueLogin(target, tenant.id, 3600);
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
    },
  });
  return status ?? 1;
});
