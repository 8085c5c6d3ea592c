import { delimiter, join } from "node:path";
import { messageOf, ToolchainError } from "./errors.ts";
import { type Machine, machineAt } from "./machine.ts";
import { installPackages, packagesInstalled } from "./packages.ts";
import { fetchPnpm, findPnpm, pnpmVersion } from "./pnpm.ts";
import { endAll } from "./process.ts";
import { type Step, startStep } from "./progress.ts";
import { findPulumi, installPulumi } from "./pulumi.ts";

// Called by scripts/bootstrap.sh with the cache's folder: sets up what is missing and prints what goes on PATH. Nothing
// here may import a package, as there may be none yet.

const steps = [
  {
    name: `pnpm ${pnpmVersion}`,
    usually: "a few seconds",
    isDone: (machine: Machine) => findPnpm(machine) !== undefined,
    perform: fetchPnpm,
  },
  {
    name: "the packages",
    usually: "half a minute",
    isDone: packagesInstalled,
    perform: installPackages,
  },
  {
    name: "the Pulumi CLI",
    usually: "a minute, or five where it must be built",
    isDone: (machine: Machine) => !("missing" in findPulumi(machine)),
    perform: installPulumi,
  },
];

async function setUp(machine: Machine): Promise<string> {
  const missing = steps.filter((step) => !step.isDone(machine));
  for (const [i, { name, usually, perform }] of missing.entries()) {
    const step: Step = startStep(i + 1, missing.length, name, usually);
    try {
      await perform(machine, step);
      step.done();
    } catch (error) {
      step.failed();
      throw error;
    }
  }
  const pulumi = findPulumi(machine);
  const bin = "bin" in pulumi ? pulumi.bin : undefined;
  const folders = [join(machine.root, "node_modules", ".bin"), findPnpm(machine), bin];
  return folders.filter((folder) => folder !== undefined).join(delimiter);
}

function end(code: number): never {
  endAll();
  process.exit(code);
}

// Staging folders are left to the next run, which clears them away.
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const) {
  process.on(signal, () => end(code));
}
// The shell that waits for this may be killed alone.
const parent = process.ppid;
setInterval(() => process.ppid === parent || end(143), 1000).unref();

try {
  process.stdout.write(await setUp(machineAt(process.argv[2]!)));
} catch (error) {
  if (!(error instanceof ToolchainError)) throw error;
  process.stderr.write(`bulkhead: ${messageOf(error)}\n`);
  // As with any bad input: nothing of the platform was touched.
  process.exit(2);
}
