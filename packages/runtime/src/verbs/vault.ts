/** `bulkhead vault`: gives Vault its own logins. */
import { badInput, EXIT } from "../failure.ts";
import { giveVaultLogins } from "../vault-logins.ts";
import type { Context } from "./context.ts";

export interface VaultArguments {
  readonly connection?: readonly string[] | undefined;
  readonly "schema-tenant"?: readonly string[] | undefined;
  readonly stable?: readonly string[] | undefined;
  readonly generation?: string | undefined;
}

export async function vault(context: Context, values: VaultArguments): Promise<number> {
  const namespace = process.env.VAULT_NAMESPACE;
  const given = await giveVaultLogins(
    context.target,
    {
      address: setting("VAULT_ADDR"),
      ...(namespace ? { namespace } : {}),
      mount: setting("BULKHEAD_VAULT_MOUNT"),
      auth: setting("BULKHEAD_VAULT_BACKEND"),
      role: setting("BULKHEAD_VAULT_ROLE"),
      tokenFile: setting("BULKHEAD_VAULT_TOKEN_FILE"),
      connections: pairs("--connection", values.connection),
      schemaTenants: values["schema-tenant"] ?? [],
      stable: pairs("--stable", values.stable),
      generation: values.generation ?? "1",
    },
    context.log,
  );
  context.print(
    () => [given.length === 0 ? "Vault has its logins already" : `Vault was given its logins: ${given.join(", ")}`],
    { given },
  );
  return EXIT.done;
}

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw badInput(`${name} is not set; bulkhead --help says what it is`);
  return value;
}

function pairs(option: string, given: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    given.map((pair) => {
      const [key, value] = pair.split(/=(.*)/s);
      if (!key || !value) throw badInput(`${option} ${pair}: use <name>=<value>`);
      return [key, value] as const;
    }),
  );
}
