import { existsSync, readFileSync } from "node:fs";
import { isObject, type Value } from "../plugin/values.ts";

/** The name of the cluster a kubeconfig leads to: what tells one cluster's objects from another's. */
export async function clusterOf(kubeconfig: string | undefined, context: string | undefined): Promise<string> {
  if (!kubeconfig) return "default";
  // As with the real provider, the setting may be a path.
  const isPath = !kubeconfig.includes("\n") && !kubeconfig.trimStart().startsWith("{") && existsSync(kubeconfig);
  const parsed = await parse(isPath ? readFileSync(kubeconfig, "utf8") : kubeconfig);
  if (!isObject(parsed)) throw new Error("kubeconfig: neither YAML nor JSON of a kubeconfig");
  const wanted = context ?? parsed["current-context"];
  const named = (Array.isArray(parsed.contexts) ? parsed.contexts : []).find((c) => isObject(c) && c.name === wanted);
  const inner = isObject(named) ? named.context : undefined;
  const cluster = isObject(inner) ? inner.cluster : undefined;
  if (typeof cluster !== "string")
    throw new Error(`kubeconfig: its current-context ${JSON.stringify(wanted)} names no cluster`);
  return cluster;
}

async function parse(content: string): Promise<Value> {
  try {
    return JSON.parse(content) as Value;
  } catch {
    // Most kubeconfigs that programs make are JSON, so the YAML parser is loaded only when needed.
    return (await import("yaml")).parse(content) as Value;
  }
}
