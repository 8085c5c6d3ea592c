/** Errors that end a run, with the exit code of design: 1 some tenants failed, 2 bad input, 3 isolation not proven. */

export const EXIT = { done: 0, failed: 1, badInput: 2, notProven: 3 } as const;

/** Ends the run with a message for people and an exit code; no stack trace. */
export class Failure extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode: number) {
    super(message);
    this.name = "Failure";
    this.exitCode = exitCode;
  }
}

export function badInput(message: string): Failure {
  return new Failure(message, EXIT.badInput);
}
