/** The arrows of the map, each with the resources that let its way through, and the two ends of them that stand outside of every region. */
import { arrow, box, centreX, centreY, group, HUES, line, MUTED, type Rect, right, text } from "../picture/svg.ts";
import { WAYS } from "./footer.ts";
import { type Block, type Column, facing, type Layout, type PlacedDatabase, SMALL, targetOf } from "./layout.ts";
import type { EstateMap, Gateway, Way } from "./model.ts";
import { atMost, label, naming, wrap } from "./words.ts";

type Point = readonly [x: number, y: number];

const EDGE = { y: 84, height: 58 };
/** Heights of the lanes between the edge and the columns. */
const LANES = { public: 160, admin: 174 };

/** The arrow of ways that end alike: who points at it reads what lets them through. */
function drawn(ways: readonly Way[], shape: string): string {
  const from = ways.map((way) => way.from).join(" ");
  const { kind, to } = ways[0]!;
  const by = [...new Set(ways.flatMap((way) => way.by))];
  return group(`${from} → ${to}, by ${by.join(", ")}`, { way: kind, from, to }, [shape]);
}

/** From the workloads of a block to the instances beside them: each instance has a bus, so that no line crosses another's. */
export function wires(map: EstateMap, column: Column, block: Block, database: PlacedDatabase): string[] {
  const { colour } = WAYS.database;
  const { mirrored } = column;
  const workloads = block.namespaces.flatMap((namespace) => namespace.workloads);
  return database.instances.flatMap(({ of, rect }, index) => {
    const callers = workloads.filter(({ of: one }) => targetOf(map.ways, database.of, one).includes(of.key));
    if (callers.length === 0) return [];
    const edge = mirrored ? block.namespaces[0]!.rect.x : right(block.namespaces[0]!.rect);
    const bus = edge + (mirrored ? -1 : 1) * (12 + 10 * index);
    const heights = callers.map(({ rect: card }) => card.y + 11);
    const aim = centreY(rect);
    const ways = map.ways.filter(({ from, to }) => to === of.key && callers.some((each) => each.of.key === from));
    const parts = [
      ...callers.map(({ rect: card }) => {
        const y = card.y + 11;
        return line(points([mirrored ? card.x : right(card), y], [bus, y]), colour);
      }),
      line(points([bus, Math.min(...heights, aim)], [bus, Math.max(...heights, aim)]), colour),
      arrow(points([bus, aim], [mirrored ? right(rect) : rect.x, aim]), colour),
    ];
    return [drawn(ways, parts.join(""))];
  });
}

const points = (...given: readonly Point[]): readonly Point[] => given;

/** From the edge down the outer side of a column, to what serves. */
export function trunks(map: EstateMap, column: Column): string[] {
  const cards = new Map(
    column.blocks.flatMap(({ namespaces }) =>
      namespaces.flatMap(({ workloads }) => workloads.map(({ of, rect }) => [of.key, rect] as const)),
    ),
  );
  return (["public", "admin"] as const).flatMap((kind) => {
    const x = column.channels[kind];
    const { colour } = WAYS[kind];
    const ways = map.ways.filter((way) => way.kind === kind && cards.has(way.to));
    if (ways.length === 0) return [];
    const last = Math.max(...ways.map(({ to }) => cards.get(to)!.y + 11));
    const starts = kind === "public" ? [points([x, LANES.public])] : fromInternal(column, x);
    return [
      ...starts.map((start) => line([...start, [x, last]], colour)),
      ...ways.map((way) => {
        const card = cards.get(way.to)!;
        const y = card.y + 11;
        return drawn([way], arrow(points([x, y], [column.mirrored ? right(card) : card.x, y]), colour));
      }),
    ];
  });
}

function fromInternal({ gateways, mirrored }: Column, x: number): (readonly Point[])[] {
  return gateways.map((rect) => points([mirrored ? right(rect) : rect.x, centreY(rect)], [x, centreY(rect)]));
}

/** Who calls from outside, and the gateway that all of a project's regions share. */
export function drawEdge(map: EstateMap, layout: Layout): string[] {
  const { width } = layout;
  const open = map.gateways.filter(({ kind }) => kind === "public");
  const internal = map.ways.filter(({ from }) => from === "administrators");
  if (open.length === 0 && internal.length === 0) {
    const words = "No gateway is declared: no request comes in from outside.";
    return [label(20, EDGE.y + 16, words, { size: 13, within: width - 40 })];
  }
  const each = Math.min(500, (width - 168 - 236) / Math.max(1, open.length));
  return [
    ...(open.length === 0 ? [] : drawInternet()),
    ...open.flatMap((gateway, index) =>
      drawPublic(map, layout, gateway, { x: 168 + index * each, y: EDGE.y, width: each - 12, height: EDGE.height }),
    ),
    ...(internal.length === 0 ? [] : drawAdministrators(map, layout, internal)),
  ];
}

const INTERNET: Rect = { x: 20, ...EDGE, width: 104 };

function drawInternet(): string[] {
  return [
    box(INTERNET, HUES.grey),
    text(centreX(INTERNET), centreY(INTERNET) + 5, "Internet", {
      size: 13,
      font: "bold",
      anchor: "middle",
      within: 90,
    }),
  ];
}

