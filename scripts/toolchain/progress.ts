/** Progress of the set-up's steps, on stderr: a line that renews itself on a terminal, a line now and then elsewhere. */
export interface Step {
  /** What is being done right now. */
  note(text: string): void;
  done(): void;
  failed(): void;
}

const heartbeatSeconds = 20;

export function startStep(index: number, of: number, name: string, usually: string): Step {
  const terminal = process.stderr.isTTY === true;
  const title = `bulkhead: [${index}/${of}] ${name}`;
  const started = Date.now();
  let doing = "";
  let beat = 0;

  const line = () => `${title}${doing && `: ${doing}`}, ${elapsed(started)} so far, usually ${usually}`;
  const draw = () => process.stderr.write(`\r\x1b[K${line().slice(0, (process.stderr.columns || 80) - 1)}`);
  const timer = setInterval(() => {
    if (terminal) draw();
    else if (++beat % heartbeatSeconds === 0) process.stderr.write(`${line()}\n`);
  }, 1000);
  if (terminal) draw();
  else process.stderr.write(`${title}: usually ${usually}\n`);

  const finish = (word: string) => {
    clearInterval(timer);
    process.stderr.write(`${terminal ? "\r\x1b[K" : ""}${title}: ${word} after ${elapsed(started)}\n`);
  };
  return {
    note: (text) => {
      doing = text;
    },
    done: () => finish("done"),
    failed: () => finish("failed"),
  };
}

function elapsed(started: number): string {
  const seconds = Math.round((Date.now() - started) / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} m ${seconds % 60} s`;
}
