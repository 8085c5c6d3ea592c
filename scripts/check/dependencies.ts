/** The direction of dependencies between the parts of the repository, and that every import is declared where it is made. */
import { globSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, posix } from "node:path";
import { importsOf } from "./imports.ts";

const PACKAGES = ["@bulkhead/components", "@bulkhead/config", "@bulkhead/local-cloud", "@bulkhead/runtime"];

/** Which of the repository's packages each part may import. Scripts and tests stand above them all. */
const ARROWS: readonly { readonly part: RegExp; readonly may: readonly string[] }[] = [
  { part: /^packages\/config$/, may: [] },
  { part: /^packages\/components$/, may: ["@bulkhead/config"] },
  { part: /^packages\/runtime$/, may: ["@bulkhead/config"] },
  { part: /^packages\/local-cloud$/, may: [] },
  { part: /^policies$/, may: ["@bulkhead/config"] },
  { part: /^stacks\/[^/]+$/, may: ["@bulkhead/components", "@bulkhead/config"] },
  { part: /^(?:scripts|test)$/, may: PACKAGES },
];

const OWN = "@bulkhead/";
const BUILT_IN = new Set(builtinModules);

/** A member of the workspace, or the root. */
interface Package {
  readonly folder: string;
  readonly name: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly exports: readonly string[];
}

/** What is wrong, one line each: `file: problem; remedy`. */
export function dependencyFaults(root: string): string[] {
  const packages = globSync("{packages/*,stacks/*,policies,.}/package.json", { cwd: root })
    .map((file) => readPackage(root, slashes(file)))
    .sort((a, b) => (a.folder < b.folder ? -1 : 1));
  const faults = packages.flatMap(undeclaredVersions);
  const files = globSync("{*,{packages,stacks,policies,scripts,test}/**/*}.ts", {
    cwd: root,
    exclude: (path) => /(?:^|[\\/])(?:node_modules|\.bulkhead)$/.test(path),
  });
  for (const file of files.map(slashes).sort()) {
    for (const specifier of importsOf(readFileSync(join(root, file), "utf8"))) {
      const fault = importFault(file, specifier, packages);
      if (fault) faults.push(`${file}: imports ${specifier}: ${fault}`);
    }
  }
  return faults;
}

function importFault(file: string, specifier: string, packages: readonly Package[]): string | undefined {
  const part = partOf(file);
  if (specifier.startsWith(".")) {
    const target = partOf(posix.join(posix.dirname(file), specifier));
    // Tests of the scripts are the one thing that may look into them.
    if (target === part || (part === "test" && target === "scripts")) return undefined;
    return `a file of ${target || "the root"} from ${part || "the root"}; import the package by its name, if it may be at all`;
  }
  if (specifier.startsWith("node:")) return undefined;
  const name = packageName(specifier);
  if (BUILT_IN.has(name)) return `write node:${specifier}`;
  const owner = ownerOf(file, packages);
  if (name === owner.name) return "itself; use a relative path";
  if (name.startsWith(OWN)) {
    const arrow = ARROWS.find(({ part: pattern }) => pattern.test(part));
    const may = arrow?.may ?? [];
    if (!may.includes(name)) {
      return `${part || "the root"} may import ${may.length > 0 ? `only ${may.join(", ")}` : "none of the packages"}`;
    }
    const target = packages.find((candidate) => candidate.name === name);
    const subpath = `.${specifier.slice(name.length)}`;
    if (target && !target.exports.includes(subpath)) return `an inner file; import what ${name} exports`;
  }
  return undeclared(file, name, owner, packages);
}

function undeclared(file: string, name: string, owner: Package, packages: readonly Package[]): string | undefined {
  const where = owner.folder === "." ? "package.json" : `${owner.folder}/package.json`;
  if (name in owner.dependencies) return undefined;
  // The root and the tests run in the repository only, where every development dependency is installed.
  if (owner.folder === "." || isTest(file)) {
    const root = packages.find(({ folder }) => folder === ".");
    if (name in owner.devDependencies || (root && name in root.devDependencies)) return undefined;
  } else if (name in owner.devDependencies) {
    return `a development dependency, in a source that is no test; move it to dependencies of ${where}`;
  }
  return `not declared; add it to ${where}`;
}

function undeclaredVersions({ folder, dependencies, devDependencies }: Package): string[] {
  const where = folder === "." ? "package.json" : `${folder}/package.json`;
  return Object.entries({ ...dependencies, ...devDependencies })
    .filter(([name, version]) => version !== (name.startsWith(OWN) ? "workspace:*" : "catalog:"))
    .map(
      ([name, version]) =>
        `${where}: ${name} is "${version}"; write "${name.startsWith(OWN) ? "workspace:*" : "catalog:"}"${name.startsWith(OWN) ? "" : " and its version into pnpm-workspace.yaml"}`,
    );
}

function readPackage(root: string, file: string): Package {
  const content = JSON.parse(readFileSync(join(root, file), "utf8")) as Partial<Omit<Package, "exports">> & {
    exports?: Record<string, unknown>;
  };
  return {
    folder: posix.dirname(file),
    name: content.name ?? "",
    dependencies: content.dependencies ?? {},
    devDependencies: content.devDependencies ?? {},
    exports: Object.keys(content.exports ?? {}),
  };
}

/** `packages/config` of `packages/config/src/x.ts`; empty for a file of the root. */
function partOf(file: string): string {
  return /^(?:(?:packages|stacks)\/[^/]+|policies|scripts|test)(?=\/)/.exec(file)?.[0] ?? "";
}

function ownerOf(file: string, packages: readonly Package[]): Package {
  const part = partOf(file);
  const owner = packages.find(({ folder }) => folder === part) ?? packages.find(({ folder }) => folder === ".");
  if (!owner) throw new Error("the repository has no package.json");
  return owner;
}

function isTest(file: string): boolean {
  return /\.test\.ts$|^(?:packages|stacks)\/[^/]+\/test\/|^policies\/test\//.test(file);
}

function packageName(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

function slashes(path: string): string {
  return path.replaceAll("\\", "/");
}
