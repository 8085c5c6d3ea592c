import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { list } from "./files.ts";
import type { Paths } from "./paths.ts";
import { processesIn, recordOf, stopProcess } from "./process.ts";

/**
 * Stops what runs in the folders of pods and servers that are still there once all that is on record has been deleted:
 * those whose record cannot be read. A server or a pod works in its own folder, which is how it is found; Linux only.
 */
export async function stopLeftovers(paths: Paths): Promise<void> {
  const homes: string[] = [];
  for (const cluster of await list(paths.pods))
    for (const namespace of await list(join(paths.pods, cluster)))
      for (const pod of await list(join(paths.pods, cluster, namespace)))
        homes.push(join(paths.pods, cluster, namespace, pod));
  // Root's data is behind a link.
  for (const server of await list(paths.servers)) {
    const data = await realpath(join(paths.servers, server, "data")).catch(() => undefined);
    if (data !== undefined) homes.push(data);
  }
  for (const home of homes)
    await Promise.all(
      // A fast shutdown for PostgreSQL, an interrupt for the rest.
      processesIn(home).map((pid) => stopProcess(recordOf(pid), { signal: "SIGINT", patience: 30_000 })),
    );
}
