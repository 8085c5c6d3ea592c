/** Exported interfaces of the components, read from their sources: what each property means, and whether it must be given. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Property {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  /** The docstring, on one line. */
  readonly doc: string;
}

/** Every exported interface below a folder, by its name; a second of one name is an error, as a table could then show either. */
export function interfacesIn(folder: string): ReadonlyMap<string, readonly Property[]> {
  const found = new Map<string, readonly Property[]>();
  const inherited = new Map<string, string[]>();
  for (const file of globSync("**/*.ts", { cwd: folder }).sort()) {
    if (/(?:\.test\.ts|(?:^|[\\/])testing[\\/.])/.test(file)) continue;
    const source = readFileSync(join(folder, file), "utf8");
    for (const match of source.matchAll(/^export interface (\w+)(?: extends ([\w, ]+))? \{\n/gm)) {
      const [head, name = "", parents] = match;
      const start = match.index + head.length;
      const body = source.slice(start, source.indexOf("\n}", start - 1) + 1);
      found.set(name, propertiesOf(body));
      if (parents)
        inherited.set(
          name,
          parents.split(",").map((parent) => parent.trim()),
        );
    }
  }
  for (const [name, parents] of inherited)
    found.set(name, [...parents.flatMap((parent) => found.get(parent) ?? []), ...(found.get(name) ?? [])]);
  return found;
}

/** The properties of an interface's body, each with the comment before it. */
function propertiesOf(body: string): Property[] {
  const properties: Property[] = [];
  let doc: string[] = [];
  let inComment = false;
  const lines = body.split("\n");
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!.trim();
    if (inComment || line.startsWith("/**")) {
      doc.push(
        line
          .replace(/^\/\*\*/, "")
          .replace(/\*\/$/, "")
          .replace(/^\s*\*\s?/, "")
          .trim(),
      );
      inComment = !line.endsWith("*/");
      continue;
    }
    const property = /^readonly (\w+)(\??): ?(.*)$/.exec(line);
    if (!property) continue;
    let type = property[3] ?? "";
    // A type over several lines ends where its brackets close.
    while (!type.endsWith(";") || depth(type) > 0) {
      const next = lines[++index];
      if (next === undefined) break;
      type += ` ${next.trim()}`;
    }
    properties.push({
      name: property[1] ?? "",
      required: property[2] !== "?",
      type: type.replace(/;$/, "").replaceAll(/\s+/g, " ").replaceAll("readonly ", "").replace(/^\| /, "").trim(),
      doc: doc.filter(Boolean).join(" "),
    });
    doc = [];
  }
  return properties;
}

function depth(text: string): number {
  return (
    [...text].reduce((sum, each) => sum + ("{[(<".includes(each) ? 1 : "}])".includes(each) ? -1 : 0), 0) -
    (text.match(/(?<!=)>/g)?.length ?? 0)
  );
}
