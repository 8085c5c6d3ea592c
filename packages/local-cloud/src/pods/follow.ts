import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** Hands on each whole line that is added to the file, until `done` and everything written by then was read. */
export async function follow(path: string, from: number, done: Promise<unknown>, onLine: (line: string) => void) {
  let ended = false;
  void done.then(
    () => {
      ended = true;
    },
    () => {
      ended = true;
    },
  );
  const file = await open(path, "r");
  const buffer = Buffer.alloc(64 * 1024);
  const decoder = new TextDecoder();
  let position = from;
  let rest = "";
  try {
    for (;;) {
      const last = ended;
      const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
      position += bytesRead;
      rest += decoder.decode(buffer.subarray(0, bytesRead), { stream: true });
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.trim() !== "") onLine(line);
      if (bytesRead > 0) continue;
      if (last) break;
      await sleep(100);
    }
    if (rest.trim() !== "") onLine(rest);
  } finally {
    await file.close();
  }
}
