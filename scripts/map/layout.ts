/** Where everything on the map stands: regions are columns, cells are rows, and what belongs together stands side by side. */
import { type Rect, widthOf } from "../picture/svg.ts";
import { groupBy, sortedBy } from "./estate.ts";
import type { Database, EstateMap, Instance, Namespace, Region, Way, Workload } from "./model.ts";
import { counted, naming } from "./words.ts";

export const SMALL = 11;
const SIDE = 20;
const BETWEEN = 76;
const CHANNEL = 34;
const NAMESPACE = 262;
const GAP = 44;
const DATABASE = 166;
const PAD = 10;
const COLUMN = CHANNEL + NAMESPACE + GAP + DATABASE + 3 * PAD;
const TOP = 190;
/** Where there is no gateway. */
const TOP_ALONE = 124;
const COLUMN_HEAD = 54;
const GATEWAY = 44;
const OUTSIDE = 70;
const BLOCK_HEAD = 28;
const LANE = 12;

export interface Placed<T> {
  readonly of: T;
  readonly rect: Rect;
}

export interface PlacedWorkload extends Placed<Workload> {
  /** Lines below its name. */
  readonly details: readonly string[];
  /** How many pods, in its name's line; empty where that has no room. */
  readonly beside: string;
}

export interface PlacedNamespace extends Placed<Namespace> {
  readonly workloads: readonly PlacedWorkload[];
}

export interface PlacedDatabase extends Placed<Database> {
  readonly instances: readonly Placed<Instance>[];
}

/** A site of a cell, a tenant's own cluster, or what serves them all. */
export interface Block {
  readonly rect: Rect;
  readonly title: string;
  readonly about: string;
  readonly fenced: boolean;
  readonly namespaces: readonly PlacedNamespace[];
  readonly database?: PlacedDatabase;
}

export interface Column {
  readonly region: Region;
  readonly rect: Rect;
  /** Databases stand left and namespaces right: the column faces the one before it. */
  readonly mirrored: boolean;
  /** Where the trunks of requests run down. */
  readonly channels: { readonly public: number; readonly admin: number };
  readonly gateways: readonly Rect[];
  readonly blocks: readonly Block[];
  readonly outside: readonly Rect[];
}

export interface Layout {
  readonly width: number;
  /** Where the columns end, and what is outside of them. */
  readonly bottom: number;
  readonly columns: readonly Column[];
  /** Height of the lane of replication between columns that do not face each other, by the cluster that replicates. */
  readonly lanes: ReadonlyMap<string, number>;
}

/** What a block holds, before it has a place. */
interface Content {
  readonly title: string;
  readonly about: string;
  readonly namespaces: readonly Namespace[];
  readonly database?: Database;
}

export function layOut(map: EstateMap): Layout {
  const columnX = (index: number) => SIDE + index * (COLUMN + BETWEEN);
  const rows = rowsOf(map);
  const internal = map.regions.map(({ name }) =>
    map.gateways.filter(({ kind, region }) => kind === "internal" && region === name),
  );
  const gateways = Math.max(0, ...internal.map(({ length }) => length));
  const top = map.gateways.length > 0 ? TOP : TOP_ALONE;
  let y = top + COLUMN_HEAD + gateways * (GATEWAY + 8);
  const blocks: Block[][] = map.regions.map(() => []);
  const lanes = new Map<string, number>();
  for (const row of rows) {
    for (const replica of apart(map, row)) {
      lanes.set(replica, y);
      y += LANE;
    }
    const ends = map.regions.map((region, index) => {
      let end = y;
      for (const content of row.get(region.name) ?? []) {
        const block = placeBlock(map, content, columnX(index), end, isMirrored(index));
        blocks[index]!.push(block);
        end = block.rect.y + block.rect.height + 12;
      }
      return end;
    });
    y = Math.max(...ends) + 6;
  }
  const outside = map.regions.map(({ name }) => map.outside.filter(({ region }) => region === name));
  const most = Math.max(0, ...outside.map(({ length }) => length));
  return {
    width: Math.max(760, 2 * SIDE + map.regions.length * COLUMN + (map.regions.length - 1) * BETWEEN),
    bottom: y + (most > 0 ? 22 + Math.ceil(most / 2) * (OUTSIDE + 8) : 0),
    lanes,
    columns: map.regions.map((region, index) => {
      const x = columnX(index);
      const mirrored = isMirrored(index);
      const outer = (distance: number) => (mirrored ? x + COLUMN - distance : x + distance);
      return {
        ...{ region, mirrored, blocks: blocks[index]! },
        rect: { x, y: top, width: COLUMN, height: y - top },
        channels: { public: outer(26), admin: outer(13) },
        gateways: internal[index]!.map((_, at) => ({
          x: mirrored ? x + PAD : x + CHANNEL + PAD,
          y: top + COLUMN_HEAD + at * (GATEWAY + 8),
          width: COLUMN - CHANNEL - 2 * PAD,
          height: GATEWAY,
        })),
        outside: outside[index]!.map((_, at) => ({
          x: x + (at % 2) * (COLUMN / 2 + 4),
          y: y + 22 + Math.floor(at / 2) * (OUTSIDE + 8),
          width: COLUMN / 2 - 4,
          height: OUTSIDE,
        })),
      };
    }),
  };
}

