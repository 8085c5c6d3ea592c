/** The picture stays readable whatever is added to it: nothing overlaps, nothing leaves the card, any page takes it. */
import { describe, expect, test } from "vitest";
import { text } from "./picture/svg.ts";
import { drawPicture } from "./picture.ts";

interface Box {
  readonly x: number;
  readonly y: number;
  readonly right: number;
  readonly bottom: number;
}

const svg = drawPicture();
const attribute = (tag: string, name: string) => Number(new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1]);
const boxes = [...svg.matchAll(/<rect [^>]*>/g)]
  .map(([tag]) => tag)
  .slice(1)
  .map((tag): Box => {
    const [x, y] = [attribute(tag, "x"), attribute(tag, "y")];
    return { x, y, right: x + attribute(tag, "width"), bottom: y + attribute(tag, "height") };
  });
const inside = (a: Box, b: Box) => a.x >= b.x && a.y >= b.y && a.right <= b.right && a.bottom <= b.bottom;
const apart = (a: Box, b: Box) => a.right <= b.x || b.right <= a.x || a.bottom <= b.y || b.bottom <= a.y;

describe("the picture", () => {
  test("is the same at every drawing", () => {
    expect(drawPicture()).toBe(svg);
  });

  test("holds boxes that lie apart or within one another, all on the card", () => {
    expect(boxes.length).toBeGreaterThan(20);
    const card = { x: 16, y: 16, right: 944, bottom: 710 };
    for (const [index, box] of boxes.entries()) {
      expect(inside(box, card), JSON.stringify(box)).toBe(true);
      for (const other of boxes.slice(index + 1)) {
        expect(apart(box, other) || inside(box, other) || inside(other, box), JSON.stringify([box, other])).toBe(true);
      }
    }
  });

  test("needs nothing from outside: no script, style sheet, font, image or link", () => {
    expect(svg).not.toMatch(/<(?:script|style|image|a|use|foreignObject)\b|url\(|href|@import/);
    expect(svg).toMatch(/<title id="title">[^<]+<\/title>\n<desc id="description">[^<]+<\/desc>/);
  });

  test("is set in letters that can be read at the width of a README", () => {
    const sizes = [...svg.matchAll(/font-size="([\d.]+)"/g)].map((match) => Number(match[1]));
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(11);
  });
});

test("text that would not fit is refused", () => {
  expect(() => text(0, 0, "a text that is too long for its box", { within: 60 })).toThrow(/needs \d+ px and has 60/);
});
