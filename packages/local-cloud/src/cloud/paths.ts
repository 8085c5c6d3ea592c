import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileName } from "./files.ts";

/** Where a cloud keeps what. One place, so that two commands never disagree. */
export class Paths {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = canonical(dir);
  }

  lock(name: string): string {
    return join(this.dir, "locks", `${fileName(name)}.json`);
  }
  get ports(): string {
    return join(this.dir, "ports.json");
  }
  /** Records of cloud resources, a folder per Pulumi type. */
  gcp(type: string): string {
    return join(this.dir, "gcp", fileName(type));
  }
  gcpRecord(type: string, id: string): string {
    const short = createHash("sha256").update(id).digest("hex").slice(0, 24);
    return join(this.gcp(type), `${short}.json`);
  }
  get servers(): string {
    return join(this.dir, "postgres");
  }
  server(instance: string): string {
    const [, project = "", , location = "", , cluster = "", , name = ""] = instance.split("/");
    return join(this.servers, fileName(`${project}.${location}.${cluster}.${name}`));
  }
  get kubernetes(): string {
    return join(this.dir, "kubernetes");
  }
  get pods(): string {
    return join(this.dir, "pods");
  }
  pod(cluster: string, namespace: string, kind: string, name: string): string {
    return join(this.pods, fileName(cluster), fileName(namespace), `${kind.toLowerCase()}-${fileName(name)}`);
  }
}

/** One name for a folder however it was reached, also before it exists. */
function canonical(dir: string): string {
  try {
    return realpathSync(dir);
  } catch {
    return dirname(dir) === dir ? dir : join(canonical(dirname(dir)), basename(dir));
  }
}

/** PostgreSQL refuses to run as root, and a clone's parents may shut others out: root's servers live here. */
export const ROOT_HOME = "/var/lib/bulkhead";

export function rootDirOf(dir: string): string {
  return join(ROOT_HOME, "clouds", createHash("sha256").update(canonical(dir)).digest("hex").slice(0, 24));
}
