/** A cell's identities: a Google service account for each workload, and a Kubernetes one in each site where it runs. */
import { type Identity, SiteIdentity, WorkloadIdentity } from "@bulkhead/components";
import { HOME, shardAuthenticator } from "@bulkhead/config";
import type { CellArgs } from "./cell.ts";
import { namespaceOf, type Place, prefixOf, shardNames } from "./places.ts";

interface Workload {
  readonly description: string;
  readonly databaseRoles: readonly string[];
  /** Its login serves in sites that only read, too. */
  readonly reads: boolean;
}

export interface CellIdentities {
  /** The workload's identity in a site where it runs. */
  at(site: string, workload: string): Identity;
  /** All of them, for what needs every login to exist. */
  readonly all: readonly (WorkloadIdentity | SiteIdentity)[];
  /** Which database login belongs to which role. */
  readonly logins: Readonly<Record<string, string>>;
}

function workloads({ cell, config }: CellArgs): Readonly<Record<string, Workload>> {
  const workload = (description: string, reads: boolean, databaseRoles: readonly string[] = []): Workload => ({
    description,
    databaseRoles,
    reads,
  });
  return {
    // The one login that may create roles and databases; only Jobs run under it.
    "db-create": workload(`Creates roles and databases in cell ${cell}`, false, ["alloydbsuperuser"]),
    "db-migrate": workload(`Changes tables in cell ${cell}`, false),
    client: workload(`PostgREST client tier of cell ${cell}`, true),
    admin: workload(`PostgREST admin tier of cell ${cell}`, false),
    ...Object.fromEntries(
      shardNames(config).map((shard) => [shard, workload(`PostgREST ${shard} of cell ${cell}`, true)]),
    ),
  };
}

export function cellIdentities(args: CellArgs, places: readonly Place[]): CellIdentities {
  const { cell, database, environment, foundation } = args;
  const home = places.find((place) => place.site === HOME);
  const runsIn = (place: Place, workload: Workload) => place.role === "writer" || workload.reads;
  const found = new Map<string, Identity>();
  const all: (WorkloadIdentity | SiteIdentity)[] = [];
  const users: Record<string, string> = {};
  for (const [name, workload] of Object.entries(workloads(args))) {
    const identity = new WorkloadIdentity(
      `${cell}-${name}`,
      {
        project: foundation.project,
        workloadPool: foundation.workloadPool,
        namespace: namespaceOf(cell),
        serviceAccount: name,
        account: `bh-${environment}-${cell}-${name}`,
        description: workload.description,
        // Home's users stay when another site writes: they cost nothing there, and a site that is fenced or reads takes no change of them.
        cluster: database.sites[HOME]!.cluster,
        databaseRoles: workload.databaseRoles,
        runsHere: home !== undefined && runsIn(home, workload),
      },
      home ? { providers: [home.provider], dependsOn: [home.sealed] } : {},
    );
    all.push(identity);
    users[name] = identity.databaseUser;
    if (home) found.set(`${HOME}/${name}`, identity);
    for (const [site, entry] of Object.entries(database.sites)) {
      if (site === HOME) continue;
      const place = places.find((one) => one.site === site);
      const runsHere = place !== undefined && runsIn(place, workload);
      // A site that reads has the users of what it replicates; one that writes, or once did, has them in its own list.
      const hasUsers = entry.role !== "reader";
      if (!runsHere && !hasUsers) continue;
      const there = new SiteIdentity(
        `${prefixOf(cell, site)}-${name}`,
        {
          identity,
          namespace: namespaceOf(cell),
          serviceAccount: name,
          runsHere,
          ...(hasUsers ? { cluster: entry.cluster } : {}),
          databaseRoles: workload.databaseRoles,
        },
        place ? { providers: [place.provider], dependsOn: [place.sealed] } : {},
      );
      all.push(there);
      found.set(`${site}/${name}`, there);
    }
  }
  return { at: (site, workload) => found.get(`${site}/${workload}`)!, all, logins: loginsOf(args, users) };
}

function loginsOf({ config }: CellArgs, users: Readonly<Record<string, string>>): Record<string, string> {
  return {
    migrator: users["db-migrate"]!,
    client_authenticator: users.client!,
    admin_authenticator: users.admin!,
    ...Object.fromEntries(shardNames(config).map((name, shard) => [shardAuthenticator(shard), users[name]!])),
  };
}
