/** A failure that a person can mend: the message says what is wrong and what to do, so no stack is shown. */
export class ToolchainError extends Error {
  override name = "ToolchainError";
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
