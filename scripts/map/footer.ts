/** Below the map: what its colours mean, and what is allowed beside the arrows. */
import { HUES, line, MUTED, text } from "../picture/svg.ts";
import { SMALL } from "./layout.ts";
import type { EstateMap, Way } from "./model.ts";
import { wrap } from "./words.ts";

export const WAYS: Readonly<Record<Way["kind"], { readonly colour: string; readonly means: string }>> = {
  public: { colour: HUES.blue.ink, means: "tenants' requests" },
  admin: { colour: HUES.amber.ink, means: "administrators' requests" },
  database: { colour: HUES.teal.ink, means: "Auth Proxy to AlloyDB, :5433" },
  replication: { colour: HUES.violet.ink, means: "replication" },
  out: { colour: MUTED, means: "pods' other calls" },
};

const LINE = 16;
const GUTTER = 28;

interface Section {
  readonly title: string;
  readonly colour: string;
  /** Lines of text, in two columns. */
  readonly columns: readonly (readonly string[])[];
}

function sectionsOf({ also, shut }: EstateMap, width: number): Section[] {
  const section = (title: string, colour: string, entries: readonly string[]) =>
    entries.length === 0 ? [] : [{ title, colour, columns: inColumns(entries, width) }];
  return [...section("Declared, and not let through", HUES.amber.ink, shut), ...section("Also allowed", MUTED, also)];
}

function inColumns(entries: readonly string[], width: number): string[][] {
  const wrapped = entries.map((entry) => wrap(entry, (width - 40 - GUTTER) / 2 - 14, SMALL));
  const half = Math.ceil(wrapped.flat().length / 2);
  const columns: [string[], string[]] = [[], []];
  for (const lines of wrapped) {
    const first = columns[1].length === 0 && columns[0].length + lines.length <= Math.max(half, lines.length);
    columns[first ? 0 : 1].push(...lines.map((words, index) => `${index === 0 ? "•" : " "} ${words}`));
  }
  return columns;
}

const heightOf = ({ columns }: Section) => 34 + Math.max(...columns.map(({ length }) => length)) * LINE;

export function footerHeight(map: EstateMap, width: number): number {
  return 66 + sectionsOf(map, width).reduce((sum, section) => sum + heightOf(section), 0);
}

export function drawFooter(map: EstateMap, y: number, width: number): string[] {
  let x = 20;
  const body: string[] = [];
  for (const [kind, { colour, means }] of Object.entries(WAYS)) {
    if (!map.ways.some((way) => way.kind === kind)) continue;
    body.push(
      line(
        [
          [x, y + 28],
          [x + 22, y + 28],
        ],
        colour,
      ),
      text(x + 28, y + 32, means, { size: 12, colour: MUTED, within: 300 }),
    );
    x += 50 + Math.round(means.length * 12 * 0.52);
  }
  let top = y + 66;
  for (const section of sectionsOf(map, width)) {
    body.push(
      text(20, top, section.title, { size: 13, font: "bold", within: 400 }),
      ...drawSection(section, top, width),
    );
    top += heightOf(section);
  }
  return body;
}

function drawSection({ colour, columns }: Section, top: number, width: number): string[] {
  const step = (width - 40 - GUTTER) / 2 + GUTTER;
  return columns.flatMap((lines, column) =>
    lines.map((words, index) =>
      text(20 + column * step, top + 20 + index * LINE, words, { size: SMALL, colour, within: step - GUTTER + 4 }),
    ),
  );
}
