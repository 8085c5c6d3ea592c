import { createHash } from "node:crypto";
import { at, type Props, text } from "../../plugin/values.ts";

/** What Google would know of a resource when it answers: the inputs without marks, and where they apply. */
export type Context = { inputs: Props; project: string; region: string; type: string; name: string; urn: string };

/** The identifier the engine keeps, and what the API adds to the inputs. */
export type Shape = { id: string; computed: Props };
export type Shaper = (context: Context) => Shape;
export type Shapers = Readonly<Record<string, Shaper>>;

/** The text of an input, or the default. */
export function given(context: Context, path: string, otherwise = ""): string {
  return text(at(context.inputs, path)) ?? otherwise;
}

/** Same resource, same value, in every run: a second rehearsal must not differ from the first. */
export function hex(seed: string, length: number): string {
  return createHash("sha256").update(seed).digest("hex").slice(0, length);
}

export function digits(seed: string, length: number): string {
  const hash = createHash("sha512").update(seed).digest("hex");
  const number = BigInt(`0x${hash}`).toString().slice(0, length);
  return number;
}

export function privateAddress(seed: string): string {
  const byte = (from: number) => Number.parseInt(hex(seed, 8).slice(from, from + 2), 16);
  return `10.${64 + (byte(0) % 64)}.${byte(2)}.${2 + (byte(4) % 250)}`;
}

export function publicAddress(seed: string): string {
  const byte = (from: number) => Number.parseInt(hex(seed, 8).slice(from, from + 2), 16);
  return `34.${byte(0)}.${byte(2)}.${2 + (byte(4) % 250)}`;
}

export function projectNumber(project: string): string {
  return digits(`project ${project}`, 12);
}

export function locationOf(context: Context): string {
  return given(context, "location", given(context, "region", context.region));
}

/** The last segment of a path such as `projects/p/global/networks/n`. */
export function base(path: string): string {
  return path.split("/").at(-1) ?? path;
}

export const CREATED = "2026-01-01T00:00:00Z";
