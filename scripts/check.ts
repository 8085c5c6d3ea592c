/** Runs every check that needs no platform: format and lint, types, generated files, the direction of dependencies. */
import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { dependencyFaults } from "./check/dependencies.ts";
import { generatedFiles, staleFiles } from "./generate/files.ts";

const HELP = `Usage: npm run check

Checks the sources without running the platform, and changes nothing:
  format and lint   Biome; "npx biome check --write ." mends what can be mended
  types             tsc
  generated files   as "npm run generate" would write them
  dependencies      the arrows between the packages, and that every import is declared

  --help            this text

Exit code 1 when one of them fails; its output follows its line.
`;

const root = resolve(import.meta.dirname, "..");

interface Check {
  readonly name: string;
  /** Resolves to what is wrong; empty where nothing is. */
  readonly run: () => Promise<string> | string;
}

const CHECKS: readonly Check[] = [
  { name: "format and lint", run: () => tool("biome", ["check", "--colors=off", "."]) },
  { name: "types", run: () => tool("tsc", ["-p", ".", "--noEmit", "--pretty", "false"]) },
  {
    name: "generated files",
    run: () =>
      staleFiles(root, generatedFiles(root))
        .map((path) => `${path} is stale; run npm run generate and commit the result`)
        .join("\n"),
  },
  { name: "dependencies", run: () => dependencyFaults(root).join("\n") },
];

/** Runs a tool of the repository; resolves to its output where it fails. */
function tool(name: string, args: readonly string[]): Promise<string> {
  return new Promise((done) => {
    const child = spawn(join(root, "node_modules/.bin", name), args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    const output: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
    child.on("error", (error) => done(`${name} does not run (${error.message}); run sh scripts/bootstrap.sh`));
    child.on("close", (code, signal) => {
      const text = Buffer.concat(output).toString().trimEnd();
      done(code === 0 ? "" : text || `${name} ended with ${signal ?? code}`);
    });
  });
}

/** Runs one check and prints its line, with its output where it fails. */
async function report(check: Check): Promise<boolean> {
  const start = performance.now();
  let fault: string;
  try {
    fault = await check.run();
  } catch (error) {
    fault = (error as Error).message;
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const line = `${fault === "" ? "ok    " : "failed"}  ${check.name.padEnd(16)}${seconds.padStart(6)} s`;
  console.log(fault === "" ? line : `${line}\n${fault.replace(/^/gm, "        ")}`);
  return fault === "";
}

const { values } = parseArgs({ options: { help: { type: "boolean", short: "h" } } });
if (values.help) {
  process.stdout.write(HELP);
} else {
  // The tools first: they are processes of their own, and run while this one does the rest.
  const passed = await Promise.all(CHECKS.map(report));
  process.exitCode = passed.every(Boolean) ? 0 : 1;
}
