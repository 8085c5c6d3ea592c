/** What a run says while it works. Progress goes to standard error, so that standard output holds the result alone. */

export interface Logger {
  /** A line about what happens now. */
  say(line: string): void;
  /** Progress of a step; prints every two seconds and at its end, not at every call. */
  progress(step: string, done: number, total: number): void;
}

export function stderrLogger(quiet = false): Logger {
  let last = 0;
  const start = Date.now();
  const write = (line: string) => {
    if (!quiet) process.stderr.write(`${((Date.now() - start) / 1000).toFixed(1).padStart(6)}s  ${line}\n`);
  };
  return {
    say: write,
    progress(step, done, total) {
      if (total === 0 || (done < total && Date.now() - last < 2000)) return;
      last = Date.now();
      write(`${step}: ${done} of ${total}`);
    },
  };
}

export const silentLogger: Logger = { say() {}, progress() {} };
