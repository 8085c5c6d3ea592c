#!/usr/bin/env node
/** The command line: `bulkhead <verb>`. Results go to standard output, progress to standard error. */
import { parseArgs } from "node:util";
import { bootstrap } from "./bootstrap.ts";
import { codeOf, isConnectionLost, messageOf } from "./database.ts";
import { badInput, EXIT, Failure } from "./failure.ts";
import { stderrLogger } from "./logger.ts";
import { apply, type Stage } from "./verbs/apply.ts";
import { type Context, readManifestFolder } from "./verbs/context.ts";
import { lint } from "./verbs/lint.ts";
import { plan } from "./verbs/plan.ts";
import { proveVerb } from "./verbs/prove.ts";
import { status } from "./verbs/status.ts";
import { vault } from "./verbs/vault.ts";

const HELP = `bulkhead <verb> [options]

  bootstrap  roles, the platform database and its functions, in an empty cluster
  plan       say what apply would do to which tenant; touches nothing
  apply      make the database what the manifest says
  status     every tenant: what it should be, what it is
  lint       look for what would weaken isolation
  prove      attack the platform as each kind of client, and report
  vault      give Vault its own logins, and have it change their passwords

  --manifest <folder>    the tenants, as stacks/4-tenants writes them (bootstrap, plan, apply)
  --stage <stage>        create (roles, databases: the administrator's credential), migrate (tables: the migrator's) or all
  --defer-failures       exit with 0 though some tenants failed; prove --report tells of them
  --no-prove             do not prove isolation at the end of apply
  --report               report tenants whose rollout failed, too (prove)
  --migrations <folder>  the application's migrations; default: the core entities
  --connection <c=whose> a connection of Vault's, and whose database it is: platform, or a tenant (vault; may be repeated)
  --schema-tenant <id>   a tenant whose logins the platform's connection issues (vault; may be repeated)
  --stable <login=role>  a login that stays, and the authenticator it is a member of (vault; may be repeated)
  --generation <n>       raised, it gives Vault new passwords (vault)
  --json                 one JSON document on standard output
  --quiet                no progress on standard error
  --help

It connects as libpq does: PGHOST, PGPORT, PGUSER, PGPASSWORD or PGPASSFILE. prove makes logins with passwords of its own; where the
Auth Proxy's listener logs in by identity, BULKHEAD_LOGIN_ADDRESS (host:port) names one that passes passwords through.
vault reaches Vault by VAULT_ADDR and VAULT_NAMESPACE, and logs in by BULKHEAD_VAULT_BACKEND, _ROLE and _TOKEN_FILE; BULKHEAD_VAULT_MOUNT
is the path of its database engine.
Exit codes: 0 done, 1 some tenants failed or the database was lost, 2 bad input (nothing was touched), 3 isolation not proven.`;

const VERBS = ["bootstrap", "plan", "apply", "status", "lint", "prove", "vault"];

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parse(argv);
  const [verb, ...rest] = positionals;
  if (values.help || verb === undefined || verb === "help") {
    process.stdout.write(`${HELP}\n`);
    return verb === undefined && !values.help ? EXIT.badInput : EXIT.done;
  }
  if (!VERBS.includes(verb) || rest.length > 0)
    throw badInput(`"${[verb, ...rest].join(" ")}" is not a verb; bulkhead --help lists them`);
  const json = values.json ?? false;
  const context: Context = {
    target: { host: process.env.PGHOST ?? "127.0.0.1", ...passwordAddress() },
    log: stderrLogger(values.quiet),
    json,
    migrations: values.migrations,
    manifest: () => readManifestFolder(values.manifest),
    print: (lines, document) =>
      process.stdout.write(json ? `${JSON.stringify(document, null, 2)}\n` : `${lines().join("\n")}\n`),
  };
  switch (verb) {
    case "bootstrap":
      await bootstrap(context.target, context.manifest(), context.log);
      context.print(() => ["bootstrapped: roles, the platform database and its functions are in place"], {
        bootstrapped: true,
      });
      return EXIT.done;
    case "plan":
      await plan(context, { print: true });
      return EXIT.done;
    case "apply":
      return apply(context, {
        stage: stageOf(values.stage),
        deferFailures: values["defer-failures"] ?? false,
        prove: !values["no-prove"],
      });
    case "status":
      return status(context);
    case "lint":
      return lint(context);
    case "vault":
      return vault(context, values);
    default:
      return proveVerb(context, { report: values.report ?? false });
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        manifest: { type: "string" },
        migrations: { type: "string" },
        stage: { type: "string" },
        "defer-failures": { type: "boolean" },
        "no-prove": { type: "boolean" },
        connection: { type: "string", multiple: true },
        "schema-tenant": { type: "string", multiple: true },
        stable: { type: "string", multiple: true },
        generation: { type: "string" },
        report: { type: "boolean" },
        json: { type: "boolean" },
        quiet: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw badInput(`${messageOf(error)}; bulkhead --help lists the options`);
  }
}

function passwordAddress() {
  const address = process.env.BULKHEAD_LOGIN_ADDRESS;
  if (!address) return {};
  const [host, port] = address.split(":");
  if (!host || !/^\d+$/.test(port ?? "")) throw badInput(`BULKHEAD_LOGIN_ADDRESS "${address}" is not host:port`);
  return { passwordAddress: { host, port: Number(port) } };
}

function stageOf(stage: string | undefined): Stage {
  if (stage === undefined || stage === "all" || stage === "create" || stage === "migrate") return stage ?? "all";
  throw badInput(`--stage ${stage}: use create, migrate or all`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof Failure) {
    process.stderr.write(`bulkhead: ${error.message}\n`);
    process.exitCode = error.exitCode;
  } else if (isConnectionLost(error)) {
    process.stderr.write(
      `bulkhead: cannot reach the database (${messageOf(error)}); what was done is kept, run this again when it is back\n`,
    );
    process.exitCode = EXIT.failed;
  } else if (codeOf(error) !== "") {
    process.stderr.write(`bulkhead: the database refused: ${messageOf(error)} (SQLSTATE ${codeOf(error)})\n`);
    process.exitCode = EXIT.failed;
  } else {
    process.stderr.write(`bulkhead: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = EXIT.failed;
  }
}
