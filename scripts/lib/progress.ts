/** What a person sees while a long step runs: which step, of how many, what it does now, how long it has taken. */
import type { EngineEvent } from "./events.ts";

export interface Step {
  /** What it does at the moment; shown in place on a terminal, every few seconds elsewhere. */
  now(what: string): void;
  /** A line that stays. */
  line(text: string): void;
  done(result: string): void;
  failed(result: string): void;
}

export class Progress {
  readonly #total: number;
  #number = 0;
  readonly #terminal = process.stderr.isTTY === true;
  readonly #write = (text: string) => process.stderr.write(text);

  constructor(total: number) {
    this.#total = total;
  }

  step(title: string): Step {
    const label = `[${++this.#number}/${this.#total}] ${title}`;
    const start = Date.now();
    let current = "";
    let shown = Date.now();
    const elapsed = () => `${Math.round((Date.now() - start) / 1000)} s`;
    const draw = () => {
      if (this.#terminal) {
        const width = (process.stderr.columns ?? 80) - 1;
        this.#write(`\r\x1b[2K${`${label}  ${elapsed()}  ${current}`.slice(0, width)}`);
      } else if (current !== "" && Date.now() - shown > 5000) {
        shown = Date.now();
        this.#write(`${label}  ${elapsed()}  ${current}\n`);
      }
    };
    const timer = setInterval(draw, 500);
    // A step that nobody ends, because an error got past it, must not keep the process from ending.
    timer.unref();
    const erase = () => this.#terminal && this.#write("\r\x1b[2K");
    const end = (mark: string, result: string) => {
      clearInterval(timer);
      erase();
      this.#write(`${label}  ${mark}${result}, ${elapsed()}\n`);
    };
    return {
      now(what) {
        current = what;
      },
      line: (text) => {
        erase();
        this.#write(
          `${text
            .split("\n")
            .map((each) => `      ${each}`)
            .join("\n")}\n`,
        );
      },
      done: (result) => end("", result),
      failed: (result) => end("FAILED: ", result),
    };
  }
}

/** Marks a step as failed where its work fails. */
export async function during<T>(step: Step, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    step.failed("see below");
    throw error;
  }
}

/** Shows an engine's events as the step's present: what is being made, and what a Job says. */
export function showEvents(step: Step): (event: EngineEvent) => void {
  const busy = new Map<string, string>();
  const show = () =>
    step.now([...busy.values()].slice(-2).join(", ") + (busy.size > 2 ? ` and ${busy.size - 2} more` : ""));
  return (event) => {
    const begun = event.resourcePreEvent?.metadata;
    if (begun && begun.op !== "same" && begun.op !== "read") {
      busy.set(begun.urn, `${begun.op} ${begun.type.split(":").at(-1)} ${begun.urn.split("::").at(-1)}`);
      show();
    }
    const ended = (event.resOutputsEvent ?? event.resOpFailedEvent)?.metadata;
    if (ended && busy.delete(ended.urn)) show();
    const said = event.diagnosticEvent;
    if (said?.urn && said.severity.startsWith("info"))
      step.now(
        said.message
          .replace(/<\{%[a-z ]*%\}>/g, "")
          .trim()
          .split("\n")
          .at(-1) ?? "",
      );
  };
}

/** `3 created, 1 replaced`; `nothing to change`. */
export function describeResources(changes: Readonly<Record<string, number>>): string {
  const words: Record<string, string> = {
    create: "created",
    update: "updated",
    replace: "replaced",
    delete: "deleted",
  };
  const parts = Object.entries(words).flatMap(([op, word]) => (changes[op] ? [`${changes[op]} ${word}`] : []));
  return parts.length === 0 ? "nothing to change" : parts.join(", ");
}
