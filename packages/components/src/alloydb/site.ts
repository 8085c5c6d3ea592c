/** A site: one AlloyDB cluster of a cell, whether it writes, replicates, or was left behind. */
import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import type { DatabaseAccess } from "../layers/outputs.ts";
import { PrivateServiceConnectEndpoint } from "../network/endpoint.ts";
import { siteAlerts } from "./alerts.ts";
import { clusterInputs, leaderInputs, readPoolInputs } from "./cluster-inputs.ts";
import type { AlloyDbSettings, ReadPoolSettings } from "./settings.ts";

export interface AlloyDbSiteArgs extends AlloyDbSettings {
  /** Google Cloud project id. Changing it replaces the cluster. */
  readonly project: string;
  /** Changing it replaces the cluster: move the tenants to a new cell instead. */
  readonly region: string;
  /** `projects/…/global/networks/…`. Preview accepts a change, the API refuses it. */
  readonly network: pulumi.Input<string>;
  /** Peered, or by an endpoint per instance. Preview accepts a change, the API refuses it. */
  readonly access: DatabaseAccess;
  /** Customer-managed key of the region, for data and backups. Default: Google's. Changing it replaces the cluster. */
  readonly kmsKey?: pulumi.Input<string> | undefined;
  /** vCPUs of the instance. Changing it restarts the instance. */
  readonly cpuCount: number;
  /** Machine type, where not the default series; its vCPUs are `cpuCount`. Changing it restarts the instance. */
  readonly machineType?: string | undefined;
  /** Read pools, by name; 20 nodes in all. Default: none. */
  readonly readPools?: Readonly<Record<string, ReadPoolSettings>>;
  /** Which part the site has in its cell. Default: it writes. */
  readonly replication?: Replication;
  /** Whom alerts notify, `projects/…/notificationChannels/…`. */
  readonly channels: pulumi.Input<readonly string[]>;
  /** Refuse to delete the cluster. */
  readonly deletionProtection: boolean;
}

/**
 * writer: takes writes; from reader to writer is a promotion. reader: replicates from a site in another region. fenced: writes no more after a
 * promotion elsewhere; its instances are stopped and have no endpoint, its data stays. From writer to reader is a switchover, which is done by
 * gcloud before; from fenced to reader the cluster is made anew (`rebuild`), as AlloyDB makes no secondary of a primary.
 */
export type Replication =
  | { readonly role: "writer" }
  | { readonly role: "reader"; readonly of: AlloyDbSite; readonly rebuild?: boolean }
  | {
      readonly role: "fenced";
      /** It ran until now: its pools are stopped before the instance that they follow. Default: false. */
      readonly stopping?: boolean;
    };

/** What differs between the kinds of sites. */
export interface SiteKind {
  /** `bulkhead:alloydb:…`. For life. */
  readonly type: string;
  /** Id of the instance, and the end of its logical name. For life. */
  readonly instance: string;
  /** A secondary instance goes with its cluster only, which then has to be deleted by force. */
  readonly forceDeletion: boolean;
}

export abstract class AlloyDbSite extends pulumi.ComponentResource {
  /** `projects/…/locations/…/clusters/…`. */
  readonly name: pulumi.Output<string>;
  /** `…/instances/…` of the instance that writes or replicates: what the Auth Proxy connects to. Known once it runs. */
  readonly primary: pulumi.Output<string>;
  /** `…/instances/…` of each read pool. Known once it runs. */
  readonly readPools: Readonly<Record<string, pulumi.Output<string>>>;
  readonly region: string;
  /** Id of the cluster. */
  readonly clusterId: string;

