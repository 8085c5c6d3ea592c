/** Tables of options in the docs, written from the sources, so that they say what the program takes. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { jsonSchemas } from "@bulkhead/config";
import { interfacesIn } from "./interfaces.ts";
import { configTable } from "./reference.ts";

/** A line that asks for a table, and what an earlier run put below it. */
const MARKER = /^<!-- (options|config): ([\w.:-]+) -->\n(?:\n?\|[^\n]*\n(?:\|[^\n]*\n)*\n?<!-- end -->\n)?/gm;

/** Every page of the docs that asks for tables, with them, by path from the root. */
export function documentTables(root: string): ReadonlyMap<string, string> {
  const interfaces = interfacesIn(join(root, "packages/components/src"));
  const schemas = jsonSchemas();
  const pages = new Map<string, string>();
  for (const file of globSync("{docs/**/*.md,README.md}", { cwd: root }).sort()) {
    const path = file.replaceAll("\\", "/");
    const page = readFileSync(join(root, file), "utf8");
    const filled = page.replace(MARKER, (_whole, kind: string, name: string) => {
      const marker = `<!-- ${kind}: ${name} -->`;
      const table = kind === "config" ? configTable(name, schemas) : optionsTable(name, interfaces);
      if (table === undefined) throw new Error(`${path}: ${marker} names nothing that there is`);
      return `${marker}\n\n${table}\n\n<!-- end -->\n`;
    });
    if (page.search(MARKER) !== -1) pages.set(path, filled);
  }
  return pages;
}

function optionsTable(name: string, interfaces: ReturnType<typeof interfacesIn>): string | undefined {
  const properties = interfaces.get(name);
  if (!properties) return undefined;
  return table(
    ["argument", "type", "meaning"],
    properties.map(({ name, type, required, doc }) => [
      `\`${name}\`${required ? "" : " (optional)"}`,
      `\`${type}\``,
      doc,
    ]),
  );
}

/** A Markdown table, its columns aligned as the formatter has them; bars in its cells are escaped. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows].map((cells) =>
    cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ").trim()),
  );
  const widths = header.map((_, column) => Math.max(3, ...lines.map((cells) => [...(cells[column] ?? "")].length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell + " ".repeat(widths[column]! - [...cell].length)).join(" | ")} |`;
  const [head = [], ...body] = lines;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}
