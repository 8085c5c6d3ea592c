/** Finds the ConfigMaps in a resource: itself, or in a list of objects. */
import type { Resource } from "./rule.ts";
import { type Fields, fields, maps, UNKNOWN } from "./values.ts";

export interface ConfigMap {
  readonly path: string;
  readonly metadata: Fields;
  /** Its entries as text; binary ones decoded. */
  readonly texts: readonly { readonly key: string; readonly text: unknown }[];
}

export function configMapsOf({ type, props }: Resource): ConfigMap[] {
  return [...maps(props)]
    .filter(({ path, map }) => map.kind === "ConfigMap" || (path === "" && /:ConfigMap(?:Patch)?$/i.test(type)))
    .map(({ path, map }) => ({
      path,
      metadata: fields(map.metadata),
      texts: [
        ...Object.entries(fields(map.data)).map(([key, text]) => ({ key, text })),
        ...Object.entries(fields(map.binaryData)).map(([key, text]) => ({
          key,
          text: text === UNKNOWN ? UNKNOWN : Buffer.from(String(text), "base64").toString(),
        })),
      ],
    }));
}