const isMirrored = (index: number) => index % 2 === 1;

/** What stands in a row, by region: a cell's sites with the clusters of its tenants below; last, what serves no cell. */
function rowsOf(map: EstateMap): Map<string, Content[]>[] {
  const rows = map.cells.map(({ name, tenants }) => {
    const databases = map.databases.filter(({ cell }) => cell === name);
    const contents = databases.map((database): [string, Content] => {
      const namespaces = map.namespaces.filter(
        ({ cell, region, tenant }) => cell === name && region === database.region && tenant === database.tenant,
      );
      if (database.tenant !== undefined) {
        const gone = namespaces.every(({ workloads }) => workloads.every(({ kind }) => kind === "jobs"));
        const about = gone ? "a cluster of its own, kept; not served" : "a cluster of its own";
        return [database.region, { title: `Tenant ${database.tenant}`, about, namespaces, database }];
      }
      const kinds = [...groupBy(tenants, ({ isolation }) => isolation)].map(([kind, each]) => `${each.length} ${kind}`);
      const [site, counts] = [database.site ?? "", kinds.length === 0 ? "no tenants" : `${kinds.join(", ")}`];
      const about = {
        writer: `${site}, writes; ${counts}`,
        reader: `${site}, reads near; replicates`,
        fenced: `${site}, fenced: nothing reaches it`,
      };
      return [database.region, { title: `Cell ${name}`, about: about[database.role], namespaces, database }];
    });
    return groups(contents);
  });
  const shown = new Set(rows.flatMap((row) => [...row.values()].flat().flatMap(({ namespaces }) => namespaces)));
  const others = map.namespaces.filter((namespace) => !shown.has(namespace));
  const platform = groupBy(others, ({ region }) => region);
  if (platform.size === 0) return rows;
  const contents = [...platform].map(([region, namespaces]): [string, Content] => [
    region,
    { title: "Platform", about: "serves no tenant", namespaces },
  ]);
  return [...rows, groups(contents)];
}

function groups(contents: readonly [string, Content][]): Map<string, Content[]> {
  const byRegion = groupBy(contents, ([region]) => region);
  return new Map([...byRegion].map(([region, each]) => [region, each.map(([, content]) => content)]));
}

/** Replicas of the row whose column does not face that of what they replicate. */
function apart(map: EstateMap, row: ReadonlyMap<string, readonly Content[]>): string[] {
  const column = (id: string) =>
    map.regions.findIndex(({ name }) => map.databases.some((each) => each.id === id && each.region === name));
  return [...row.values()].flat().flatMap(({ database }) => {
    if (database?.of === undefined) return [];
    return facing(column(database.of), column(database.id)) ? [] : [database.id];
  });
}

export function facing(a: number, b: number): boolean {
  return Math.abs(a - b) === 1 && isMirrored(Math.max(a, b));
}

