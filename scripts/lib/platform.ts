/** Where a platform on this machine lives: its stacks, and everything else under `.bulkhead/`, private to the user. */
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** The repository: sources, policies, node_modules. */
export const REPOSITORY = resolve(import.meta.dirname, "../..");

export interface Platform {
  /** Folder that holds `stacks/` and `.bulkhead/`: the repository, unless BULKHEAD_ROOT names another. */
  readonly root: string;
  /** Environment, the name of the stacks. */
  readonly environment: string;
  /** `realise` makes real what has a local counterpart; `record` only records (a rehearsal); `cloud` is Google Cloud itself. */
  readonly mode: "realise" | "record" | "cloud";
  /** `.bulkhead/`, or a throw-away folder for a rehearsal; of `cloud`, only locks and logs. */
  readonly home: string;
  readonly stacks: string;
  /** State of the stand-in providers. */
  readonly cloud: string;
}

export function localPlatform(): Platform {
  const root = resolve(process.env.BULKHEAD_ROOT ?? REPOSITORY);
  return platformAt(root, join(root, ".bulkhead"), "local", "realise");
}

/** An environment on Google Cloud: Pulumi works in `stacks/` itself, with the backend and the credentials of whoever runs this. */
export function cloudPlatform(root: string, environment: string): Platform {
  const platform = platformAt(root, join(root, ".bulkhead", "environments", environment), environment, "cloud");
  mkdirSync(platform.home, { recursive: true, mode: 0o700 });
  return platform;
}

export function platformAt(root: string, home: string, environment: string, mode: Platform["mode"]): Platform {
  return { root, environment, mode, home, stacks: join(root, "stacks"), cloud: join(home, "cloud") };
}

/** Creates the home folder, 0700. The stacks' files are never written to: Pulumi works on copies in there. */
export function prepareHome(platform: Platform): void {
  for (const folder of [platform.home, join(platform.home, "state"), join(platform.home, "projects")]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
  chmodSync(platform.home, 0o700);
  secretFile(join(platform.home, "passphrase"), () => randomBytes(32).toString("base64url"));
}

/** A file only its owner reads, made once, wholly or not at all. Returns its content. */
export function secretFile(path: string, make: () => string): string {
  if (!existsSync(path)) writePrivate(path, make());
  return readFileSync(path, "utf8");
}

/** Writes a 0600 file by rename, so that nobody ever sees half of it. */
export function writePrivate(path: string, content: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, content, { mode: 0o600 });
  renameSync(temporary, path);
}
