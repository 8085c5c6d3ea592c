/** `npm run token -- <tenant>`: a short-lived development token for the local stack. */
import { readEnvironment } from "@bulkhead/config";
import { script, UserError } from "./lib/cli.ts";
import { findTenant } from "./lib/local.ts";
import { localPlatform } from "./lib/platform.ts";
import { mintToken, tenantClaims } from "./lib/tokens.ts";

const HELP = `
npm run token -- <tenant> [--minutes <n>] [--subject <who>]
npm run token -- --admin [--minutes <n>]

Prints a token for a tenant of the local stack, signed with this machine's own key. Good for 15 minutes unless told otherwise, 60 at
most. --admin: a token for the admin tier. In a command: $(npm run -s token -- acme)`;

await script(
  HELP,
  { minutes: { type: "string" }, subject: { type: "string" }, admin: { type: "boolean" } },
  async (values, [id, ...more]) => {
    const minutes = Number(values.minutes ?? 15);
    if (!(minutes > 0 && minutes <= 60))
      throw new UserError(`--minutes ${values.minutes}: use a number from 1 to 60`, 2);
    if ((id === undefined) === !values.admin || more.length > 0) throw new UserError(HELP.trim(), 2);
    const platform = localPlatform();
    const environment = readEnvironment(platform.stacks, platform.environment);
    const who = values.admin ? { role: "admin_user" } : tenantClaims(findTenant(environment, id!));
    const token = await mintToken(platform, {
      ...who,
      subject: values.subject ?? "developer",
      audience: environment.services.tokens.audience,
      lifetime: Math.round(minutes * 60),
    });
    process.stdout.write(`${token}\n`);
    return 0;
  },
);
