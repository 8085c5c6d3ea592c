import { createServer } from "node:net";
import { readJson, writeJson } from "./files.ts";
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

/**
 * The port of that name: the remembered one while it is free, else another. Remembering is what keeps an address the
 * same over restarts; the check is what lets two clones live side by side.
 */
export async function claimPort(paths: Paths, name: string): Promise<number> {
  return withLock(paths.lock("ports"), async () => {
    const known = (await readJson<Record<string, number>>(paths.ports)) ?? {};
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
    const known = (await readJson<Record<string, number>>(paths.ports)) ?? {};
    const kept = Object.fromEntries(Object.entries(known).filter(([name]) => !name.startsWith(prefix)));
    await writeJson(paths.ports, kept);
  });
}
