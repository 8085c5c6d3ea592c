/** Validates Kubernetes objects as an API server of one minor version would with `fieldValidation=Strict`, before there is one. */
import { didYouMean } from "@bulkhead/config";
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import { GKE_CRDS } from "./gke.ts";
import type { KubernetesObject } from "./objects.ts";
import type { CustomResourceDefinition, Sources } from "./sources.ts";

export interface Fault {
  /** `Deployment bh-eu1/client` */
  readonly object: string;
  /** `spec.template.spec.containers[0].image`; empty for the whole object. */
  readonly path: string;
  readonly problem: string;
}

const DEFINITIONS = "https://bulkhead.dev/kubernetes.json";
const OBJECT_META = { $ref: `${DEFINITIONS}#/$defs/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta` };
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const LABEL_KEY = /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
/** Kinds whose name is a host's, or part of one: 63 characters, no dots. */
const LABEL_NAMED: ReadonlySet<string> = new Set(["Namespace", "Service"]);
/** Kinds whose name goes into the labels of their pods. */
const AT_MOST_63: ReadonlySet<string> = new Set(["Deployment", "StatefulSet", "DaemonSet", "Job"]);

type Fields = Record<string, unknown>;

export class Validator {
  readonly #ajv: Ajv2020;
  readonly #schemas = new Map<string, object>();
  readonly #compiled = new Map<string, ValidateFunction>();
  readonly #minor: string;

