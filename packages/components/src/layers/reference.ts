/** Typed references between layers: what a layer exports, and the one way to read it. */
import type { Layer } from "@bulkhead/config";
import { LAYERS, projectOf } from "@bulkhead/config";
import * as pulumi from "@pulumi/pulumi";

/**
 * Reads the `outputs` of an earlier layer, in the environment of the running stack.
 * @throws where that layer was not applied yet, naming it.
 */
export async function readLayer<T>(layer: Layer): Promise<T> {
  const stack = pulumi.getStack();
  const reference = new pulumi.StackReference(layer, {
    name: `${pulumi.getOrganization()}/${projectOf(layer)}/${stack}`,
  });
  const details = await reference.getOutputDetails("outputs");
  const outputs = (details.value ?? details.secretValue) as T | undefined;
  if (outputs === undefined) {
    const later = LAYERS[LAYERS.indexOf(layer) + 1];
    throw new pulumi.RunError(
      `stacks/${layer} has no outputs in environment ${stack}; apply it before stacks/${later}`,
    );
  }
  return outputs;
}

/** The `outputs` of the running stack itself, as its last update left them; undefined where there was none. */
export async function readOwnOutputs<T>(layer: Layer): Promise<T | undefined> {
  const reference = new pulumi.StackReference("own", {
    name: `${pulumi.getOrganization()}/${projectOf(layer)}/${pulumi.getStack()}`,
  });
  const details = await reference.getOutputDetails("outputs");
  return (details.value ?? details.secretValue) as T | undefined;
}
