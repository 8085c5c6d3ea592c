/** Texts that have to fit. */
import { type TextStyle, text, widthOf } from "../picture/svg.ts";

type Font = Parameters<typeof widthOf>[2];

/** The text, or its head with an ellipsis. */
export function clip(text: string, within: number, size: number, font: Font = "sans"): string {
  if (widthOf(text, size, font) <= within) return text;
  let end = text.length;
  while (end > 1 && widthOf(`${text.slice(0, end)}…`, size, font) > within) end--;
  return `${text.slice(0, end).trimEnd()}…`;
}

/** Names as far as they fit, at most six, then how many more there are. */
export function naming(names: readonly string[], within: number, size: number): string {
  for (let shown = Math.min(names.length, 6); shown > 0; shown--) {
    const more = names.length - shown;
    const text = names.slice(0, shown).join(", ") + (more > 0 ? ` and ${more} more` : "");
    if (widthOf(text, size, "sans") <= within) return text;
  }
  return `${names.length}`;
}

export function wrap(text: string, within: number, size: number, font: Font = "sans"): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(`${last} ${word}`, size, font) <= within)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(clip(word, within, size, font));
  }
  return lines;
}

/** The first lines, the last of them with an ellipsis where more were to come. */
export function atMost(lines: readonly string[], most: number): string[] {
  return lines.length <= most ? [...lines] : [...lines.slice(0, most - 1), `${lines[most - 1]}…`];
}

export function counted(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** One line of text that gives way: what does not fit ends in an ellipsis. `y` is its baseline. */
export function label(x: number, y: number, content: string, style: TextStyle): string {
  const { size = 12, font = "sans", within } = style;
  return text(x, y, clip(content, within, size, font), style);
}
