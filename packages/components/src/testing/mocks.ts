/** Runs programs without an engine and records what they declare: every resource with its inputs and its options. */
import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceOutputsRequest, RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb.js";
import { answered, computed } from "./computed.ts";

/** A resource as the engine would have been asked for it. */
export interface Declared {
  readonly urn: string;
  readonly type: string;
  /** Logical name. */
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** URN of the component it belongs to; empty at the top. */
  readonly parent: string;
  /** Of what it depends on, by `dependsOn` or by an input: URNs. */
  readonly dependsOn: readonly string[];
  readonly ignoreChanges: readonly string[];
  readonly protect: boolean;
  /** How long the engine waits for its creation, such as 3600s. */
  readonly createTimeout: string;
  /** What a component registered as its outputs; undefined where it registered none. */
  outputs?: Readonly<Record<string, unknown>>;
}

/** The methods of the mock monitor by which resources come in. */
interface Monitor {
  registerResource(request: RegisterResourceRequest, answer: unknown): Promise<void>;
  registerResourceOutputs(request: RegisterResourceOutputsRequest, answer: unknown): void;
}

/** What a program declared, and what it returned. */
export interface Recording<T> {
  readonly resources: readonly Declared[];
  readonly result: T;
}

/**
 * Runs a program, waits for all that it declares, and returns it.
 * @param environment - name of the stack
 */
export async function record<T>(program: () => T | Promise<T>, environment = "dev"): Promise<Recording<T>> {
  const resources: Declared[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => computed(type, name, inputs as Record<string, unknown>),
      call: ({ token, inputs }) => answered(token, inputs as Record<string, unknown>),
    },
    "bulkhead",
    environment,
    false,
    "organization",
  );
  listen(pulumi.runtime.getMonitor() as unknown as Monitor, resources);
  const result = await program();
  await pulumi.runtime.disconnect();
  return { resources, result };
}

/** The mocks see inputs only; parents, dependencies and the like are in the request. */
function listen(monitor: Monitor, resources: Declared[]): void {
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = async (request, answer) => {
    const type = request.getType();
    const parentType = request.getParent().split("::")[2];
    resources.push({
      urn: `urn:pulumi:${pulumi.getStack()}::${pulumi.getProject()}::${parentType ? `${parentType.split("$").at(-1)}$` : ""}${type}::${request.getName()}`,
      type,
      name: request.getName(),
      inputs: (request.getObject()?.toJavaScript() ?? {}) as Record<string, unknown>,
      parent: request.getParent(),
      dependsOn: request.getDependenciesList(),
      ignoreChanges: request.getIgnorechangesList(),
      protect: request.getProtect() ?? false,
      createTimeout: request.getCustomtimeouts()?.getCreate() ?? "",
    });
    await register(request, answer);
  };
  const registerOutputs = monitor.registerResourceOutputs.bind(monitor);
  monitor.registerResourceOutputs = (request, answer) => {
    const resource = resources.find(({ urn }) => urn === request.getUrn());
    if (resource) resource.outputs = (request.getOutputs()?.toJavaScript() ?? {}) as Record<string, unknown>;
    registerOutputs(request, answer);
  };
}
