/** Where schemas come from: pinned packages, fetched once by pip and Go into the user's cache. None of it is in the repository. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { findGo, pipInstall } from "../toolchain/go.ts";
import { type Held, withLock } from "../toolchain/lock.ts";
import { type Step, startStep } from "../toolchain/progress.ts";

/** A Go module whose folder of custom resource definitions is what clusters install. `sum` is what go.sum would say. */
interface CrdModule {
  readonly module: string;
  readonly version: string;
  readonly sum: string;
  readonly folder: string;
}

const CRD_MODULES: readonly CrdModule[] = [
  {
    module: "sigs.k8s.io/gateway-api",
    version: "v1.3.0",
    sum: "h1:q6okN+/UKDATola4JY7zXzx40WO4VISk7i9DIfOvr9M=",
    folder: "config/crd/standard",
  },
  {
    module: "github.com/GoogleCloudPlatform/gke-networking-api",
    version: "v0.2.11",
    sum: "h1:U9n3hHMyWvGHO+wiEUxoLHQlqUxU0oARuCHoDZTDxUQ=",
    folder: "config/crds",
  },
  {
    module: "github.com/hashicorp/vault-secrets-operator",
    version: "v0.10.0",
    sum: "h1:BjOTBJRqx1SLo7NeyqNJWRPDyfRscbqPtGU1U2LzArg=",
    folder: "config/crd/bases",
  },
  {
    module: "github.com/external-secrets/external-secrets",
    version: "v1.3.2",
    sum: "h1:u2J8RjlHIeF0oZCqtl92adI/uZWUwOesJIDkfql6LqQ=",
    folder: "config/crds/bases",
  },
];

const REQUIREMENTS = join(import.meta.dirname, "kubernetes-schemas.txt");
/** In the package: one folder for each minor version, in which unknown fields are refused. */
const MINOR_FOLDER = /^v(\d+\.\d+)\.\d+-local-strict$/;

export interface CustomResourceDefinition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly scope: "Namespaced" | "Cluster";
    readonly versions: readonly {
      readonly name: string;
      readonly served: boolean;
      readonly schema?: { readonly openAPIV3Schema?: object };
    }[];
  };
}

export interface KubernetesSchemas {
  readonly $defs: Readonly<Record<string, Record<string, unknown>>>;
}

export interface Sources {
  /** JSON Schema document of a minor version such as `1.33`; every type stands in its `$defs`. */
  kubernetes(minor: string): KubernetesSchemas;
  readonly crds: readonly CustomResourceDefinition[];
}

/** Fetches what is not in the cache yet. */
export async function readSources(): Promise<Sources> {
  const folder = join(cacheFolder(), "manifest-schemas");
  const kubernetes = join(folder, `kubernetes-${pinOf(REQUIREMENTS)}`);
  const modules = CRD_MODULES.map((entry) => ({
    ...entry,
    kept: join(folder, `${entry.module.split("/").at(-1)}-${entry.version}`),
  }));
  const missing = modules.filter(({ kept }) => !existsSync(kept));
  if (!existsSync(kubernetes) || missing.length > 0) {
    await withLock(join(folder, ".lock"), "fetching Kubernetes schemas", async (held) => {
      const step = startStep(1, 1, "the schemas of Kubernetes objects", "half a minute");
      try {
        if (!existsSync(kubernetes)) await fetchKubernetes(held, kubernetes, step);
        if (missing.length > 0) await fetchModules(held, missing, step);
        step.done();
      } catch (error) {
        step.failed();
        throw error;
      }
    });
  }
  return {
    kubernetes: (minor) => {
      const file = join(kubernetes, `${minor}.json`);
      if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as KubernetesSchemas;
      const known = readdirSync(kubernetes).map((name) => name.replace(/\.json$/, ""));
      throw new Error(`there are no schemas of Kubernetes ${minor}, only of ${known.sort(byMinor).join(", ")}`);
    },
    crds: modules.flatMap(({ kept }) => readdirSync(kept).flatMap((name) => readCrds(join(kept, name)))),
  };
}

function cacheFolder(): string {
  return process.env.BULKHEAD_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "bulkhead");
}

function pinOf(requirements: string): string {
  return /==(\S+)/.exec(readFileSync(requirements, "utf8"))?.[1] ?? "";
}

async function fetchKubernetes(held: Held, kept: string, step: Step): Promise<void> {
  step.note("with pip");
  const target = join(held.staging, "pip");
  await pipInstall(REQUIREMENTS, target, held);
  const schemas = join(target, "kubernetes_validate", "kubernetes-json-schema");
  const chosen = join(held.staging, "kubernetes");
  mkdirSync(chosen);
  for (const name of readdirSync(schemas)) {
    const minor = MINOR_FOLDER.exec(name)?.[1];
    if (minor !== undefined) cpSync(join(schemas, name, "_definitions.json"), join(chosen, `${minor}.json`));
  }
  renameSync(chosen, kept);
}

async function fetchModules(
  held: Held,
  missing: readonly (CrdModule & { readonly kept: string })[],
  step: Step,
): Promise<void> {
  const go = await findGo(held, step);
  const env = { ...go.env, GOFLAGS: "-mod=mod", GOWORK: "off" };
  for (const { module, version, sum, folder, kept } of missing) {
    if (existsSync(kept)) continue;
    step.note(module);
    const printed = await held.run(go.command, ["mod", "download", "-json", `${module}@${version}`], {
      cwd: held.staging,
      env,
    });
    const found = JSON.parse(printed) as { Dir: string; Sum: string };
    if (found.Sum !== sum) throw new Error(`${module} ${version} is not what was pinned: ${found.Sum}, not ${sum}`);
    const chosen = join(held.staging, "crds");
    mkdirSync(chosen);
    for (const name of readdirSync(join(found.Dir, folder)).filter((file) => file.endsWith(".yaml")))
      cpSync(join(found.Dir, folder, name), join(chosen, name));
    renameSync(chosen, kept);
  }
  if (go.folder !== undefined) rmSync(go.folder, { recursive: true, force: true });
}

function readCrds(file: string): CustomResourceDefinition[] {
  return parseAllDocuments(readFileSync(file, "utf8"))
    .map((document) => document.toJS() as { kind?: string } & CustomResourceDefinition)
    .filter((document) => document?.kind === "CustomResourceDefinition");
}

function byMinor(a: string, b: string): number {
  return Number(a.split(".")[1]) - Number(b.split(".")[1]);
}
