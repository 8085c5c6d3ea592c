/** The images in a stack file, and their digests written back: comments and order stay as they are. */
import { type Document, isMap, isPair, isScalar, type Pair, parseDocument, type YAMLMap } from "yaml";

const IMAGES = "bulkhead:images";

export interface StackImages {
  /** By the key in `bulkhead:images`. */
  readonly images: Readonly<Record<string, string>>;
  /** The file's text with these images; those that it did not name are added. */
  readonly write: (images: Readonly<Record<string, string>>) => string;
}

export function readImages(text: string): StackImages {
  const document = parseDocument(text);
  const map = imagesOf(document);
  const images = Object.fromEntries(
    (map?.items ?? []).filter(isPair).map((pair) => [scalar(pair.key), scalar(pair.value)]),
  );
  return {
    images,
    write: (wanted) => {
      for (const [name, image] of Object.entries(wanted)) {
        const pair = map?.items.find((item): item is Pair => isPair(item) && scalar(item.key) === name);
        if (pair && isScalar(pair.value)) pair.value.value = image;
        else document.setIn(["config", IMAGES, name], image);
      }
      return document.toString({ lineWidth: 0 });
    },
  };
}

function imagesOf(document: Document): YAMLMap | undefined {
  const found = document.getIn(["config", IMAGES]);
  return isMap(found) ? (found as YAMLMap) : undefined;
}

function scalar(node: unknown): string {
  return String(isScalar(node) ? node.value : node);
}
