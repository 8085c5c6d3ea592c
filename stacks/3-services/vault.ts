/** Vault for the environment: its engine and auth methods, the way to each cell's database, each cell's roles, and who gets a login. */
import {
  clusterPlace,
  type DatabaseOutputs,
  dbAdminStatements,
  type FoundationOutputs,
  type Identity,
  placeOf,
  proxyInstance,
  runtimeUserStatements,
  SealedNamespace,
  type VaultAgent,
  VaultDatabase,
  VaultEngine,
  type VaultHost,
  VaultLogins,
  type VaultOutputs,
  VaultWorkload,
  vaultAgent,
  vaultPath,
  vaultProvider,
  vaultProxy,
  vaultProxyRegion,
  vaultTenants,
} from "@bulkhead/components";
import {
  ConfigError,
  checkVaultPlaces,
  dbAdminRole,
  deliveryOf,
  PLATFORM_DATABASE,
  runtimeUserRole,
  type ServicesConfig,
  stableLogin,
  tenantLoginRole,
  VAULT_LOGIN,
  type VaultConfig,
  vaultAddress,
} from "@bulkhead/config";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import type { Place } from "./places.ts";
import { vaultClusters } from "./vault-clusters.ts";

export interface VaultServicesArgs {
  readonly environment: string;
  readonly vault: VaultConfig;
  readonly images: ServicesConfig["images"];
  readonly foundation: FoundationOutputs;
  readonly database: DatabaseOutputs;
}

/** What a cell has by the time that Vault can be given its logins. */
export interface VaultCell {
  readonly cell: string;
  readonly place: Place;
  /** The login that may create roles. */
  readonly administrator: Identity;
  readonly bootstrap: pulumi.Resource;
}

/** Namespace of the Auth Proxies by which Vault reaches the cells. */
const PROXY_NAMESPACE = "bulkhead-vault";
/** The Job that hands Vault its logins, and its label `app`. */
const LOGINS_JOB = "vault-logins";
/** Where a Job's own Auth Proxy passes passwords through. */
const SIDECAR = { host: "127.0.0.1", port: 5433 };

export class VaultServices {
  readonly #args: VaultServicesArgs;
  readonly #path: string;
  readonly #engine: VaultEngine;
  readonly #clusters: ReturnType<typeof vaultClusters>;
  readonly #provider: vault.Provider;
  readonly #hosts: Readonly<Record<string, VaultHost>>;
  readonly #agents: Record<string, pulumi.Output<VaultAgent>> = {};

