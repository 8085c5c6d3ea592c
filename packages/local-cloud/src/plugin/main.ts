import { readEnvironment } from "./environment.ts";
import { createProvider } from "./providers.ts";
import { EngineReporter } from "./reporter.ts";
import { serve } from "./server.ts";

/** `main.ts <gcp|kubernetes|vault> <address of the engine>`: serves the provider and prints the port, as plugins do. */
const [kind, engine] = process.argv.slice(2);
try {
  const reporter = new EngineReporter(engine);
  const provider = await createProvider(kind ?? "", readEnvironment(process.env), reporter);
  const port = await serve(provider);
  process.stdout.write(`${port}\n`);
  // The engine ends its plugins by SIGINT, and waits five seconds before it insists. Answers under way get a moment.
  const stop = () => void provider.cancel().finally(() => setTimeout(() => process.exit(0), 50));
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  // An engine that was killed cannot tell us to go: notice that the parent is another one.
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && stop(), 1000).unref();
} catch (error) {
  process.stderr.write(`pulumi-resource-${kind}: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
