/** Upper half: a request's way from HTTP to a row. */
import { arrow, box, centreX, centreY, HUES, type Hue, MUTED, type Rect, right, text } from "./svg.ts";

/** What is drawn; the layout below only places it. */
const TIERS: readonly { readonly name: string; readonly serves: string; readonly role: string; readonly hue: Hue }[] = [
  { name: "client", serves: "pooled tenants", role: "api_user", hue: HUES.teal },
  { name: "shard n", serves: "schema tenants", role: "tenant_<id>", hue: HUES.teal },
  { name: "a tenant's own", serves: "database, instance", role: "tenant_<id>", hue: HUES.teal },
  { name: "admin", serves: "across tenants", role: "admin_user", hue: HUES.amber },
];

const STEPS: readonly { readonly title: string; readonly detail: string; readonly mono?: boolean }[] = [
  { title: "Login, by identity", detail: "…_authenticator", mono: true },
  { title: "Role of the token", detail: "SET LOCAL ROLE …", mono: true },
  { title: "pre_request()", detail: "checks claims and account" },
  { title: "Row-level policy", detail: "forced, on every table" },
];

/** Rows of a table as tenant acme sees it. */
const ROWS: readonly { readonly account: string; readonly seen: boolean }[] = [
  { account: "acme", seen: true },
  { account: "globex", seen: false },
  { account: "acme", seen: true },
  { account: "initech", seen: false },
];

const TOP = 118;
const STEP = 64;
const CARD = 54;

const card = (x: number, width: number, index: number): Rect => ({ x, y: TOP + index * STEP, width, height: CARD });

export function drawRequest(): string[] {
  const tiers = TIERS.map((_, index) => card(350, 206, index));
  const steps = STEPS.map((_, index) => card(748, 172, index));
  const client: Rect = { x: 32, y: TOP + 32, width: 116, height: 118 };
  const gateway: Rect = { x: 188, y: TOP + 32, width: 116, height: 118 };
  const administrator: Rect = { ...card(32, 116, 3) };
  const proxy: Rect = { x: 592, y: TOP, width: 104, height: 3 * STEP + CARD };
  return [
    text(32, 50, "A request, from HTTP to a row", { size: 19, font: "bold", within: 600 }),
    text(32, 71, "The database is the boundary: every row passes its policies, whichever way it is asked for.", {
      size: 13,
      colour: MUTED,
      within: 700,
    }),
    ...group({ x: 338, y: 88, width: 370, height: 296 }, "PostgREST on GKE, sealed by network policies", HUES.teal),
    ...group({ x: 736, y: 88, width: 192, height: 380 }, "AlloyDB, private address", HUES.violet),
    ...titled(client, "A tenant", ["GET /records", "Bearer …"], HUES.grey, true),
    ...titled(gateway, "Gateway", ["TLS, limits, WAF", "a host for each", "tenant and cell"], HUES.blue),
    ...titled(administrator, "Administrator", ["private network"], HUES.grey),
    ...TIERS.flatMap((tier, index) => drawTier(tier, tiers[index]!)),
    ...drawProxy(proxy),
    ...STEPS.flatMap((step, index) => drawStep(step, steps[index]!, index + 1)),
    ...drawRows({ x: 748, y: 378, width: 172, height: 78 }),
    ...wires(client, gateway, administrator, tiers, proxy, steps),
    ...caption(),
  ];
}

function group(rect: Rect, label: string, hue: Hue): string[] {
  return [
    box(rect, hue, { dashed: true, radius: 12 }),
    text(rect.x + 12, rect.y + 20, label, { size: 12, font: "bold", colour: hue.ink, within: rect.width - 20 }),
  ];
}

function titled(rect: Rect, title: string, lines: readonly string[], hue: Hue, mono = false): string[] {
  const height = 16 * lines.length + 14;
  const first = centreY(rect) - height / 2 + 12;
  const place = { anchor: "middle", within: rect.width - 10 } as const;
  return [
    box(rect, hue),
    text(centreX(rect), first, title, { size: 13, font: "bold", colour: hue.ink, ...place }),
    ...lines.map((line, index) =>
      text(centreX(rect), first + 19 + 16 * index, line, {
        size: mono ? 11 : 12,
        font: mono ? "mono" : "sans",
        colour: MUTED,
        ...place,
      }),
    ),
  ];
}

