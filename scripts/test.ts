/** `npm test`: checks, then every test, each part with its time. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { script, UserError } from "./lib/cli.ts";
import { REPOSITORY } from "./lib/platform.ts";

const PARTS = ["check", "unit", "database", "platform", "toolchain"] as const;
type Part = (typeof PARTS)[number];

const HELP = `
npm test [-- <part> …] [-- --filter <text>]

Runs the checks and every test. Parts: ${PARTS.join(", ")}.
  check      formatting, types, generated files, direction of dependencies
  unit       what needs no server
  database   the stand-in cloud, and the runtime on a real PostgreSQL
  platform   a whole platform, brought up by pulumi in a folder of its own, used and attacked
  toolchain  the set-up of Node, pnpm and the Pulumi CLI
--filter: only test files whose path holds the text.`;

await script(HELP, { filter: { type: "string" } }, async (values, words) => {
  const unknown = words.filter((word) => !PARTS.includes(word as Part));
  if (unknown.length > 0) throw new UserError(`"${unknown.join(" ")}" is not a part of the tests\n\n${HELP.trim()}`, 2);
  const parts = words.length > 0 ? PARTS.filter((part) => words.includes(part)) : PARTS;
  const results: { part: Part; ok: boolean; seconds: number }[] = [];
  for (const [index, part] of parts.entries()) {
    process.stdout.write(`\n[${index + 1}/${parts.length}] ${part}\n`);
    const start = Date.now();
    const ok = part === "check" ? run(["scripts/check.ts"]) : run(vitest(part, values.filter));
    results.push({ part, ok, seconds: Math.round((Date.now() - start) / 1000) });
  }
  process.stdout.write(
    `\n${results.map(({ part, ok, seconds }) => `${ok ? "ok    " : "FAILED"}  ${part.padEnd(10)} ${seconds} s`).join("\n")}\n`,
  );
  const failed = results.filter((result) => !result.ok).length;
  process.stdout.write(`parts: ${results.length - failed} passed, ${failed} failed\n`);
  return failed > 0 ? 1 : 0;
});

function vitest(project: string, filter: string | undefined): string[] {
  return [
    join("node_modules", "vitest", "vitest.mjs"),
    "run",
    "--project",
    project,
    ...(filter === undefined ? [] : [filter, "--passWithNoTests"]),
  ];
}

/** A process a part: what one leaves in memory does not weigh on the next. */
function run(args: readonly string[]): boolean {
  return spawnSync(process.execPath, args, { cwd: REPOSITORY, stdio: "inherit" }).status === 0;
}
