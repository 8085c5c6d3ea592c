/** The tiers of a cell in one site: all of them where it writes, those that read from a replica where there is one. */
import { PostgrestTier, proxyInstance, type ServicesOutputs, SharedAuthProxy } from "@bulkhead/components";
import { shardAuthenticator, type TierConfig } from "@bulkhead/config";
import * as pulumi from "@pulumi/pulumi";
import type { CellArgs } from "./cell.ts";
import type { CellIdentities } from "./identities.ts";
import { type Place, readsOf, shardNames } from "./places.ts";

type SiteServices = ServicesOutputs["cells"][string]["sites"][string];

interface Tier {
  readonly authenticator: string;
  readonly scale: TierConfig;
  /** None: a request without a token is refused. */
  readonly anonymousRole?: string;
}

/** `bootstrap`: the Job after which the database has what the tiers ask for. */
export function siteServices(
  args: CellArgs,
  place: Place,
  identities: CellIdentities,
  bootstrap: pulumi.Resource,
): pulumi.Output<SiteServices> {
  const { config, database, foundation } = args;
  const make = (workload: string, tier: Tier, replica?: pulumi.Input<string>) => {
    const name = replica === undefined ? workload : readsOf(workload);
    return new PostgrestTier(
      `${place.prefix}-${name}`,
      {
        namespace: place.namespace,
        tier: name,
        images: config.images,
        identity: identities.at(place.site, workload),
        authenticator: tier.authenticator,
        instance: proxyInstance(database.primary, foundation.databaseAccess),
        ...(replica === undefined ? {} : { replica }),
        scale: replica === undefined ? tier.scale : config.reads,
        customMetrics: config.customMetrics !== "none",
        ...(tier.anonymousRole === undefined ? {} : { anonymousRole: tier.anonymousRole }),
        tokens: { audience: config.tokens.audience, jwks: config.tokens.jwks! },
      },
      { providers: [place.provider], dependsOn: [bootstrap] },
    ).service;
  };
  const client: Tier = { authenticator: "client_authenticator", scale: config.client, anonymousRole: "anon" };
  const admin: Tier = { authenticator: "admin_authenticator", scale: config.admin };
  const shards = shardNames(config).map((name, shard): [string, Tier] => [
    name,
    { authenticator: shardAuthenticator(shard), scale: config.shard, anonymousRole: "anon" },
  ]);
  const writes = place.role === "writer";
  const { replica } = place;
  if (writes) sharedProxy(args, place);
  return pulumi.output({
    region: place.region,
    role: place.role,
    client: writes ? make("client", client) : null,
    admin: writes ? make("admin", admin) : null,
    shards: writes ? shards.map(([name, tier]) => make(name, tier)) : [],
    clientReads: replica === undefined ? null : make("client", client, replica),
    shardReads: replica === undefined ? [] : shards.map(([name, tier]) => make(name, tier, replica)),
  });
}

/** For clients of the cell's database that cannot have the proxy as a sidecar. */
function sharedProxy({ config, database, environment, foundation }: CellArgs, place: Place): void {
  if (config.sharedProxy === undefined) return;
  new SharedAuthProxy(
    `${place.prefix}-shared-proxy`,
    {
      project: foundation.project,
      workloadPool: foundation.workloadPool,
      namespace: place.namespace,
      app: "shared-proxy",
      account: `bh-${environment}-${place.prefix}-shared-proxy`,
      image: config.images.authProxy,
      instance: proxyInstance(database.primary, foundation.databaseAccess),
      callers: config.sharedProxy.callers,
      replicas: config.sharedProxy.replicas,
      connections: config.sharedProxy.connections,
    },
    { providers: [place.provider], dependsOn: [place.sealed] },
  );
}