  /** @param minor - minor version of the clusters, such as `1.33` */
  constructor(sources: Sources, minor: string) {
    this.#minor = minor;
    // RE2, which Kubernetes uses, takes escapes that a Unicode expression of JavaScript refuses.
    this.#ajv = new Ajv2020({
      strict: false,
      allErrors: true,
      validateFormats: false,
      unicodeRegExp: false,
      verbose: true,
    });
    const definitions = { ...sources.kubernetes(minor), $id: DEFINITIONS };
    this.#ajv.addSchema(definitions);
    for (const [name, definition] of Object.entries(definitions.$defs)) {
      for (const gvk of (definition["x-kubernetes-group-version-kind"] ?? []) as Record<string, string>[]) {
        const key = keyOf(gvk.group ? `${gvk.group}/${gvk.version}` : String(gvk.version), String(gvk.kind));
        this.#schemas.set(key, { $ref: `${DEFINITIONS}#/$defs/${name}` });
      }
    }
    for (const crd of [...sources.crds, ...GKE_CRDS]) this.#add(crd);
  }

  #add({ spec: { group, names, versions } }: CustomResourceDefinition): void {
    for (const { name, served, schema } of versions) {
      if (!served || !schema?.openAPIV3Schema) continue;
      const closed = close(schema.openAPIV3Schema) as { properties?: Fields };
      closed.properties = { ...closed.properties, metadata: OBJECT_META };
      this.#schemas.set(keyOf(`${group}/${name}`, names.kind), closed);
    }
  }

  /** What an API server would refuse, each with its path. */
  validate({ object, secrets, partial }: KubernetesObject): Fault[] {
    const key = keyOf(String(object.apiVersion), String(object.kind));
    const label = labelOf(object);
    const schema = this.#schemas.get(key);
    if (schema === undefined) {
      const guess = didYouMean(key, [...this.#schemas.keys()]);
      const problem = `${key} is no kind that a cluster of ${this.#minor} here has${guess ? `; did you mean ${guess}?` : ""}`;
      return [{ object: label, path: "", problem }];
    }
    const compiled = this.#compiled.get(key) ?? this.#ajv.compile(schema);
    this.#compiled.set(key, compiled);
    compiled(object);
    const errors = (compiled.errors ?? []).filter(
      ({ keyword, instancePath, params }) =>
        keyword !== "required" || !(partial || secrets.has(`${instancePath}/${String(params.missingProperty)}`)),
    );
    return [...named(object), ...readable(errors)].map((fault) => ({ object: label, ...fault }));
  }
}

function keyOf(apiVersion: string, kind: string): string {
  return `${apiVersion} ${kind}`;
}

function labelOf({ kind, metadata }: Fields): string {
  const { namespace, name } = (metadata ?? {}) as Fields;
  return `${String(kind)} ${namespace ? `${String(namespace)}/` : ""}${String(name)}`;
}

/** A structural schema as JSON Schema: what it does not name is unknown, as strict validation has it. */
function close(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(close);
  if (typeof schema !== "object" || schema === null) return schema;
  const { nullable, ...fields } = schema as Fields;
  const closed: Fields = {};
  for (const [key, value] of Object.entries(fields)) {
    closed[key] =
      key === "properties"
        ? Object.fromEntries(Object.entries(value as Fields).map(([name, each]) => [name, close(each)]))
        : ["enum", "default", "required"].includes(key)
          ? value
          : close(value);
  }
  if (fields["x-kubernetes-int-or-string"]) closed.type = ["integer", "string"];
  const open = fields["x-kubernetes-preserve-unknown-fields"] || fields.additionalProperties !== undefined;
  if (fields.properties && fields.type === "object" && !open) closed.additionalProperties = false;
  if (nullable && typeof closed.type === "string") closed.type = [closed.type, "null"];
  return closed;
}

/** What schemas do not say of names and labels. */
function named({ kind, metadata }: Fields): Omit<Fault, "object">[] {
  const { name, labels } = (metadata ?? {}) as { name?: unknown; labels?: Fields };
  const faults: Omit<Fault, "object">[] = [];
  const fault = (path: string, problem: string) => faults.push({ path, problem });
  if (typeof name === "string") {
    const longest = LABEL_NAMED.has(String(kind)) || AT_MOST_63.has(String(kind)) ? 63 : 253;
    if (name.length > longest) fault("metadata.name", `has ${name.length} characters, and ${longest} are the most`);
    // Roles and bindings of RBAC take colons.
    if (!SUBDOMAIN.test(name) && !/Role(?:Binding)?$/.test(String(kind)))
      fault("metadata.name", `"${name}" is no DNS name`);
    if (LABEL_NAMED.has(String(kind)) && name.includes(".")) fault("metadata.name", `"${name}" may hold no dot`);
  }
  for (const [key, value] of Object.entries(labels ?? {})) {
    if (!LABEL_KEY.test(key)) fault("metadata.labels", `"${key}" is no label's name`);
    if (typeof value === "string" && !LABEL_VALUE.test(value))
      fault(`metadata.labels["${key}"]`, `"${value}" is no label's value`);
  }
  return faults;
}

/** Errors in words, the deepest of each place: what a oneOf says of its other branches helps nobody. */
function readable(errors: readonly ErrorObject[]): Omit<Fault, "object">[] {
  const faults = new Map<string, Omit<Fault, "object">>();
  for (const error of errors) {
    if (error.keyword === "oneOf" || error.keyword === "anyOf" || error.keyword === "not") {
      if (errors.some((other) => other !== error && other.instancePath.startsWith(error.instancePath))) continue;
    }
    const path = pathOf(error.instancePath);
    const fault = { path, problem: inWords(error) };
    faults.set(`${path} ${fault.problem}`, fault);
  }
  return [...faults.values()];
}

function inWords({ keyword, params, message, parentSchema, data }: ErrorObject): string {
  if (keyword === "additionalProperties") {
    const field = String(params.additionalProperty);
    const guess = didYouMean(field, Object.keys((parentSchema?.properties ?? {}) as Fields));
    return `has an unknown field "${field}"${guess ? `; did you mean "${guess}"?` : ""}`;
  }
  if (keyword === "required") return `lacks "${String(params.missingProperty)}"`;
  if (keyword === "enum")
    return `is ${JSON.stringify(data)}, and may be ${(params.allowedValues as unknown[]).join(", ")}`;
  return `${message ?? keyword} (found ${JSON.stringify(data)?.slice(0, 80)})`;
}

function pathOf(pointer: string): string {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
    .map((step, index) => (/^\d+$/.test(step) ? `[${step}]` : index === 0 ? step : `.${step}`))
    .join("");
}