function placeBlock(map: EstateMap, content: Content, x: number, y: number, mirrored: boolean): Block {
  const left = mirrored ? x + PAD : x + CHANNEL;
  const width = COLUMN - CHANNEL - PAD;
  const namespaceX = mirrored ? left + width - PAD - NAMESPACE : left + PAD;
  const namespaces: PlacedNamespace[] = [];
  let end = y + BLOCK_HEAD;
  for (const namespace of sortedBy(content.namespaces, ({ name }) =>
    /-tenants$/.test(name) ? `0 ${name}` : `1 ${name}`,
  )) {
    const placed = placeNamespace(map, namespace, content.database, namespaceX, end);
    namespaces.push(placed);
    end += placed.rect.height + 8;
  }
  const database =
    content.database &&
    placeDatabase(content.database, mirrored ? left + PAD : left + width - PAD - DATABASE, y + BLOCK_HEAD);
  const bottom = Math.max(end, database ? database.rect.y + database.rect.height + 8 : 0);
  return {
    rect: { x: left, y, width, height: bottom + 2 - y },
    ...{ title: content.title, about: content.about, fenced: content.database?.role === "fenced", namespaces },
    ...(database && { database }),
  };
}

function placeNamespace(
  map: EstateMap,
  namespace: Namespace,
  beside: Database | undefined,
  x: number,
  y: number,
): PlacedNamespace {
  const workloads: PlacedWorkload[] = [];
  let end = y + 24;
  for (const workload of sortedBy(namespace.workloads, (each) => `${orderOf(map.ways, beside, each)} ${each.key}`)) {
    const pods = podsText(workload);
    const fits = widthOf(workload.name, 12, "mono") <= NAMESPACE - 30 - 72;
    const details = [...(fits || pods === "" ? [] : [pods]), ...detailsOf(map.ways, beside, workload)];
    const rect = { x: x + 6, y: end, width: NAMESPACE - 12, height: 22 + 15 * details.length };
    workloads.push({ of: workload, rect, details, beside: fits ? pods : "" });
    end += rect.height + 5;
  }
  return { of: namespace, rect: { x, y, width: NAMESPACE, height: end + 2 - y }, workloads };
}

function podsText({ replicas }: Workload): string {
  if (replicas === undefined) return "";
  return replicas.min === replicas.max ? counted(replicas.min, "pod") : `${replicas.min}–${replicas.max} pods`;
}

/** Those that write stand above those that read, as their instances do. */
function orderOf(ways: readonly Way[], beside: Database | undefined, workload: Workload): number {
  const pools = new Set(beside?.instances.filter(({ pool }) => pool).map(({ key }) => key));
  if (targetOf(ways, beside, workload).some((key) => pools.has(key))) return 9;
  if (workload.kind === "jobs") return 8;
  return workload.name === "client" ? 0 : workload.name === "admin" ? 7 : 1;
}

/** The instances beside a workload that an arrow leads to; where it reads from a replica there, only that. */
export function targetOf(ways: readonly Way[], beside: Database | undefined, workload: Workload): string[] {
  const instances = beside?.instances ?? [];
  const called = instances.filter(({ key }) => ways.some((way) => way.from === workload.key && way.to === key));
  const pools = called.filter(({ pool }) => pool);
  return (pools.length > 0 ? pools : called).map(({ key }) => key);
}

function detailsOf(ways: readonly Way[], beside: Database | undefined, workload: Workload): string[] {
  const within = NAMESPACE - 32;
  const drawn = targetOf(ways, beside, workload);
  const others = ways.filter(
    ({ from, kind, to }) => kind === "database" && from === workload.key && !drawn.includes(to),
  );
  return [
    ...(workload.tenants.length > 0 ? [`serves ${naming(workload.tenants, within - 40, SMALL)}`] : []),
    ...(workload.jobs.length > 0 ? [naming(workload.jobs, within, SMALL)] : []),
    // What an arrow would cross half the map for.
    ...others.map(({ to }) => `${drawn.length > 0 ? "also " : ""}to ${to}`),
  ];
}

function placeDatabase(database: Database, x: number, y: number): PlacedDatabase {
  const first = y + 46;
  const instances = database.instances.map((instance, index) => ({
    of: instance,
    rect: { x: x + 8, y: first + index * 46, width: DATABASE - 16, height: 40 },
  }));
  return { of: database, rect: { x, y, width: DATABASE, height: 48 + instances.length * 46 }, instances };
}
