import type { DiffResult } from "./diff.ts";
import type { Props } from "./values.ts";

export type CheckFailure = { property: string; reason: string };

export type Checked = { inputs: Props; failures: CheckFailure[] };

type Target = { urn: string; type: string; name: string };
export type CheckArgs = Target & { olds: Props | undefined; news: Props; autonaming: Autonaming; seed: Uint8Array };
export type DiffArgs = Target & { id: string; oldInputs: Props; oldOutputs: Props; news: Props };
export type CreateArgs = Target & { inputs: Props; preview: boolean };
export type UpdateArgs = DiffArgs & { preview: boolean };
export type DeleteArgs = Target & { id: string; inputs: Props; outputs: Props };
export type ReadArgs = Target & { id: string; inputs: Props; outputs: Props };

/** What the engine (or the stack's `pulumi:autonaming` setting) proposes for a resource without a physical name. */
export type Autonaming = { mode: "propose" | "enforce" | "disable"; proposed: string };

/** One stand-in provider, free of the wire protocol. Secrets and unknowns are marked inside the props (values.ts). */
export interface Provider {
  readonly name: string;
  readonly version: string;
  configure(config: Props): Promise<void>;
  check(args: CheckArgs): Promise<Checked>;
  diff(args: DiffArgs): Promise<DiffResult>;
  create(args: CreateArgs): Promise<{ id: string; outputs: Props }>;
  update(args: UpdateArgs): Promise<Props>;
  delete(args: DeleteArgs): Promise<void>;
  read(args: ReadArgs): Promise<{ id: string; inputs: Props; outputs: Props } | undefined>;
  invoke(token: string, args: Props): Promise<Props>;
  /** The engine was interrupted: stop what is under way, leave what is running for good. */
  cancel(): Promise<void>;
}

/** Lines that appear under a resource while the engine works on it. */
export interface Reporter {
  status(urn: string, message: string): void;
  warn(urn: string, message: string): void;
}