  protected constructor(kind: SiteKind, name: string, args: AlloyDbSiteArgs, opts?: pulumi.ComponentResourceOptions) {
    super(kind.type, name, {}, opts);
    this.region = args.region;
    this.clusterId = name;
    const cluster = this.#cluster(kind, name, args);
    const leader = (dependsOn: pulumi.Resource[]) => this.#leader(kind, name, args, cluster, dependsOn);
    const pools = (dependsOn: pulumi.Resource[]) =>
      Object.entries(args.readPools ?? {}).map(
        ([pool, settings]) => [pool, this.#readPool(name, pool, args, settings, cluster, dependsOn)] as const,
      );
    // A pool runs only beside its leader, so it is made after that and deleted before; to stop the two it is the other way round.
    const stopped = args.replication?.role === "fenced" && args.replication.stopping ? pools([]) : undefined;
    const first = leader(stopped?.map(([, instance]) => instance) ?? []);
    const instances = stopped ?? pools([first]);
    siteAlerts(name, args, { parent: this });
    this.name = cluster.name;
    this.primary = first.name;
    this.readPools = Object.fromEntries(instances.map(([pool, instance]) => [pool, instance.name]));
    this.registerOutputs({ name: this.name, primary: this.primary, readPools: this.readPools });
  }

  #cluster(kind: SiteKind, name: string, args: AlloyDbSiteArgs): gcp.alloydb.Cluster {
    const { replication = { role: "writer" } } = args;
    const reader = replication.role === "reader" ? replication : undefined;
    return new gcp.alloydb.Cluster(
      name,
      {
        ...clusterInputs(name, args),
        // A promotion is these two together, and nothing else in the same update.
        clusterType: reader ? "SECONDARY" : "PRIMARY",
        ...(reader && { secondaryConfig: { primaryClusterName: reader.of.name } }),
        ...((kind.forceDeletion || reader) && { deletionPolicy: "FORCE" }),
      },
      {
        parent: this,
        protect: args.deletionProtection,
        ...(reader && { dependsOn: [reader.of] }),
        // The id stays, so there can be one of the two at a time.
        ...(reader?.rebuild && { replaceOnChanges: ["clusterType"], deleteBeforeReplace: true }),
      },
    );
  }

  #leader(
    kind: SiteKind,
    name: string,
    args: AlloyDbSiteArgs,
    cluster: gcp.alloydb.Cluster,
    dependsOn: pulumi.Resource[],
  ): gcp.alloydb.Instance {
    const rebuild = args.replication?.role === "reader" && args.replication.rebuild;
    const instance = new gcp.alloydb.Instance(
      `${name}-${kind.instance}`,
      {
        cluster: cluster.name,
        instanceId: kind.instance,
        // Bound to the cluster and ignored afterwards: it replaces the instance, and a promotion would change it.
        instanceType: cluster.clusterType.apply((type) => type ?? "PRIMARY"),
        ...leaderInputs(args),
      },
      {
        parent: this,
        protect: args.deletionProtection,
        dependsOn,
        // An instance that is made anew has its type from the cluster it is made in.
        ...(!rebuild && { ignoreChanges: ["instanceType"] }),
      },
    );
    this.#endpoint(`${name}-${kind.instance}`, args, instance);
    return instance;
  }

  #readPool(
    name: string,
    pool: string,
    args: AlloyDbSiteArgs,
    settings: ReadPoolSettings,
    cluster: gcp.alloydb.Cluster,
    dependsOn: pulumi.Resource[],
  ): gcp.alloydb.Instance {
    const instance = new gcp.alloydb.Instance(
      `${name}-read-${pool}`,
      {
        cluster: cluster.name,
        instanceId: `read-${pool}`,
        instanceType: "READ_POOL",
        ...readPoolInputs(args, settings),
      },
      { parent: this, dependsOn },
    );
    this.#endpoint(`${name}-read-${pool}`, args, instance);
    return instance;
  }

  /** Each instance has a service attachment of its own, and so an endpoint. Nobody reaches a fenced one. */
  #endpoint(
    name: string,
    { access, network, project, region, replication }: AlloyDbSiteArgs,
    to: gcp.alloydb.Instance,
  ) {
    if (access.kind === "psa" || replication?.role === "fenced") return;
    const subnetwork = access.subnetworks[region];
    if (subnetwork === undefined) throw new pulumi.RunError(`${name}: the foundation has no endpoints in ${region}`);
    new PrivateServiceConnectEndpoint(
      name,
      {
        project,
        region,
        network,
        subnetwork,
        serviceAttachment: to.pscInstanceConfig.apply((psc) => psc?.serviceAttachmentLink ?? ""),
        dnsName: to.pscInstanceConfig.apply((psc) => psc?.pscDnsName ?? ""),
      },
      { parent: this },
    );
  }
}
