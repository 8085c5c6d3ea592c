import type { Container } from "./types.ts";

/** The three images that can run here, by the last part of their repository's name, whatever registry and tag. */
const NAMES = { postgrest: "postgrest", runtime: "bulkhead-runtime", proxy: "alloydb-auth-proxy" } as const;
export type Role = keyof typeof NAMES;

export function repositoryName(image: string): string {
  const withoutDigest = image.split("@")[0] ?? "";
  const last = withoutDigest.split("/").at(-1) ?? "";
  return last.split(":")[0] ?? "";
}

export function roleOf(container: Container): Role | undefined {
  const name = repositoryName(container.image ?? "");
  return (Object.keys(NAMES) as Role[]).find((role) => NAMES[role] === name);
}
