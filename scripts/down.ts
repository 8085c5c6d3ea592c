/** `npm run down`: stops the local platform. Its data stays, unless --delete asks for its end. */
import { existsSync, rmSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { openCloud } from "@bulkhead/local-cloud";
import { script, UserError } from "./lib/cli.ts";
import { localPlatform } from "./lib/platform.ts";
import { endOrphans } from "./lib/processes.ts";
import { holdRoot } from "./lib/root-lock.ts";

const HELP = `
npm run down [-- --delete [--yes]]

Stops the local platform's servers and keeps their data: npm run up brings it all back.
--delete  deletes everything, data included, after asking; --yes answers the question.`;

await script(HELP, { delete: { type: "boolean" }, yes: { type: "boolean", short: "y" } }, async (values) => {
  const platform = localPlatform();
  if (!existsSync(platform.home)) {
    process.stdout.write("nothing is up here, and nothing is kept\n");
    return 0;
  }
  // Let go at the end of the process.
  holdRoot(platform);
  const cloud = openCloud(platform.cloud);
  if (!values.delete) {
    const running = (await cloud.status()).filter((server) => server.running).length;
    await cloud.stop();
    process.stdout.write(`stopped ${running} servers; their data is kept, npm run up brings them back\n`);
    return 0;
  }
  if (!values.yes && !(await confirmed(platform.home))) {
    process.stdout.write("nothing was deleted\n");
    return 1;
  }
  await cloud.destroy();
  endOrphans(platform);
  rmSync(platform.home, { recursive: true, force: true });
  process.stdout.write("stopped and deleted: servers, data, state and keys\n");
  return 0;
});

async function confirmed(home: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UserError("--delete asks first, and there is no terminal to ask; add --yes", 2);
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await prompt.question(
    `Delete the local platform with all tenants' data (${home})? Type "delete" to go on: `,
  );
  prompt.close();
  return answer.trim() === "delete";
}
