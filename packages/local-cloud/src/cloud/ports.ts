import { createServer } from "node:net";
import { readIntact, writeJson } from "./files.ts";
import { withLock } from "./lock.ts";
import type { Paths } from "./paths.ts";

/** Below the range that systems hand to outgoing connections, so that one of those is never in a server's way. */
const FIRST = 15_000;
const LAST = 31_999;

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ port, host: "127.0.0.1", exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/** Remembering ports is a kindness: where the file is damaged, each is given anew, and nothing stops for it. */
async function knownPorts(paths: Paths): Promise<Record<string, number>> {
  const known: unknown = await readIntact(paths.ports);
  const entries = typeof known === "object" && known !== null ? Object.entries(known) : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, number] => Number.isInteger(entry[1])));
}

/**
 * The port of that name: the remembered one while it is free, else another. Remembering is what keeps an address the
 * same over restarts; the check is what lets two clones live side by side.
 */
export async function claimPort(paths: Paths, name: string): Promise<number> {
  return withLock(paths.lock("ports"), async () => {
    const known = await knownPorts(paths);
    const remembered = known[name];
    if (remembered !== undefined && (await isFree(remembered))) return remembered;
    const taken = new Set(Object.values(known));
    for (let attempt = 0; attempt < 500; attempt++) {
      const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
      if (taken.has(port) || !(await isFree(port))) continue;
      await writeJson(paths.ports, { ...known, [name]: port });
      return port;
    }
    throw new Error(`no free port between ${FIRST} and ${LAST} on 127.0.0.1`);
  });
}

export async function forgetPorts(paths: Paths, prefix: string): Promise<void> {
  await withLock(paths.lock("ports"), async () => {
    const known = await knownPorts(paths);
    const kept = Object.fromEntries(Object.entries(known).filter(([name]) => !name.startsWith(prefix)));
    await writeJson(paths.ports, kept);
  });
}
