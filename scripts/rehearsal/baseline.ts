/** The repository as it was at a commit, with the packages installed that are installed now. */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { parse } from "yaml";
import { UserError } from "../lib/cli.ts";
import { REPOSITORY } from "../lib/platform.ts";

/**
 * Lays a commit's files out below `into`. Its own packages are the commit's; third-party ones those installed now.
 * @param ref - a commit, branch or tag
 * @throws UserError where this is no git checkout, or it has no such commit
 */
export function checkOut(ref: string, into: string): string {
  const folder = mkdtempSync(join(into, "baseline-"));
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: REPOSITORY, stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 30 });
  let archive: Buffer;
  try {
    archive = git("archive", "--format=tar", ref);
  } catch (error) {
    const said = String((error as { stderr?: Buffer }).stderr ?? error)
      .trim()
      .split("\n")
      .at(-1);
    throw new UserError(`the files of "${ref}" cannot be read from git: ${said}`, 2);
  }
  execFileSync("tar", ["-x", "-C", folder], { input: archive });
  for (const member of ["", ...members()]) linkModules(join(REPOSITORY, member), join(folder, member), folder);
  return folder;
}

/** Folders of the workspace's own packages. */
function members(): string[] {
  const { packages } = parse(readFileSync(join(REPOSITORY, "pnpm-workspace.yaml"), "utf8")) as { packages: string[] };
  return packages.flatMap((pattern) =>
    pattern.endsWith("/*")
      ? readdirSync(join(REPOSITORY, pattern.slice(0, -2))).map((name) => join(pattern.slice(0, -2), name))
      : [pattern],
  );
}

function linkModules(from: string, to: string, root: string): void {
  const modules = join(from, "node_modules");
  if (!existsSync(modules) || !existsSync(to)) return;
  const link = (path: string) => {
    const source = join(modules, path);
    const real = realpathSync(source);
    const inside = relative(REPOSITORY, real);
    const own = !inside.startsWith("..") && !inside.includes("node_modules") && inside !== "";
    const target = join(to, "node_modules", path);
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(own ? join(root, inside) : real, target);
  };
  for (const name of readdirSync(modules)) {
    if (name.startsWith(".")) continue;
    if (name.startsWith("@") && lstatSync(join(modules, name)).isDirectory())
      for (const scoped of readdirSync(join(modules, name))) link(join(name, scoped));
    else link(name);
  }
}
