/** Carries out a Dockerfile's COPY and RUN in a folder, where there is no Docker: enough to run what the image would hold. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, statSync } from "node:fs";
import { basename, join, matchesGlob, posix, relative } from "node:path";

export interface Instruction {
  readonly keyword: string;
  readonly text: string;
}

export interface Stage {
  readonly name: string;
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

/** The stages, continued lines joined, comments gone. */
export function parseDockerfile(text: string): Stage[] {
  const lines = text
    .split("\n")
    .filter((line) => !/^\s*#/.test(line))
    .join("\n")
    .replace(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => line.trim() !== "");
  const stages: { name: string; base: string; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [, keyword = "", rest = ""] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    if (keyword === "FROM") {
      const [, base = "", name = ""] = /^(\S+)(?:\s+AS\s+(\S+))?$/.exec(rest) ?? [];
      stages.push({ name, base, instructions: [] });
    } else {
      const stage = stages.at(-1);
      if (!stage) throw new Error(`an instruction before the first FROM: ${line}`);
      stage.instructions.push({ keyword, text: rest });
    }
  }
  return stages;
}

/** Builds every stage under `scratch/<index>`; returns the last one's root. Environment of RUN: this process's, and `env`. */
export function build(
  stages: readonly Stage[],
  context: string,
  ignore: string,
  scratch: string,
  env: NodeJS.ProcessEnv,
): string {
  const ignored = ignoreRules(ignore);
  const roots = new Map<string, string>();
  let root = "";
  stages.forEach((stage, index) => {
    root = join(scratch, String(index));
    mkdirSync(root, { recursive: true });
    roots.set(stage.name, root);
    let workdir = "/";
    for (const { keyword, text } of stage.instructions) {
      if (keyword === "WORKDIR") {
        workdir = posix.resolve(workdir, text);
        mkdirSync(join(root, workdir), { recursive: true });
      } else if (keyword === "RUN") {
        if (/(?:^|[\s=])\//.test(text))
          throw new Error(`RUN names an absolute path, which means another one here: ${text}`);
        execFileSync("sh", ["-ec", text], { cwd: join(root, workdir), env, stdio: "pipe" });
      } else if (keyword === "COPY") copy(text, { root, workdir, context, roots, ignored });
    }
  });
  return root;
}

interface CopyContext {
  readonly root: string;
  readonly workdir: string;
  readonly context: string;
  readonly roots: ReadonlyMap<string, string>;
  readonly ignored: (path: string) => boolean;
}

function copy(text: string, { root, workdir, context, roots, ignored }: CopyContext): void {
  const words = text.split(/\s+/);
  const from = /^--from=(.+)$/.exec(words[0] ?? "")?.[1];
  if (from) words.shift();
  const source = from === undefined ? context : roots.get(from);
  if (source === undefined) throw new Error(`COPY from an unknown stage ${from}`);
  const target = words.pop() ?? "";
  const destination = join(root, posix.resolve(workdir, target));
  for (const word of words) {
    const path = join(source, word);
    if (!existsSync(path) || (from === undefined && ignored(word))) throw new Error(`COPY finds no ${word}`);
    const folder = statSync(path).isDirectory();
    cpSync(path, folder || !target.endsWith("/") ? destination : join(destination, basename(path)), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (file) => from !== undefined || file === path || !ignored(relative(context, file)),
    });
  }
}

/** What a .dockerignore leaves out: the last rule that fits decides, and a rule for a folder is one for all in it. */
function ignoreRules(text: string): (path: string) => boolean {
  const rules = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return (path) => {
    let out = false;
    for (const rule of rules) {
      const pattern = rule.replace(/^!/, "");
      if ([pattern, `${pattern}/**`].some((glob) => matchesGlob(path, glob))) out = !rule.startsWith("!");
    }
    return out;
  };
}

/** Makes a read-only tree removable again. */
export function makeWritable(folder: string): void {
  execFileSync("chmod", ["-R", "u+w", folder]);
}

/** Whether a file may be read and run by any user, and written by none. */
export function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}
