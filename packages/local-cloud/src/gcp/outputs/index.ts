import { alloydb } from "./alloydb.ts";
import { compute, computeByName } from "./compute.ts";
import { type Context, given, hex, locationOf, type Shape, type Shapers } from "./context.ts";
import { identity } from "./identity.ts";
import { platform } from "./platform.ts";

const shapers: Shapers = { ...alloydb, ...compute, ...identity, ...platform };

/** What Google would answer for a resource. A type nobody has described gets an identifier of the usual form. */
export function shape(context: Context): Shape {
  const known = shapers[context.type];
  if (known) return known(context);
  if (context.type.startsWith("gcp:compute/")) return computeByName(context);
  const kind = context.type.split(":").at(-1) ?? "resource";
  const collection = `${kind.charAt(0).toLowerCase()}${kind.slice(1)}s`;
  const location = locationOf(context);
  const name = given(context, "name", `${context.name}-${hex(context.urn, 7)}`);
  const id = `projects/${context.project}/${location === "" ? "" : `locations/${location}/`}${collection}/${name}`;
  return { id, computed: {} };
}

export const shapedTypes: readonly string[] = Object.keys(shapers);
