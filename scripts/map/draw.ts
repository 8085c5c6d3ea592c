/** The map as a picture: the page, its regions and what stands in them. */
import { box, document, HUES, MUTED, type Rect, right, text } from "../picture/svg.ts";
import { drawEdge, drawReplication, drawWaysOut, trunks, wires } from "./arrows.ts";
import { drawFooter, footerHeight } from "./footer.ts";
import {
  type Block,
  type Column,
  layOut,
  type PlacedDatabase,
  type PlacedNamespace,
  type PlacedWorkload,
  SMALL,
} from "./layout.ts";
import type { EstateMap, Gateway } from "./model.ts";
import { counted, label, naming } from "./words.ts";

const WHITE = "#ffffff";

export function drawMap(map: EstateMap): string {
  const layout = layOut(map);
  const { width } = layout;
  const height = layout.bottom + footerHeight(map, width);
  const body = [
    text(20, 40, `A map of ${map.environment}`, { size: 19, font: "bold", within: 500 }),
    label(20, 62, `Project ${map.project}. Each arrow is a way that declared resources let through.`, {
      size: 13,
      colour: MUTED,
      within: width - 40,
    }),
    ...layout.columns.flatMap((column) => drawColumn(map, column)),
    ...drawEdge(map, layout),
    ...drawReplication(map, layout),
    ...drawWaysOut(map, layout),
    ...drawFooter(map, layout.bottom, width),
  ];
  return document(width, height, `Bulkhead: a map of ${map.environment}`, describe(map), body);
}

/** For who cannot see it. */
function describe({ also, cells, databases, gateways, regions }: EstateMap): string {
  const roles = { writer: "writes", reader: "replicates", fenced: "is fenced" };
  return [
    `${counted(regions.length, "region")}: ${regions.map(({ name }) => name).join(", ")}.`,
    `Gateways: ${gateways.length === 0 ? "none" : gateways.map(({ kind, name }) => `${name} (${kind})`).join(", ")}.`,
    ...databases.map(
      ({ id, of, region, role }) =>
        `AlloyDB cluster ${id} in ${region} ${roles[role]}${of === undefined ? "" : ` ${of}`}.`,
    ),
    `${counted(cells.flatMap(({ tenants }) => tenants).length, "tenant")} in ${counted(cells.length, "cell")}.`,
    `Also allowed: ${also.join(". ")}.`,
  ].join(" ");
}

function drawColumn(map: EstateMap, column: Column): string[] {
  const { gateways, rect, region } = column;
  const internal = map.gateways.filter(({ kind, region: of }) => kind === "internal" && of === region.name);
  const x = column.blocks[0]?.rect.x ?? rect.x + 12;
  const within = rect.width - 44;
  const cluster = region.gke ? `GKE ${region.gke.mode} ${region.gke.name}` : "no GKE cluster";
  return [
    box(rect, HUES.grey, { radius: 12 }),
    label(x, rect.y + 25, region.name, { size: 16, font: "bold", within }),
    label(x, rect.y + 43, `${cluster}; AlloyDB, by private addresses`, { size: 12, colour: MUTED, within }),
    ...internal.flatMap((gateway, index) => drawInternal(gateway, gateways[index]!)),
    ...column.blocks.flatMap((block) => drawBlock(map, column, block)),
    ...trunks(map, column),
  ];
}

function drawInternal({ hosts, name, ports }: Gateway, rect: Rect): string[] {
  const within = rect.width - 24;
  const facts = `${ports.map((port) => `:${port}`).join(" ")}, a private address; ${naming(hosts, within - 160, SMALL)}`;
  const title = { size: 12, font: "bold", colour: HUES.amber.ink, within } as const;
  return [
    box(rect, HUES.amber),
    label(rect.x + 12, rect.y + 18, `Internal gateway ${name}`, title),
    label(rect.x + 12, rect.y + 34, facts, { size: SMALL, colour: MUTED, within }),
  ];
}

function drawBlock(map: EstateMap, column: Column, block: Block): string[] {
  const { about, database, fenced, namespaces, rect, title } = block;
  const beside = Math.min(Math.round(title.length * 7.2), 210) + 18;
  return [
    box(rect, { ...HUES.grey, fill: WHITE }),
    label(rect.x + 10, rect.y + 19, title, { size: 13, font: "bold", within: 220 }),
    label(rect.x + beside, rect.y + 19, about, {
      size: 11.5,
      colour: fenced ? HUES.amber.ink : MUTED,
      within: rect.width - beside - 8,
    }),
    ...namespaces.flatMap(drawNamespace),
    ...(database ? [...drawDatabase(database), ...wires(map, column, block, database)] : []),
  ];
}

function drawNamespace({ of, rect, workloads }: PlacedNamespace): string[] {
  return [
    box(rect, HUES.teal),
    label(rect.x + 8, rect.y + 16, `namespace ${of.name}`, {
      size: SMALL,
      colour: HUES.teal.ink,
      within: rect.width - 16,
    }),
    ...workloads.flatMap(drawWorkload),
  ];
}

function drawWorkload({ beside, details, of, rect }: PlacedWorkload): string[] {
  const tight = beside === "" && of.kind === "service";
  const font = of.kind === "service" ? "mono" : "bold";
  return [
    box(rect, { ...HUES.teal, fill: WHITE }, { radius: 5 }),
    label(rect.x + 9, rect.y + 15, of.name, {
      size: tight ? SMALL : 12,
      font,
      within: rect.width - 18 - (beside === "" ? 0 : 72),
    }),
    ...(beside === ""
      ? []
      : [text(right(rect) - 9, rect.y + 15, beside, { size: SMALL, colour: MUTED, anchor: "end", within: 74 })]),
    ...details.map((detail, index) =>
      label(rect.x + 9, rect.y + 31 + 15 * index, detail, { size: SMALL, colour: MUTED, within: rect.width - 14 }),
    ),
  ];
}

function drawDatabase({ instances, of, rect }: PlacedDatabase): string[] {
  const fenced = of.role === "fenced";
  const hue = fenced ? HUES.grey : HUES.violet;
  const role = { writer: "writes", reader: "replicates", fenced: "stopped" }[of.role];
  const within = rect.width - 14;
  return [
    box(rect, hue, { dashed: fenced }),
    label(rect.x + 10, rect.y + 19, of.id, { size: 12, font: "bold", colour: fenced ? MUTED : hue.ink, within }),
    label(rect.x + 10, rect.y + 36, `${role}; ${of.version}`, { size: SMALL, colour: MUTED, within }),
    ...instances.flatMap(({ of: { cpuCount, name, nodes, pool, zones }, rect: card }) => [
      box(card, { ...hue, fill: WHITE }, { radius: 5, dashed: fenced }),
      label(card.x + 9, card.y + 16, name, {
        size: 12,
        font: "mono",
        colour: fenced ? MUTED : HUES.grey.ink,
        within: pool ? 76 : card.width - 16,
      }),
      ...(pool
        ? [text(right(card) - 9, card.y + 16, "read pool", { size: SMALL, colour: MUTED, anchor: "end", within: 60 })]
        : []),
      label(card.x + 9, card.y + 32, `${pool ? `${nodes} × ` : ""}${cpuCount} vCPU, ${zones}`, {
        size: SMALL,
        colour: MUTED,
        within: card.width - 12,
      }),
    ]),
  ];
}
