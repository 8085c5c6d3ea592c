import { createHash } from "node:crypto";
import {
  at,
  isObject,
  isSecret,
  isUnknown,
  type Props,
  reveal,
  secret,
  text,
  UNKNOWN,
  type Value,
} from "../plugin/values.ts";

/** The object as the API server would give it back: the manifest, its identity, and a status that says all is well. */
export function objectOutputs(urn: string, inputs: Props): Props {
  const bare = reveal(inputs) as Props;
  const kind = text(bare.kind) ?? "";
  const hash = createHash("sha256")
    .update(urn)
    .update(String(at(bare, "metadata.name")))
    .digest("hex");
  const uid = hash.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  const outputs: Props = {
    ...inputs,
    metadata: merge(inputs.metadata, { uid, creationTimestamp: "2026-01-01T00:00:00Z" }),
  };
  if (kind === "Secret") Object.assign(outputs, secretOutputs(inputs));
  if (kind === "Service") Object.assign(outputs, serviceOutputs(inputs, bare, hash));
  const replicas = at(bare, "spec.replicas") ?? 1;
  if (kind === "Deployment" || kind === "StatefulSet")
    outputs.status = { replicas, readyReplicas: replicas, availableReplicas: replicas, updatedReplicas: replicas };
  if (kind === "Job") outputs.status = { succeeded: 1, conditions: [{ type: "Complete", status: "True" }] };
  if (kind === "Namespace") outputs.status = { phase: "Active" };
  if (kind === "Ingress" || kind === "Gateway")
    outputs.status = {
      addresses: [{ type: "IPAddress", value: "127.0.0.1" }],
      loadBalancer: { ingress: [{ ip: "127.0.0.1" }] },
    };
  return outputs;
}

function merge(value: Value | undefined, more: Props): Value {
  const inner = isSecret(value) ? value.value : value;
  const merged = { ...(isObject(inner) ? inner : {}), ...more };
  return isSecret(value) ? secret(merged) : merged;
}

/** A Secret's content is secret whether or not the program said so; what came as text comes back encoded too. */
function secretOutputs(inputs: Props): Props {
  const text =
    isObject(inputs.stringData) && !isSecret(inputs.stringData) ? inputs.stringData : reveal(inputs.stringData ?? {});
  const encoded: Props = {};
  for (const [key, value] of Object.entries(isObject(text) ? text : {}))
    encoded[key] = isUnknown(value) ? UNKNOWN : Buffer.from(String(reveal(value))).toString("base64");
  const data = reveal(inputs.data ?? {});
  const out: Props = { data: secret({ ...(isObject(data) ? data : {}), ...encoded }) };
  if (inputs.stringData !== undefined && inputs.stringData !== null) out.stringData = secret(reveal(inputs.stringData));
  return out;
}

function serviceOutputs(inputs: Props, bare: Props, hash: string): Props {
  const isHeadless = at(bare, "spec.clusterIP") === "None";
  const [a, b] = [Number.parseInt(hash.slice(0, 2), 16), Number.parseInt(hash.slice(2, 4), 16)];
  const clusterIP = isHeadless ? "None" : `10.250.${a}.${2 + (b % 250)}`;
  const isBalanced = at(bare, "spec.type") === "LoadBalancer";
  const status: Props = isBalanced ? { loadBalancer: { ingress: [{ ip: `34.118.${a}.${b}` }] } } : { loadBalancer: {} };
  return { spec: merge(inputs.spec, { clusterIP, type: at(bare, "spec.type") ?? "ClusterIP" }), status };
}
