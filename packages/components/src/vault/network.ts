/** The way out of a sealed namespace to Vault. */
import type { VaultConfig } from "@bulkhead/config";
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { networkPath } from "../network-policies/path.ts";
import { vaultPeer } from "./place.ts";

export interface VaultPathArgs {
  readonly namespace: pulumi.Input<string>;
  /** Name of the NetworkPolicy. */
  readonly name: string;
  /** Pods that may go it, by their label `app`. */
  readonly apps: readonly string[];
  readonly region: string;
  /** Whether Vault runs in the namespace's cluster. */
  readonly sameCluster: boolean;
}

/** @throws where it is not known what Vault answers from */
export function vaultPath(
  name: string,
  config: VaultConfig,
  args: VaultPathArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.networking.v1.NetworkPolicy {
  const peer = vaultPeer(config, args.sameCluster);
  if (!peer)
    throw new pulumi.RunError(
      `bulkhead:vault.ranges: say what Vault answers from; a cell in ${args.region} reaches it from another cluster`,
    );
  return networkPath(
    name,
    { namespace: args.namespace, name: args.name, path: { direction: "out", apps: args.apps, ...peer } },
    opts,
  );
}
