/** Lower half: a tenant's way from a line of YAML to a row. */
import { arrow, box, centreX, centreY, HUES, type Hue, MUTED, type Rect, right, text } from "./svg.ts";

interface Stage {
  readonly title: string;
  readonly lines: readonly string[];
  readonly hue: Hue;
  /** Lines as they stand in a file. */
  readonly code?: boolean;
  /** Lines as things that follow one another. */
  readonly chain?: boolean;
}

const STAGES: readonly Stage[] = [
  {
    title: "Pulumi.<env>.yaml",
    lines: ["tenants:", "  acme: {}", "  globex:", "    tier: pro"],
    hue: HUES.grey,
    code: true,
  },
  {
    title: "@bulkhead/config",
    lines: ["one schema for all", "layers; mistakes all", "at once, and before", "anything is touched"],
    hue: HUES.blue,
  },
  {
    title: "Manifest",
    lines: ["ConfigMaps, named", "by their content;", "policies check them", "at pulumi up"],
    hue: HUES.teal,
  },
  { title: "Jobs", lines: ["create", "migrate", "prove"], hue: HUES.violet, chain: true },
  {
    title: "Served",
    lines: ["PostgREST reads", "its schemas from", "the registry, and", "was notified"],
    hue: HUES.teal,
  },
];

const TOP = 570;
const WIDTH = 154;
const HEIGHT = 124;

export function drawTenant(): string[] {
  const gap = (896 - STAGES.length * WIDTH) / (STAGES.length - 1);
  const cards = STAGES.map(
    (_, index): Rect => ({ x: 32 + index * (WIDTH + gap), y: TOP, width: WIDTH, height: HEIGHT }),
  );
  return [
    `<line x1="32" y1="496" x2="928" y2="496" stroke="#e3e8ed"/>`,
    text(32, 532, "A tenant, from a line of YAML to a row", { size: 19, font: "bold", within: 600 }),
    text(32, 553, "The number of cloud resources does not grow with pooled tenants: they are data.", {
      size: 13,
      colour: MUTED,
      within: 800,
    }),
    ...STAGES.flatMap((stage, index) => drawStage(stage, cards[index]!)),
    ...cards.slice(1).map((card, index) =>
      arrow([
        [right(cards[index]!), centreY(card)],
        [card.x, centreY(card)],
      ]),
    ),
  ];
}

function drawStage(stage: Stage, rect: Rect): string[] {
  const title = text(rect.x + 12, rect.y + 24, stage.title, {
    size: 13,
    font: "bold",
    colour: stage.hue.ink,
    within: rect.width - 20,
  });
  return [box(rect, stage.hue), title, ...(stage.chain ? chain(stage, rect) : lines(stage, rect))];
}

function lines(stage: Stage, rect: Rect): string[] {
  const style = stage.code ? ({ size: 11.5, font: "mono" } as const) : ({ size: 12.5, font: "sans" } as const);
  return stage.lines.map((line, index) =>
    text(rect.x + 12, rect.y + 46 + 19 * index, line, { ...style, colour: MUTED, within: rect.width - 16 }),
  );
}

function chain(stage: Stage, rect: Rect): string[] {
  const height = 20;
  const step = 29;
  return stage.lines.flatMap((line, index) => {
    const pill: Rect = { x: rect.x + 12, y: rect.y + 34 + index * step, width: rect.width - 24, height };
    const next = pill.y + step;
    return [
      box(pill, { ...stage.hue, fill: "#ffffff" }, { radius: 10 }),
      text(centreX(pill), pill.y + 14, line, { size: 12, colour: stage.hue.ink, anchor: "middle", within: pill.width }),
      ...(index < stage.lines.length - 1
        ? [
            arrow([
              [centreX(pill), pill.y + height],
              [centreX(pill), next],
            ]),
          ]
        : []),
    ];
  });
}
