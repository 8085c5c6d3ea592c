/** No secret stands in plain text in a Kubernetes resource, but for the Secrets. */
import { commandFaults } from "./command-line.ts";
import { configMapsOf } from "./config-maps.ts";
import { textFault } from "./file-text.ts";
import { isKubernetes } from "./pods.ts";
import type { Resource, Rule } from "./rule.ts";
import { holdsSecret, isPassword } from "./secret-names.ts";
import { secretInValue } from "./secret-shapes.ts";
import { type Fields, fields, isGiven, list, maps, UNKNOWN } from "./values.ts";

export const noPlaintextSecret: Rule = {
  id: "no-plaintext-secret",
  severity: "critical",
  description: "No environment variable, argument, header, annotation or ConfigMap holds a secret in plain text.",
  frameworks: [
    "CIS GKE 4.4.1",
    "CIS GKE 4.4.2",
    "NSA/CISA C-0012",
    "SOC 2 CC6.1",
    "HIPAA 164.312(a)(2)(iv)",
    "GDPR Art. 32",
  ],
  remedy: "Deliver it as a file from a Secret or from Vault and name the file, or take it by secretKeyRef.",
  faults: (resource) => {
    if (!isKubernetes(resource)) return [];
    const secrets = secretData(resource);
    const places = [...maps(resource.props)].filter(({ path }) => !secrets.has(path));
    const judged = new Set<string>();
    const faults = places.flatMap(({ path, map }) => [
      ...entryFaults(path, map, "env", "environment variable", judged),
      ...entryFaults(path, map, "httpHeaders", "header", judged),
      ...argumentFaults(path, map, judged),
    ]);
    for (const { path, metadata, texts } of configMapsOf(resource)) {
      for (const { key, text } of texts) {
        for (const field of ["data", "binaryData"]) judged.add(step(step(path, field), key));
        const fault = entryFault(key, text) ?? (typeof text === "string" ? textFault(text) : undefined);
        if (fault) faults.push(`ConfigMap ${String(metadata.name ?? "")}: entry ${key} ${fault}`);
      }
    }
    return [...faults, ...places.flatMap(({ path, map }) => fieldFaults(path, map, judged, resource))];
  },
};

/** Where the data of Secrets is: the place for it. */
function secretData({ type, props }: Resource): ReadonlySet<string> {
  const ofSecrets = /:Secret(?:Patch|List)?$/i.test(type);
  return new Set(
    [...maps(props)]
      .filter(({ map }) => ofSecrets || map.kind === "Secret")
      .flatMap(({ path }) => [step(path, "data"), step(path, "stringData")]),
  );
}

function step(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

function subjectOf(path: string, map: Fields): string {
  return typeof map.name === "string" ? `Container "${map.name}"` : `Container ${path}`;
}

/** A list of names with values, wherever one of that field is: in a container, a probe, a custom resource's own. */
function entryFaults(path: string, map: Fields, field: string, what: string, judged: Set<string>): string[] {
  return list(map[field]).flatMap((entry, index) => {
    const { name, value } = fields(entry);
    const place = `${step(path, field)}[${index}]`;
    judged.add(`${place}.value`);
    const isLogin = field === "httpHeaders" && /^(?:(?:proxy-)?authorization|cookie)$/i.test(String(name));
    const fault =
      entryFault(String(name), value) ??
      (isLogin && isGiven(value) && value !== UNKNOWN && value !== "" ? "holds a login in plain text" : undefined);
    return fault ? [`${subjectOf(path, map)}: ${what} ${String(name)} ${fault} (${place})`] : [];
  });
}

/** What is run: a container's command with its arguments, a probe's, a lifecycle hook's. */
function argumentFaults(path: string, map: Fields, judged: Set<string>): string[] {
  const words = ["command", "args"].flatMap((key) => {
    const given = map[key];
    if (typeof given === "string") return [{ place: step(path, key), word: given }];
    return list(given).map((word, index) => ({ place: `${step(path, key)}[${index}]`, word }));
  });
  const known = words.filter(({ word }) => isGiven(word) && word !== UNKNOWN && typeof word !== "object");
  for (const { place } of known) judged.add(place);
  return commandFaults(known.map(({ word }) => String(word))).map(
    ({ index, fault }) => `${subjectOf(path, map)}: an argument ${fault} (${known[index]?.place ?? path})`,
  );
}

/** Any other text: by its shape, and under a password's name. */
function fieldFaults(path: string, map: Fields, judged: ReadonlySet<string>, { type }: Resource): string[] {
  // The schema of a custom resource describes its fields, examples included.
  if (/:CustomResourceDefinition(?:Patch|List)?$/i.test(type)) return [];
  return Object.entries(map).flatMap(([key, value]) => {
    const texts = Array.isArray(value)
      ? value.map((each: unknown, index) => ({ place: `${step(path, key)}[${index}]`, text: each }))
      : [{ place: step(path, key), text: value }];
    return texts.flatMap(({ place, text }) => {
      if (typeof text !== "string" || judged.has(place)) return [];
      const shape = secretInValue(text);
      if (shape) return [`Field ${place} holds ${shape}`];
      const named = isPassword(key) && holdsSecret(key, text, { sure: true });
      return named ? [`Field ${place} is named as a secret and holds its value in plain text`] : [];
    });
  });
}

/** What is wrong with a value under a name. Never repeats the value: messages end up in logs. */
function entryFault(name: string, value: unknown): string | undefined {
  if (!isGiven(value) || value === UNKNOWN) return undefined;
  const text = String(value);
  const shape = secretInValue(text);
  if (shape) return `holds ${shape}`;
  return holdsSecret(name, text) ? "is named as a secret and holds its value in plain text" : undefined;
}
