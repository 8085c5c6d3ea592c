import type { Environment } from "./environment.ts";
import type { Provider, Reporter } from "./provider.ts";

/** Loads only the provider that is asked for: four layers start two plugins each, and every start is waited for. */
export async function createProvider(kind: string, env: Environment, reporter: Reporter): Promise<Provider> {
  switch (kind) {
    case "gcp":
      return (await import("../gcp/provider.ts")).createGcpProvider(env, reporter);
    case "kubernetes":
      return (await import("../kubernetes/provider.ts")).createKubernetesProvider(env, reporter);
    case "vault":
      return (await import("../vault/provider.ts")).createVaultProvider();
    default:
      throw new Error(`unknown provider ${JSON.stringify(kind)}: gcp, kubernetes or vault`);
  }
}
