/** How Vault reaches each region's cluster to ask who a service account is. */
import { clusterPlace, type FoundationOutputs, type VaultCluster } from "@bulkhead/components";
import type { VaultConfig } from "@bulkhead/config";
import * as pulumi from "@pulumi/pulumi";

/** The API server as pods of its own cluster reach it. */
const OWN_CLUSTER = "https://kubernetes.default.svc";

export function vaultClusters(config: VaultConfig, foundation: FoundationOutputs): Record<string, VaultCluster> {
  const home = clusterPlace(config);
  const homeRegion = home && (home.region ?? foundation.gatewayRegion);
  if (homeRegion !== undefined && !foundation.regions[homeRegion])
    throw new pulumi.RunError(
      `bulkhead:vault.inCluster.region is ${homeRegion}, which stacks/1-foundation does not have`,
    );
  return Object.fromEntries(
    Object.entries(foundation.regions).map(([region, { kubeconfig }]) => [
      region,
      region === homeRegion ? { host: OWN_CLUSTER, reviewer: "vault" } : elsewhere(config, region, kubeconfig),
    ]),
  );
}

function elsewhere(config: VaultConfig, region: string, kubeconfig: string): VaultCluster {
  const given = config.kubernetes[region];
  const own = serverOf(kubeconfig);
  const host = given?.host ?? own.host;
  if (host === undefined)
    throw new pulumi.RunError(
      `bulkhead:vault.kubernetes.${region}.host: say where Vault reaches the cluster's control plane`,
    );
  const caCertificate = given?.publicCertificate ? undefined : (given?.caCertificate ?? own.caCertificate);
  return { host, ...(caCertificate === undefined ? {} : { caCertificate }), reviewer: "client" };
}

function serverOf(kubeconfig: string): { host?: string; caCertificate?: string } {
  const { clusters } = JSON.parse(kubeconfig) as {
    clusters?: { cluster?: { server?: string; "certificate-authority-data"?: string } }[];
  };
  const { server, "certificate-authority-data": data } = clusters?.[0]?.cluster ?? {};
  return {
    ...(server ? { host: server } : {}),
    ...(data ? { caCertificate: Buffer.from(data, "base64").toString("utf8") } : {}),
  };
}
