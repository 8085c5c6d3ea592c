import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import service from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { type Handler, handlers } from "./handlers.ts";
import type { Provider } from "./provider.ts";

/** Serves the provider on a free loopback port. Methods that are not here answer UNIMPLEMENTED, which the engine takes. */
export async function serve(provider: Provider): Promise<number> {
  const server = new Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
  const table: UntypedServiceImplementation = {};
  for (const [name, handler] of Object.entries(handlers(provider))) table[name] = unary(handler);
  table.attach = unary(async () => new empty.Empty());
  server.addService(service.ResourceProviderService, table);
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
}

function unary(handler: Handler) {
  return (call: ServerUnaryCall<unknown, unknown>, callback: sendUnaryData<unknown>): void => {
    handler(call.request as never).then(
      (response) => callback(null, response),
      (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        callback({ code: status.UNKNOWN, details: message });
      },
    );
  };
}
