/** Writes every generated file of the repository, or says which are stale. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { generatedFiles, staleFiles, writeFiles } from "./generate/files.ts";

const HELP = `Usage: npm run generate [-- --check]

Writes what is generated from the sources: the JSON Schemas of the stack files (packages/config/schemas), the picture of
the README (docs/architecture.svg), and the tables of options in the docs.

  --check   write nothing; exit 1 and name the files that are stale
  --help    this text
`;

const root = resolve(import.meta.dirname, "..");

function main(): number {
  const { values } = parseArgs({ options: { check: { type: "boolean" }, help: { type: "boolean", short: "h" } } });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const files = generatedFiles(root);
  if (values.check) {
    const stale = staleFiles(root, files);
    for (const path of stale) console.error(`${path} is stale; run npm run generate and commit the result`);
    return stale.length > 0 ? 1 : 0;
  }
  const written = writeFiles(root, files);
  for (const path of written) console.log(`wrote ${path}`);
  if (written.length === 0) console.log(`${files.size} generated files are current`);
  return 0;
}

try {
  process.exitCode = main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
}
