import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import pb from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import type { Change } from "./diff.ts";
import type { Autonaming, Provider } from "./provider.ts";
import type { Props, Value } from "./values.ts";

export type Handler = (request: never) => Promise<unknown>;
type Struct = InstanceType<typeof struct.Struct>;
type Request<K extends keyof typeof pb> = (typeof pb)[K] extends new () => infer R ? R : never;

/** The wire side of a provider: each method turns a protocol message into plain values and back. */
export function handlers(provider: Provider): Record<string, Handler> {
  return {
    handshake: async () => {
      const response = new pb.ProviderHandshakeResponse();
      response.setAcceptSecrets(true);
      response.setSupportsAutonamingConfiguration(true);
      return response;
    },
    getPluginInfo: async () => {
      const response = new plugin.PluginInfo();
      response.setVersion(provider.version);
      return response;
    },
    getSchema: async () => new pb.GetSchemaResponse().setSchema("{}"),
    checkConfig: async (request: Request<"CheckRequest">) => new pb.CheckResponse().setInputs(request.getNews()),
    diffConfig: async (request: Request<"DiffRequest">) => {
      const same = JSON.stringify(props(request.getOlds())) === JSON.stringify(props(request.getNews()));
      const { DIFF_NONE, DIFF_SOME } = pb.DiffResponse.DiffChanges;
      return new pb.DiffResponse().setChanges(same ? DIFF_NONE : DIFF_SOME);
    },
    configure: async (request: Request<"ConfigureRequest">) => {
      const variables: Props = {};
      for (const [key, value] of request.getVariablesMap().entries() as Iterable<[string, string]>)
        variables[key.split(":").at(-1) ?? key] = value;
      await provider.configure({ ...variables, ...props(request.getArgs()) });
      const response = new pb.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setSupportspreview(true);
      response.setSupportsAutonamingConfiguration(true);
      return response;
    },
    invoke: async (request: Request<"InvokeRequest">) =>
      new pb.InvokeResponse().setReturn(toStruct(await provider.invoke(request.getTok(), props(request.getArgs())))),
    check: async (request: Request<"CheckRequest">) => {
      const { inputs, failures } = await provider.check({
        ...target(request),
        olds: request.hasOlds() ? props(request.getOlds()) : undefined,
        news: props(request.getNews()),
        autonaming: autonaming(request.getAutonaming()),
        seed: request.getRandomseed_asU8(),
      });
      const response = new pb.CheckResponse().setInputs(toStruct(inputs));
      return response.setFailuresList(
        failures.map((f) => new pb.CheckFailure().setProperty(f.property).setReason(f.reason)),
      );
    },
    diff: async (request: Request<"DiffRequest">) => {
      const { changes, deleteBeforeReplace } = await provider.diff(change(request));
      return diffResponse(changes, deleteBeforeReplace);
    },
    create: async (request: Request<"CreateRequest">) => {
      const inputs = props(request.getProperties());
      const made = await provider.create({ ...target(request), inputs, preview: request.getPreview() });
      return new pb.CreateResponse().setId(made.id).setProperties(toStruct(made.outputs));
    },
    update: async (request: Request<"UpdateRequest">) => {
      const outputs = await provider.update({ ...change(request), preview: request.getPreview() });
      return new pb.UpdateResponse().setProperties(toStruct(outputs));
    },
    delete: async (request: Request<"DeleteRequest">) => {
      const outputs = props(request.getProperties());
      const inputs = request.hasOldInputs() ? props(request.getOldInputs()) : outputs;
      await provider.delete({ ...target(request), id: request.getId(), inputs, outputs });
      return new empty.Empty();
    },
    read: async (request: Request<"ReadRequest">) => {
      const outputs = props(request.getProperties());
      const inputs = props(request.getInputs());
      const found = await provider.read({ ...target(request), id: request.getId(), inputs, outputs });
      if (!found) return new pb.ReadResponse();
      const response = new pb.ReadResponse().setId(found.id);
      return response.setProperties(toStruct(found.outputs)).setInputs(toStruct(found.inputs));
    },
    construct: async (request: Request<"ConstructRequest">) => {
      throw new Error(
        `${request.getType()} is a component inside the real ${provider.name} provider, which its stand-in does not have: ` +
          "write it as plain resources.",
      );
    },
    cancel: async () => {
      await provider.cancel();
      return new empty.Empty();
    },
  };
}

function target(request: { getUrn(): string; getType(): string; getName(): string }) {
  const parts = request.getUrn().split("::");
  const type = request.getType() || (parts[2]?.split("$").at(-1) ?? "");
  return { urn: request.getUrn(), type, name: request.getName() || (parts[3] ?? "") };
}

function change(request: Request<"DiffRequest"> | Request<"UpdateRequest">) {
  const oldOutputs = props(request.getOlds());
  const oldInputs = request.hasOldInputs() ? props(request.getOldInputs()) : oldOutputs;
  return { ...target(request), id: request.getId(), oldInputs, oldOutputs, news: props(request.getNews()) };
}

function autonaming(options: { getProposedName(): string; getMode(): number } | undefined): Autonaming {
  const mode = (["propose", "enforce", "disable"] as const)[options?.getMode() ?? 0];
  return { mode: mode ?? "propose", proposed: options?.getProposedName() ?? "" };
}

function diffResponse(changes: Change[], deleteBeforeReplace: boolean) {
  const { DIFF_NONE, DIFF_SOME } = pb.DiffResponse.DiffChanges;
  const { Kind } = pb.PropertyDiff;
  const kinds = {
    add: [Kind.ADD, Kind.ADD_REPLACE],
    delete: [Kind.DELETE, Kind.DELETE_REPLACE],
    update: [Kind.UPDATE, Kind.UPDATE_REPLACE],
  } as const;
  const root = (path: string) => path.split(/[.[]/)[0] ?? path;
  const response = new pb.DiffResponse().setChanges(changes.length > 0 ? DIFF_SOME : DIFF_NONE);
  response.setHasdetaileddiff(true);
  response.setDeletebeforereplace(deleteBeforeReplace);
  response.setDiffsList([...new Set(changes.map((c) => root(c.path)))]);
  response.setReplacesList([...new Set(changes.filter((c) => c.replace).map((c) => root(c.path)))]);
  for (const c of changes) {
    const kind = kinds[c.kind][c.replace ? 1 : 0];
    response.getDetaileddiffMap().set(c.path, new pb.PropertyDiff().setKind(kind).setInputdiff(true));
  }
  return response;
}

function props(message: Struct | undefined): Props {
  return (message?.toJavaScript() ?? {}) as Props;
}

function toStruct(values: Props): Struct {
  return struct.Struct.fromJavaScript(defined(values) as Parameters<typeof struct.Struct.fromJavaScript>[0]);
}

/** JSON has no undefined and neither has the wire. */
function defined(value: Value): Value {
  if (Array.isArray(value)) return value.map((item) => defined(item ?? null));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, defined(item)]),
  );
}
