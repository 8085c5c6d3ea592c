/** The digest that a tag names right now, from a registry's HTTP API (OCI distribution, `GET /v2/<name>/manifests/<tag>`). */
import { createHash } from "node:crypto";
import { parseImage } from "@bulkhead/config";
import { UserError } from "../lib/cli.ts";

/** A list of platforms where there is one, for nodes of either architecture; else the one image. */
const MANIFESTS = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");
const TIMEOUT_MILLISECONDS = 30_000;
/** Registries whose API is at another host than their images' names say. */
const API_HOSTS: Readonly<Record<string, string>> = { "docker.io": "registry-1.docker.io" };

export interface Registry {
  /** A bearer token for a registry that wants one from the caller; undefined: ask anonymously. */
  readonly token: (host: string) => string | undefined;
  /** `http` for a registry on this machine. Default: https. */
  readonly scheme?: "https" | "http";
}

/** @returns `sha256:…` */
export async function digestOf(image: string, registry: Registry): Promise<string> {
  const { name, tag } = parseImage(image);
  if (tag === undefined) throw new UserError(`${image} has no tag to look up`);
  const { host, repository } = locate(name);
  const url = `${registry.scheme ?? "https"}://${API_HOSTS[host] ?? host}/v2/${repository}/manifests/${tag}`;
  const own = registry.token(host);
  let response = await get(url, own, image);
  if (response.status === 401 && own === undefined) {
    const token = await anonymousToken(response.headers.get("www-authenticate") ?? "", image);
    response = await get(url, token, image);
  }
  if (response.status === 404) throw new UserError(`${image}: the registry has no such tag`);
  if (!response.ok) throw new UserError(`${image}: the registry answers ${response.status} ${response.statusText}`);
  // The digest is the hash of what came, not what a header says of it.
  const digest = `sha256:${createHash("sha256")
    .update(Buffer.from(await response.arrayBuffer()))
    .digest("hex")}`;
  const said = response.headers.get("docker-content-digest");
  if (said !== null && said !== digest) throw new UserError(`${image}: the registry says ${said}, and sent ${digest}`);
  return digest;
}

/** The registry and the repository of a name; one without a host is Docker Hub's. */
export function locate(name: string): { host: string; repository: string } {
  const [first = "", ...rest] = name.split("/");
  const hasHost = rest.length > 0 && /[.:]|^localhost$/.test(first);
  const host = hasHost ? first : "docker.io";
  const path = hasHost ? rest.join("/") : name;
  return { host, repository: host === "docker.io" && !path.includes("/") ? `library/${path}` : path };
}

async function get(url: string, token: string | undefined, image: string): Promise<Response> {
  try {
    return await fetch(url, {
      headers: { accept: MANIFESTS, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
    });
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { message?: string } };
    throw new UserError(`${image}: the registry cannot be reached (${cause?.message ?? message})`);
  }
}

/** What a registry asks for on the first try: a token from where it says, without credentials. */
async function anonymousToken(challenge: string, image: string): Promise<string> {
  const fields = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]),
  );
  if (!/^Bearer /i.test(challenge) || fields.realm === undefined)
    throw new UserError(`${image}: the registry wants a login (${challenge || "it does not say how"})`);
  const url = new URL(fields.realm);
  for (const key of ["service", "scope"]) if (fields[key] !== undefined) url.searchParams.set(key, fields[key]);
  const response = await get(url.href, undefined, image);
  if (!response.ok) throw new UserError(`${image}: the registry's tokens answer ${response.status}; is it private?`);
  const { token, access_token } = (await response.json()) as { token?: string; access_token?: string };
  const issued = token ?? access_token;
  if (issued === undefined) throw new UserError(`${image}: the registry gave no token`);
  return issued;
}
