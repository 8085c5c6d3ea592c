/** Vault's policies, as least as its paths allow. */

/** Reads one role's credentials; ends the leases of that role, as the operator does when its object goes. */
export function credentialsPolicy(mount: string, credentials: string, revokes: boolean): string {
  const path = `${mount}/${credentials}`;
  const blocks = [block(path, ["read"])];
  if (revokes) blocks.push(block("sys/leases/revoke", ["update"], { lease_id: [`${path}/*`] }));
  return `${blocks.join("\n\n")}\n`;
}

/** Tells Vault the password of its own login for these connections, and nothing else about them, and has Vault change it. */
export function loginsPolicy(mount: string, connections: readonly string[]): string {
  return `${connections
    .toSorted()
    .flatMap((connection) => [
      block(`${mount}/config/${connection}`, ["update"], { password: [] }),
      block(`${mount}/rotate-root/${connection}`, ["update"]),
    ])
    .join("\n\n")}\n`;
}

function block(path: string, capabilities: readonly string[], parameters?: Readonly<Record<string, string[]>>): string {
  const allowed = Object.entries(parameters ?? {}).map(([name, values]) => `    "${name}" = ${JSON.stringify(values)}`);
  return [
    `path "${path}" {`,
    `  capabilities = ${JSON.stringify(capabilities)}`,
    ...(allowed.length === 0 ? [] : ["  allowed_parameters = {", ...allowed, "  }"]),
    "}",
  ].join("\n");
}
