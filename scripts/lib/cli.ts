/** What every script does with its command line: options, help, and errors without a stack trace. */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { ConfigError } from "@bulkhead/config";

/** An error that is the user's to mend; printed as it is. */
export class UserError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

type Options = NonNullable<ParseArgsConfig["options"]>;

/** Runs a script: `--help` prints the help, a mistake in the options is told with exit code 2. */
export async function script<O extends Options>(
  help: string,
  options: O,
  main: (
    values: ReturnType<typeof parseArgs<{ options: O; allowPositionals: true }>>["values"],
    positionals: string[],
  ) => Promise<number | undefined>,
): Promise<void> {
  // A reader that goes away (head, a closed terminal) is no error of ours.
  process.stdout.on("error", () => process.exit(0));
  try {
    let parsed: ReturnType<typeof parseArgs<{ options: O; allowPositionals: true }>>;
    if (process.argv.slice(2).some((argument) => argument === "--help" || argument === "-h")) {
      process.stdout.write(`${help.trim()}\n`);
      return;
    }
    try {
      parsed = parseArgs({ args: process.argv.slice(2), options, allowPositionals: true });
    } catch (error) {
      throw new UserError(`${(error as Error).message}\n\n${help.trim()}`, 2);
    }
    process.exitCode = (await main(parsed.values, parsed.positionals)) ?? 0;
  } catch (error) {
    if (error instanceof UserError || error instanceof ConfigError) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = error instanceof UserError ? error.exitCode : 2;
    } else {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exitCode = 1;
    }
  }
}
