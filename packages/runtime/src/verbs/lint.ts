/** `bulkhead lint`: looks for what would weaken isolation, in every database of the cell that the login may enter. */
import { EXIT } from "../failure.ts";
import { lintLines, lintPlatform } from "../lint.ts";
import type { Context } from "./context.ts";

export async function lint(context: Context): Promise<number> {
  const findings = await lintPlatform(context.target);
  context.print(() => lintLines(findings), { findings });
  return findings.some((finding) => finding.severity === "error") ? EXIT.notProven : EXIT.done;
}
