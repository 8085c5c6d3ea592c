/** Events of the engine, followed while it writes them. */
import { closeSync, existsSync, openSync, readSync } from "node:fs";

/** The parts of Pulumi's engine events that are used here. */
export interface EngineEvent {
  readonly diagnosticEvent?: {
    readonly message: string;
    readonly severity: string;
    readonly urn?: string;
    readonly ephemeral?: boolean;
  };
  readonly policyEvent?: { readonly message: string; readonly policyName: string; readonly enforcementLevel: string };
  readonly resourcePreEvent?: { readonly metadata: StepMetadata };
  readonly resOutputsEvent?: { readonly metadata: StepMetadata };
  readonly resOpFailedEvent?: { readonly metadata: StepMetadata };
  readonly summaryEvent?: {
    readonly resourceChanges: Readonly<Record<string, number>>;
    readonly durationSeconds: number;
  };
}

export interface StepMetadata {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  /** Properties that force a replacement. */
  readonly keys?: readonly string[] | null;
  /** Top-level properties that differ. */
  readonly diffs?: readonly string[] | null;
  /** Paths of properties that differ. */
  readonly detailedDiff?: Readonly<Record<string, unknown>> | null;
  readonly old?: { readonly protect?: boolean } | null;
}

/** Reads the events that are added to a file, one JSON document a line, until closed. */
export function followEvents(file: string, onEvent: (event: EngineEvent) => void): { close(): Promise<void> } {
  let descriptor: number | undefined;
  let rest = "";
  let closed = false;
  const buffer = Buffer.alloc(1 << 16);
  const decoder = new TextDecoder();
  const drain = () => {
    if (descriptor === undefined && existsSync(file)) descriptor = openSync(file, "r");
    if (descriptor === undefined) return;
    for (let length = readSync(descriptor, buffer); length > 0; length = readSync(descriptor, buffer)) {
      const lines = (rest + decoder.decode(buffer.subarray(0, length), { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.trim() !== "") onEvent(JSON.parse(line) as EngineEvent);
    }
  };
  const timer = setInterval(drain, 150);
  return {
    async close() {
      if (closed) return;
      closed = true;
      clearInterval(timer);
      drain();
      if (descriptor !== undefined) closeSync(descriptor);
    },
  };
}

/** What layer 4 says will happen to which tenant, where an event says it. */
export function tenantWords(event: EngineEvent): string | undefined {
  const message = event.diagnosticEvent?.message.replace(/<\{%[a-z ]*%\}>/g, "") ?? "";
  return /^tenants:\n(?:.|\n)*/m.exec(message)?.[0].trim();
}
