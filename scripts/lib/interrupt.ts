/** What an interrupt does to a command that has the engine at work. */
import { runningEngine } from "./pulumi.ts";

/** Ctrl-C reaches the engine too, which ends its operations in order; a second one ends this at once. */
export function watchInterrupt(): () => boolean {
  let interrupts = 0;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      interrupts++;
      const engine = runningEngine();
      if (interrupts > 1 || !engine) process.exit(130);
      process.stderr.write("\ninterrupted: letting the engine end what it is doing; once more ends it at once\n");
      // A signal sent to this process alone (not typed at a terminal) has not reached the engine.
      if (signal !== "SIGINT" || !process.stdin.isTTY) engine.kill("SIGINT");
    });
  }
  return () => interrupts > 0;
}
