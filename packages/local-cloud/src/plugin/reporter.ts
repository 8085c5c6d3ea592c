import { credentials } from "@grpc/grpc-js";
import grpc from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engine from "@pulumi/pulumi/proto/engine_pb.js";
import type { Reporter } from "./provider.ts";

/** Sends lines to the engine, which shows them under the resource. A lost line is not worth a failed deployment. */
export class EngineReporter implements Reporter {
  readonly #client: InstanceType<typeof grpc.EngineClient> | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(address: string | undefined) {
    if (address) this.#client = new grpc.EngineClient(address, credentials.createInsecure());
  }

  status(urn: string, message: string): void {
    this.#send(engine.LogSeverity.INFO, urn, message, true);
  }

  warn(urn: string, message: string): void {
    this.#send(engine.LogSeverity.WARNING, urn, message, false);
  }

  #send(severity: 0 | 1 | 2 | 3, urn: string, message: string, ephemeral: boolean): void {
    const request = new engine.LogRequest();
    request.setSeverity(severity);
    request.setUrn(urn);
    request.setMessage(message);
    request.setEphemeral(ephemeral);
    const client = this.#client;
    if (client === undefined) return;
    // One after the other: calls in parallel would arrive, and be shown, in any order.
    this.#last = this.#last.then(() => new Promise((resolve) => client.log(request, () => resolve())));
  }
}