function drawTier(tier: (typeof TIERS)[number], rect: Rect): string[] {
  return [
    box(rect, tier.hue),
    text(rect.x + 12, rect.y + 23, tier.name, { size: 13, font: "bold", colour: tier.hue.ink, within: 110 }),
    text(rect.x + 12, rect.y + 41, tier.serves, { size: 12, colour: MUTED, within: 120 }),
    text(right(rect) - 12, rect.y + 23, tier.role, { size: 11, font: "mono", anchor: "end", within: 84 }),
  ];
}

function drawProxy(rect: Rect): string[] {
  const middle = centreY(rect);
  const lines = ["sidecar of", "each pod:", "no password,", "mutual TLS"];
  return [
    box(rect, HUES.teal),
    text(centreX(rect), middle - 32, "Auth Proxy", {
      size: 13,
      font: "bold",
      colour: HUES.teal.ink,
      anchor: "middle",
      within: 96,
    }),
    ...lines.map((line, index) =>
      text(centreX(rect), middle - 11 + 17 * index, line, { size: 12, colour: MUTED, anchor: "middle", within: 96 }),
    ),
  ];
}

function drawStep(step: (typeof STEPS)[number], rect: Rect, number: number): string[] {
  const detail = {
    size: step.mono ? 11 : 11.5,
    font: step.mono ? "mono" : "sans",
    colour: MUTED,
    within: 168,
  } as const;
  return [
    box(rect, HUES.violet),
    text(rect.x + 10, rect.y + 23, `${number}  ${step.title}`, {
      size: 13,
      font: "bold",
      colour: HUES.violet.ink,
      within: 160,
    }),
    text(rect.x + 10, rect.y + 41, step.detail, { ...detail, within: rect.width - 14 }),
  ];
}

/** A table, of which one tenant's rows are to be seen. */
function drawRows(rect: Rect): string[] {
  const height = rect.height / ROWS.length;
  return ROWS.flatMap(({ account, seen }, index) => {
    const y = rect.y + index * height;
    const row: Rect = { x: rect.x, y, width: rect.width, height: height - 3 };
    const hue = seen ? HUES.blue : { ...HUES.grey, fill: "#ffffff" };
    return [
      box(row, hue, { radius: 4 }),
      text(rect.x + 10, y + 12, account, {
        size: 11,
        font: "mono",
        colour: seen ? HUES.blue.ink : "#8b96a1",
        within: 64,
      }),
      ...(seen
        ? [`<rect x="${rect.x + 76}" y="${y + 5}" width="84" height="6" rx="3" fill="${HUES.blue.line}"/>`]
        : [text(right(rect) - 10, y + 12, "not there", { size: 11, colour: "#8b96a1", anchor: "end", within: 80 })]),
    ];
  });
}

function wires(
  client: Rect,
  gateway: Rect,
  administrator: Rect,
  tiers: readonly Rect[],
  proxy: Rect,
  steps: readonly Rect[],
): string[] {
  const split = 321;
  const served = tiers.slice(0, 3);
  return [
    arrow([
      [right(client), centreY(client)],
      [gateway.x, centreY(gateway)],
    ]),
    ...served.map((tier) =>
      arrow([
        // One trunk as far as the fork, drawn with the tier that lies straight ahead.
        ...(centreY(tier) === centreY(gateway)
          ? [[right(gateway), centreY(gateway)] as const]
          : [[split, centreY(gateway)] as const, [split, centreY(tier)] as const]),
        [tier.x, centreY(tier)],
      ]),
    ),
    arrow([
      [right(administrator), centreY(administrator)],
      [tiers[3]!.x, centreY(tiers[3]!)],
    ]),
    ...tiers.map((tier) =>
      arrow([
        [right(tier), centreY(tier)],
        [proxy.x, centreY(tier)],
      ]),
    ),
    arrow([
      [right(proxy), centreY(steps[0]!)],
      [steps[0]!.x, centreY(steps[0]!)],
    ]),
    ...steps.map((step, index) =>
      arrow([
        [centreX(step), step.y + step.height],
        [centreX(step), steps[index + 1]?.y ?? 378],
      ]),
    ),
  ];
}

function caption(): string[] {
  const lines = [
    "Each tier has a login of its own, bound to the roles beside its name.",
    "A forged claim or a fault in one tier still meets steps 1 to 4; after every rollout,",
    "live attacks as every kind of role prove that they hold.",
  ];
  return lines.map((line, index) => text(32, 418 + 20 * index, line, { size: 13, colour: MUTED, within: 680 }));
}
