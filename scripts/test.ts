/** `npm test`: checks, then every test, each part with its time. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { script, UserError } from "./lib/cli.ts";
import { REPOSITORY } from "./lib/platform.ts";

const PARTS = ["check", "unit", "database", "estate", "platform", "toolchain"] as const;
type Part = (typeof PARTS)[number];

const HELP = `
npm test [-- <part> …] [-- --filter <text>]

Runs the checks and every test. Parts: ${PARTS.join(", ")}.
  check      formatting, types, generated files, direction of dependencies
  unit       what needs no server
  database   the stand-in cloud, and the runtime on a real PostgreSQL
  estate     every environment but local, rehearsed: inventories, exposure, roles, protection, upgrades
  platform   a whole platform, brought up by pulumi in a folder of its own, used and attacked
  toolchain  the set-up of Node, pnpm and the Pulumi CLI
--filter: only test files whose path holds the text.`;

await script(HELP, { filter: { type: "string" } }, async (values, words) => {
  const unknown = words.filter((word) => !PARTS.includes(word as Part));
  if (unknown.length > 0) throw new UserError(`"${unknown.join(" ")}" is not a part of the tests\n\n${HELP.trim()}`, 2);
  const parts = words.length > 0 ? PARTS.filter((part) => words.includes(part)) : PARTS;
  const results: { part: Part; ok: boolean; seconds: number }[] = [];
  const folder = mkdtempSync(join(tmpdir(), "bulkhead-test-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  for (const [index, part] of parts.entries()) {
    process.stdout.write(`\n[${index + 1}/${parts.length}] ${part}\n`);
    const start = Date.now();
    const ok =
      part === "check" ? run(["scripts/check.ts"]) : run(vitest(part, values.filter, join(folder, `${part}.json`)));
    results.push({ part, ok, seconds: Math.round((Date.now() - start) / 1000) });
  }
  // Once more at the very end: of a long log, often the end is all that is shown.
  for (const { part, ok } of results) if (!ok) process.stdout.write(failuresOf(part, join(folder, `${part}.json`)));
  process.stdout.write(
    `\n${results.map(({ part, ok, seconds }) => `${ok ? "ok    " : "FAILED"}  ${part.padEnd(10)} ${seconds} s`).join("\n")}\n`,
  );
  const failed = results.filter((result) => !result.ok).length;
  process.stdout.write(`parts: ${results.length - failed} passed, ${failed} failed\n`);
  return failed > 0 ? 1 : 0;
});

function vitest(project: string, filter: string | undefined, report: string): string[] {
  return [
    join("node_modules", "vitest", "vitest.mjs"),
    "run",
    "--project",
    project,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...(filter === undefined ? [] : [filter, "--passWithNoTests"]),
  ];
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** The failed tests of a part, each with the first lines of its message. */
function failuresOf(part: Part, report: string): string {
  let files: Report["testResults"];
  try {
    files = (JSON.parse(readFileSync(report, "utf8")) as Report).testResults;
  } catch {
    return `\n${part} failed; see above\n`;
  }
  const lines = files.flatMap((file) => {
    const failed = file.assertionResults.filter((test) => test.status === "failed");
    const shown = failed.map((test) => ({ name: test.fullName, message: test.failureMessages[0] ?? "" }));
    if (shown.length === 0 && file.message) shown.push({ name: "(the file itself)", message: file.message });
    return shown.map(({ name, message }) => {
      const first = message
        .split("\n")
        .filter((line) => !line.includes("node_modules"))
        .slice(0, 12)
        .join("\n    ");
      return `\n  ${relative(REPOSITORY, file.name)}: ${name}\n    ${first}\n`;
    });
  });
  return `\nfailed in ${part}:\n${lines.join("")}`;
}

/** A process a part: what one leaves in memory does not weigh on the next. */
function run(args: readonly string[]): boolean {
  return spawnSync(process.execPath, args, { cwd: REPOSITORY, stdio: "inherit" }).status === 0;
}
