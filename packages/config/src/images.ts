/** Container images by digest: what runs is what was built and signed, whatever its tag is made to say later. */
import { joinPath, type Mistake } from "./mistakes.ts";

/** Stands in an environment's stack file until `npm run pin` has asked the registry. No image has it. */
export const PLACEHOLDER_DIGEST = `sha256:${"0".repeat(64)}`;

export interface ImageReference {
  /** `gcr.io/alloydb-connectors/alloydb-auth-proxy` */
  readonly name: string;
  readonly tag?: string;
  /** `sha256:…` */
  readonly digest?: string;
}

/** Takes apart `name[:tag][@sha256:…]`; a colon before the last slash belongs to the registry's port. */
export function parseImage(image: string): ImageReference {
  const [rest = "", digest] = image.split("@", 2);
  const [, name = rest, tag] = /^(.*):([^:/]+)$/.exec(rest) ?? [];
  return { name, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

/**
 * What of an environment's images may not go to a real cloud: one by tag alone, and one whose digest was never looked up.
 * @param path - of the map in the config
 */
export function checkDigests(images: Readonly<Record<string, string>>, path = "bulkhead:images"): Mistake[] {
  return Object.entries(images).flatMap(([name, image]) => {
    const { digest } = parseImage(image);
    if (digest !== undefined && digest !== PLACEHOLDER_DIGEST) return [];
    return [
      {
        path: joinPath(path, name),
        value: image,
        problem: digest === undefined ? "is pinned by its tag alone" : "has a placeholder for its digest",
        remedy: "run npm run pin -- <environment>, which asks the registry, and commit what it writes",
      },
    ];
  });
}
