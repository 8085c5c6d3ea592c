/** What an interrupted update leaves behind: the engine's lock, and operations it does not know the end of. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { LAYERS, type Layer, projectOf } from "@bulkhead/config";
import { UserError } from "./cli.ts";
import { type Platform, writePrivate } from "./platform.ts";
import { endOrphans, isRunning } from "./processes.ts";
import { stateFile } from "./pulumi.ts";

interface EngineLock {
  readonly pid: number;
  readonly hostname: string;
  readonly timestamp: string;
}

/**
 * Removes the locks of engines that are gone, and says so; throws where one is still at work.
 * @returns one line for each thing that was mended
 */
export function mendInterrupted(platform: Platform): string[] {
  const lines: string[] = [];
  for (const layer of LAYERS) {
    const folder = join(platform.home, "state/.pulumi/locks/organization", projectOf(layer), platform.environment);
    for (const file of existsSync(folder) ? readdirSync(folder) : []) {
      const lock = readLock(join(folder, file));
      if (lock && lock.hostname === hostname() && isRunning(lock.pid)) {
        throw new UserError(
          `stacks/${layer} is being updated by process ${lock.pid} since ${lock.timestamp}; wait for it, or end that process`,
        );
      }
      rmSync(join(folder, file), { force: true });
      lines.push(
        `stacks/${layer} was left locked by an update that is gone (process ${lock?.pid ?? "unknown"}); removed its lock`,
      );
    }
    lines.push(...forgetPending(platform, layer));
  }
  if (lines.length > 0) endOrphans(platform);
  return lines;
}

function readLock(file: string): EngineLock | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as EngineLock;
  } catch {
    return undefined;
  }
}

/**
 * Operations in flight when the engine died. The stand-in providers find what they had begun and go on with it, so they can be
 * forgotten here; on a real cloud one would refresh.
 */
function forgetPending(platform: Platform, layer: Layer): string[] {
  const file = stateFile(platform, layer);
  if (!existsSync(file)) return [];
  const state = JSON.parse(readFileSync(file, "utf8")) as {
    checkpoint?: { latest?: { pending_operations?: unknown[] } };
  };
  const pending = state.checkpoint?.latest?.pending_operations ?? [];
  if (pending.length === 0) return [];
  delete state.checkpoint!.latest!.pending_operations;
  writeFileSync(`${file}.interrupted`, readFileSync(file), { mode: 0o600 });
  writePrivate(file, JSON.stringify(state, null, 4));
  return [`stacks/${layer} was interrupted with ${pending.length} operations under way; they are done again`];
}
