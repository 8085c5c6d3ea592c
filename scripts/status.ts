/** `npm run status`: what runs, the tenants, the last proof. */
import { existsSync } from "node:fs";
import { tenantTable } from "@bulkhead/runtime";
import { script } from "./lib/cli.ts";
import { openPlatform, readAddresses, registeredTenants } from "./lib/local.ts";
import { localPlatform } from "./lib/platform.ts";
import { lastProofs, proofPlaces } from "./lib/proof.ts";
import { platformLines, table } from "./lib/summary.ts";

const HELP = `
npm run status [-- --json]

Shows the local platform: its servers, addresses, tenants and the last isolation proof. Exit code 1 where a server is down or a tenant failed.`;

await script(HELP, { json: { type: "boolean" } }, async (values) => {
  const platform = localPlatform();
  if (!existsSync(platform.home)) {
    process.stdout.write(values.json ? `${JSON.stringify({ up: false })}\n` : "nothing is up here; run npm run up\n");
    return 1;
  }
  const { environment, cloud } = openPlatform(platform);
  const servers = await cloud.status();
  const down = servers.filter((server) => server.wanted && !server.running);
  const registered = down.some((server) => server.kind === "postgres")
    ? []
    : await registeredTenants(platform, cloud, environment);
  const addresses = await readAddresses(platform, cloud, registered);
  const tenants = tenantTable(registered);
  const proof = await lastProofs(cloud, await proofPlaces(platform));
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ up: down.length === 0, servers, addresses, tenants, proof }, null, 2)}\n`);
  } else {
    const rows = servers.map((server) => [
      server.kind,
      server.name,
      server.running ? "running" : server.wanted ? "DOWN" : "ended",
      String(server.pid ?? ""),
      server.address ?? "",
    ]);
    const lines = [
      "Servers",
      ...table(["kind", "name", "state", "pid", "address"], rows),
      "",
      ...platformLines(addresses, tenants, proof),
      ...(down.length > 0 ? ["", `${down.length} servers are down: npm run up starts them`] : []),
    ];
    process.stdout.write(`${lines.join("\n")}\n`);
  }
  return down.length > 0 || tenants.some((tenant) => tenant.phase === "failed") ? 1 : 0;
});