  constructor(args: VaultServicesArgs) {
    const mistakes = checkVaultPlaces(args.vault, Object.keys(args.database.cells), undefined);
    if (mistakes.length > 0) throw new pulumi.RunError(new ConfigError(mistakes, "stacks/3-services").message);
    this.#args = args;
    this.#path = args.vault.path ?? `bulkhead-${args.environment}`;
    this.#clusters = vaultClusters(args.vault, args.foundation);
    this.#provider = vaultProvider(args.vault);
    this.#engine = new VaultEngine(
      "vault",
      {
        path: this.#path,
        audit: args.vault.audit,
        maxLease: Math.max(args.vault.dbAdmin.max, args.vault.runtimeUser.max),
        clusters: this.#clusters,
      },
      { providers: [this.#provider] },
    );
    this.#hosts = { ...this.#proxies(), ...args.vault.hosts };
  }

  /** An Auth Proxy for each cell that Vault has no other way to, which lets Vault alone in. */
  #proxies(): Record<string, VaultHost> {
    const { database, environment, foundation, images, vault: config } = this.#args;
    const cells = Object.keys(database.cells).filter((cell) => !config.hosts[cell]);
    const regionOf = (cell: string) => vaultProxyRegion(config, foundation, database.cells[cell]!.region);
    const places = Object.fromEntries(
      [...new Set(cells.map(regionOf))].map((region) => [region, this.#proxyPlace(region)]),
    );
    return Object.fromEntries(
      cells.map((cell) => {
        const region = regionOf(cell);
        const { provider, sealed } = places[region]!;
        // For a Vault outside it moves with the cell's writer: as another, so that nothing of a region that is down has to go first.
        const moves = clusterPlace(config) ? "" : `-${region}`;
        const host = vaultProxy(
          `vault-${cell}${moves}`,
          {
            ...{ config, foundation, region },
            namespace: sealed.namespace,
            app: `database-${cell}`,
            account: `bh-${environment}-${cell}-vault-proxy${moves}`,
            addressName: vaultAddress(cell),
            image: images.authProxy,
            instance: proxyInstance(database.cells[cell]!.primary, foundation.databaseAccess),
          },
          { providers: [provider], dependsOn: [sealed] },
        );
        return [cell, host] as const;
      }),
    );
  }

  #proxyPlace(regionName: string): { provider: k8s.Provider; sealed: SealedNamespace } {
    const { foundation, vault: config } = this.#args;
    const region = foundation.regions[regionName]!;
    // A Vault outside has proxies in the cluster of each cell.
    const name = clusterPlace(config) ? "vault" : `vault-${regionName}`;
    const { kubeconfig } = region;
    const provider = new k8s.Provider(`gke-${name}`, { kubeconfig, enableServerSideApply: true });
    const sealed = new SealedNamespace(
      name,
      { name: PROXY_NAMESPACE, ranges: { nodes: region.nodeRange, databases: foundation.databaseRange } },
      { providers: [provider] },
    );
    return { provider, sealed };
  }

  /** The cell's connection and roles, Vault's login for it, and the cell's workloads. */
  cell(cell: VaultCell): void {
    const { vault: config, foundation, database, images } = this.#args;
    const workloads = this.#workloadsOf(cell.cell);
    const stable = workloads.filter((name) => config.workloads[name]!.role === "stable");
    const connection = new VaultDatabase(
      `vault-${cell.cell}`,
      {
        mount: this.#engine.mount,
        connection: cell.cell,
        host: this.#hosts[cell.cell]!,
        database: PLATFORM_DATABASE,
        login: VAULT_LOGIN,
        roles: {
          [dbAdminRole(cell.cell)]: { statements: dbAdminStatements(), lease: config.dbAdmin },
          [runtimeUserRole(cell.cell)]: { statements: runtimeUserStatements(), lease: config.runtimeUser },
        },
        // Of tenants too, whose roles layer 4 makes: those with a schema of their own are behind this connection.
        elsewhere: [...stable.map(stableLogin), ...vaultTenants(config).map(tenantLoginRole)],
      },
      { providers: [this.#provider] },
    );
    const path = this.#networkPath(cell, workloads);
    const { auth, reviewer } = this.#auth(cell.place.region);
    const logins = new VaultLogins(
      `${cell.cell}-vault-logins`,
      {
        namespace: cell.place.namespace,
        job: LOGINS_JOB,
        images,
        administrator: cell.administrator,
        instance: proxyInstance(database.cells[cell.cell]!.primary, foundation.databaseAccess),
        path: this.#path,
        vault: placeOf(config),
        mount: this.#engine.mount,
        auth,
        connections: { [cell.cell]: PLATFORM_DATABASE },
        schemaTenants: [],
        stable: Object.fromEntries(stable.map((name) => [stableLogin(name), "client_authenticator"])),
        generation: config.generation,
        after: [connection, cell.bootstrap, path],
        reviewer,
      },
      { providers: [this.#provider, cell.place.provider] },
    );
    for (const name of workloads) this.#workload(cell, name, connection, logins);
  }

  #workload(cell: VaultCell, name: string, connection: VaultDatabase, logins: VaultLogins): void {
    const { vault: config } = this.#args;
    const { namespace, restart, role, serviceAccount } = config.workloads[name]!;
    const { auth, reviewer } = this.#auth(cell.place.region);
    const by = deliveryOf(config, name);
    const credentials =
      role === "stable"
        ? pulumi.interpolate`static-creds/${this.#stable(cell, name, connection, logins)}`
        : connection.credentials[role === "db-admin" ? dbAdminRole(cell.cell) : runtimeUserRole(cell.cell)]!;
    const workload = new VaultWorkload(
      `vault-workload-${name}`,
      {
        workload: name,
        path: this.#path,
        vault: placeOf(config),
        mount: this.#engine.mount,
        auth,
        credentials,
        stable: role === "stable",
        lease: role === "db-admin" ? config.dbAdmin : config.runtimeUser,
        namespace: namespace ?? cell.place.namespace,
        ...(serviceAccount === undefined ? {} : { serviceAccount }),
        by,
        restart,
        reviewer,
      },
      { providers: [this.#provider, cell.place.provider], dependsOn: [logins] },
    );
    if (by !== "agent") return;
    this.#agents[name] = pulumi
      .all([auth, workload.role, pulumi.interpolate`${this.#engine.mount}/${credentials}`])
      .apply(([authPath, vaultRole, path]) =>
        vaultAgent({
          vault: placeOf(config),
          auth: authPath,
          role: vaultRole,
          reviewer,
          credentials: path,
          database: { ...SIDECAR, name: PLATFORM_DATABASE },
          ...(config.caCertificate === undefined ? {} : { caSecret: `vault-${name}-ca` }),
        }),
      );
  }

  /** A login that stays: Vault gives it another password at once, and then by the clock. */
  #stable(cell: VaultCell, workload: string, connection: VaultDatabase, logins: VaultLogins): pulumi.Output<string> {
    const login = stableLogin(workload);
    return new vault.database.SecretBackendStaticRole(
      `vault-${cell.cell}-${login}`,
      {
        backend: this.#engine.mount,
        name: login,
        dbName: connection.connection,
        username: login,
        rotationPeriod: this.#args.vault.stableRotationHours * 3600,
      },
      { provider: this.#provider, dependsOn: [logins] },
    ).name;
  }

  #workloadsOf(cell: string): string[] {
    const { vault: config, database } = this.#args;
    const missing = Object.keys(config.workloads).find(
      (name) => !config.workloads[name]!.tenant && !config.workloads[name]!.cell && database.defaultCell === null,
    );
    if (missing)
      throw new pulumi.RunError(`bulkhead:vault.workloads.${missing} names no cell, and none is the default`);
    return Object.entries(config.workloads)
      .filter(([, entry]) => entry.tenant === undefined && (entry.cell ?? database.defaultCell) === cell)
      .map(([name]) => name);
  }

  /** From the Job, and from pods whose label `app` is the name of a workload that the Agent delivers to. */
  #networkPath(cell: VaultCell, workloads: readonly string[]): k8s.networking.v1.NetworkPolicy {
    const { vault: config } = this.#args;
    const here = workloads.filter((name) => deliveryOf(config, name) === "agent" && !config.workloads[name]!.namespace);
    const { namespace, provider, region } = cell.place;
    const sameCluster = this.#clusters[region]!.reviewer === "vault";
    const apps = [LOGINS_JOB, ...here];
    return vaultPath(
      `${cell.cell}-allow-vault`,
      config,
      { namespace, name: "allow-vault", apps, region, sameCluster },
      { provider },
    );
  }

  #auth(region: string) {
    return { auth: this.#engine.auth[region]!, reviewer: this.#clusters[region]!.reviewer };
  }

  get outputs(): pulumi.Output<VaultOutputs> {
    const clusters = Object.keys(this.#clusters).map((region) => [region, this.#auth(region)] as const);
    return pulumi.output({
      config: this.#args.vault,
      path: this.#path,
      mount: this.#engine.mount,
      clusters: Object.fromEntries(clusters),
      hosts: this.#hosts,
      agents: this.#agents,
    }) as pulumi.Output<VaultOutputs>;
  }
}