function drawPublic(map: EstateMap, layout: Layout, gateway: Gateway, card: Rect): string[] {
  const { colour } = WAYS.public;
  const within = card.width - 24;
  const served = new Set(map.ways.filter(({ from }) => from === gateway.key).map(({ to }) => to.split("/")[0]));
  const channels = layout.columns
    .filter(({ region }) => served.has(region.name))
    .map(({ channels }) => channels.public);
  const out = card.x + 40;
  const facts = [
    gateway.ports.map((port) => `:${port}`).join(" "),
    `${gateway.cloudArmor} Cloud Armor policies`,
    ...(gateway.multiCluster ? ["to the clusters of every region"] : []),
  ];
  return [
    box(card, HUES.blue),
    label(card.x + 12, card.y + 18, `Public gateway ${gateway.name}`, {
      size: 13,
      font: "bold",
      colour: HUES.blue.ink,
      within,
    }),
    label(card.x + 12, card.y + 34, facts.join(", "), { size: SMALL, colour: MUTED, within }),
    label(card.x + 12, card.y + 49, naming(gateway.hosts, within, SMALL), { size: SMALL, colour: MUTED, within }),
    ...map.ways
      .filter(({ to }) => to === gateway.key)
      .map((way) => drawn([way], arrow(points([right(INTERNET), centreY(card)], [card.x, centreY(card)]), colour))),
    ...(channels.length === 0
      ? []
      : [
          line(points([out, card.y + card.height], [out, LANES.public]), colour),
          line(points([Math.min(out, ...channels), LANES.public], [Math.max(out, ...channels), LANES.public]), colour),
        ]),
  ];
}

function drawAdministrators(map: EstateMap, layout: Layout, ways: readonly Way[]): string[] {
  const card: Rect = { x: layout.width - 20 - 190, ...EDGE, width: 190 };
  const { colour } = WAYS.admin;
  const out = card.x + 120;
  const aims = layout.columns.flatMap(({ gateways, region }) =>
    map.gateways
      .filter((gateway) => gateway.kind === "internal" && gateway.region === region.name)
      .map((gateway, index) => ({ gateway, rect: gateways[index]!, x: right(gateways[index]!) - 40 - 20 * index })),
  );
  const xs = aims.map(({ x }) => x);
  return [
    box(card, HUES.grey),
    text(centreX(card), card.y + 25, "Administrators", { size: 13, font: "bold", anchor: "middle", within: 160 }),
    text(centreX(card), card.y + 42, "from the VPC alone", {
      size: SMALL,
      colour: MUTED,
      anchor: "middle",
      within: 170,
    }),
    line(points([out, card.y + card.height], [out, LANES.admin]), colour),
    line(points([Math.min(out, ...xs), LANES.admin], [Math.max(out, ...xs), LANES.admin]), colour),
    ...aims.map(({ gateway, rect, x }) =>
      drawn(
        ways.filter(({ to }) => to === gateway.key),
        arrow(points([x, LANES.admin], [x, rect.y]), colour),
      ),
    ),
  ];
}

export function drawReplication(map: EstateMap, layout: Layout): string[] {
  const { colour } = WAYS.replication;
  const cards = new Map(
    layout.columns.flatMap(({ blocks }, column) =>
      blocks.flatMap(({ database }) => (database ? [[database.of.id, { column, rect: database.rect }] as const] : [])),
    ),
  );
  return map.ways
    .filter(({ kind }) => kind === "replication")
    .flatMap((way) => {
      const [from, to] = [cards.get(way.from), cards.get(way.to)];
      if (!from || !to) return [];
      if (!facing(from.column, to.column)) {
        // Beside the cards and then above the blocks, where nothing stands.
        const index = [...layout.lanes.keys()].indexOf(way.to);
        const lane = layout.lanes.get(way.to) ?? from.rect.y;
        const beside = ({ column, rect }: typeof from): readonly [card: number, channel: number] => {
          const out = 13 + 4 * (index % 2);
          return layout.columns[column]!.mirrored ? [rect.x, rect.x - out] : [right(rect), right(rect) + out];
        };
        const [[a, up], [b, down]] = [beside(from), beside(to)];
        const [start, end] = [from.rect.y + 30, to.rect.y + 18];
        return [
          drawn([way], arrow(points([a, start], [up, start], [up, lane], [down, lane], [down, end], [b, end]), colour)),
        ];
      }
      const y = Math.max(from.rect.y, to.rect.y) + 24;
      const [a, b] = from.column < to.column ? [right(from.rect), to.rect.x] : [from.rect.x, right(to.rect)];
      return [
        drawn([way], arrow(points([a, y], [b, y]), colour)),
        text((a + b) / 2, y - 7, "replicates", { size: SMALL, colour, anchor: "middle", within: 74 }),
      ];
    });
}

/** What pods call beside databases, below the region that they call from. */
export function drawWaysOut(map: EstateMap, layout: Layout): string[] {
  return layout.columns.flatMap(({ outside, rect, region }) =>
    map.outside
      .filter((each) => each.region === region.name)
      .flatMap(({ detail, from, key, title }, index) => {
        const card = outside[index]!;
        const within = card.width - 52;
        const x = card.x + 20;
        return [
          box(card, HUES.grey),
          label(card.x + 42, card.y + 18, title, { size: 12, font: "bold", within }),
          label(card.x + 42, card.y + 33, detail, { size: SMALL, colour: MUTED, within }),
          ...atMost(wrap(from, within, SMALL), 2).map((words, at) =>
            label(card.x + 42, card.y + 48 + 14 * at, words, { size: SMALL, colour: MUTED, within }),
          ),
          ...map.ways
            .filter(({ to }) => to === key)
            .map((way) => drawn([way], arrow(points([x, rect.y + rect.height], [x, card.y]), WAYS.out.colour))),
        ];
      }),
  );
}
