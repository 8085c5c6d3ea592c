/** The few shapes that the picture is drawn with. Text that would not fit its box is an error here, not an ugly surprise later. */

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A colour family: lines and titles in `ink`, areas in `fill`. All sit on white, so that dark pages change nothing. */
export interface Hue {
  readonly ink: string;
  readonly line: string;
  readonly fill: string;
}

export const HUES = {
  grey: { ink: "#24303c", line: "#c3ccd6", fill: "#f6f8fa" },
  blue: { ink: "#1d4ed8", line: "#93b4f5", fill: "#eff5ff" },
  teal: { ink: "#0f6b63", line: "#7cc7bd", fill: "#effaf8" },
  violet: { ink: "#5b21b6", line: "#b9a3ea", fill: "#f6f2ff" },
  amber: { ink: "#9a4a07", line: "#e3b877", fill: "#fff8ec" },
} as const satisfies Record<string, Hue>;

export const INK = HUES.grey.ink;
export const MUTED = "#57636f";

const SANS = "-apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";
const MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace";

/** Widest that a character of a common system font is on average, in parts of the font's size. */
const CHARACTER_WIDTH = { sans: 0.54, bold: 0.58, mono: 0.61 };

export interface TextStyle {
  readonly size?: number;
  readonly font?: keyof typeof CHARACTER_WIDTH;
  readonly colour?: string;
  readonly anchor?: "start" | "middle" | "end";
  /** Widest that the text may be. */
  readonly within: number;
}

export function widthOf(text: string, size: number, font: keyof typeof CHARACTER_WIDTH): number {
  return text.length * size * CHARACTER_WIDTH[font];
}

/** One line of text; `y` is its baseline. */
export function text(x: number, y: number, content: string, style: TextStyle): string {
  const { size = 12, font = "sans", colour = INK, anchor = "start", within } = style;
  const width = widthOf(content, size, font);
  if (width > within) throw new Error(`"${content}" needs ${Math.ceil(width)} px and has ${Math.floor(within)}`);
  const family = font === "mono" ? MONO : SANS;
  const weight = font === "bold" ? ' font-weight="600"' : "";
  return `<text x="${x}" y="${y}" font-family="${family}" font-size="${size}"${weight} fill="${colour}" text-anchor="${anchor}" xml:space="preserve">${escapeXml(content)}</text>`;
}

export function box(
  { x, y, width, height }: Rect,
  hue: Hue,
  options: { dashed?: boolean; radius?: number } = {},
): string {
  const dash = options.dashed ? ' stroke-dasharray="5 4"' : "";
  const fill = options.dashed ? "none" : hue.fill;
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${options.radius ?? 8}" fill="${fill}" stroke="${hue.line}" stroke-width="1.2"${dash}/>`;
}

/** A line through points, with a head at its end. Corners are right angles. */
export function arrow(points: readonly (readonly [number, number])[], colour: string = MUTED): string {
  const [last = [0, 0], before = [0, 0]] = points.toReversed();
  const head = 6;
  const sign = (to: number, from: number) => Math.sign(to - from);
  const [dx, dy] = [sign(last[0], before[0]), sign(last[1], before[1])];
  const tip: readonly [number, number] = [last[0] - dx * head, last[1] - dy * head];
  const line = [...points.slice(0, -1), tip].map(([x, y]) => `${x},${y}`).join(" ");
  const wings = [
    [last[0], last[1]],
    [last[0] - dx * head - dy * 3.5, last[1] - dy * head - dx * 3.5],
    [last[0] - dx * head + dy * 3.5, last[1] - dy * head + dx * 3.5],
  ].map(([x, y]) => `${x},${y}`);
  return `<polyline points="${line}" fill="none" stroke="${colour}" stroke-width="1.4" stroke-linejoin="round"/><polygon points="${wings.join(" ")}" fill="${colour}"/>`;
}

/** A line through points without a head: the part that several arrows share. */
export function line(points: readonly (readonly [number, number])[], colour: string = MUTED): string {
  const through = points.map(([x, y]) => `${x},${y}`).join(" ");
  return `<polyline points="${through}" fill="none" stroke="${colour}" stroke-width="1.4" stroke-linejoin="round"/>`;
}

/** Shapes that belong together, with what a reader is told who points at them, and data for who reads the source. */
export function group(title: string, data: Readonly<Record<string, string>>, body: readonly string[]): string {
  const attributes = Object.entries(data).map(([key, value]) => ` data-${key}="${escapeXml(value)}"`);
  return `<g${attributes.join("")}><title>${escapeXml(title)}</title>${body.join("")}</g>`;
}

export function centreX({ x, width }: Rect): number {
  return x + width / 2;
}

export function centreY({ y, height }: Rect): number {
  return y + height / 2;
}

export function right({ x, width }: Rect): number {
  return x + width;
}

/** A whole document on a white card, readable on a page of any colour. */
export function document(
  width: number,
  height: number,
  title: string,
  description: string,
  body: readonly string[],
): string {
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title description">`,
    `<title id="title">${escapeXml(title)}</title>`,
    `<desc id="description">${escapeXml(description)}</desc>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="14" fill="#ffffff" stroke="#d5dbe1"/>`,
    ...body,
    "</svg>",
  ].join("\n")}\n`;
}

function escapeXml(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
