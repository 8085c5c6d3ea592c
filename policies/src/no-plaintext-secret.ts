/** No secret stands in plain text in a pod's environment, its command line, or a ConfigMap. */
import { configMapsOf } from "./config-maps.ts";
import { type Container, isKubernetes, podsOf } from "./pods.ts";
import type { Rule } from "./rule.ts";
import { isHarmless, secrecyOfName, secretInValue } from "./secret-shapes.ts";
import { fields, isGiven, list, UNKNOWN } from "./values.ts";

export const noPlaintextSecret: Rule = {
  id: "no-plaintext-secret",
  severity: "critical",
  description: "No environment variable, argument or ConfigMap holds a secret in plain text.",
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
    return [
      ...podsOf(resource).flatMap(({ containers }) => containers.flatMap(containerFaults)),
      ...configMapsOf(resource).flatMap(({ metadata, texts }) =>
        texts.flatMap(({ key, text }) => {
          const fault = entryFault(key, text) ?? lineFault(text);
          return fault ? [`ConfigMap ${String(metadata.name ?? "")}: entry ${key} ${fault}`] : [];
        }),
      ),
    ];
  },
};

function containerFaults({ label, path, fields: container }: Container): string[] {
  const faults: string[] = [];
  list(container.env).forEach((entry, index) => {
    const { name, value } = fields(entry);
    const fault = entryFault(String(name), value);
    if (fault) faults.push(`Container ${label}: environment variable ${String(name)} ${fault} (${path}.env[${index}])`);
  });
  for (const key of ["command", "args"]) {
    const words = list(container[key]).filter((word) => word !== UNKNOWN);
    words.forEach((word, index) => {
      const fault = argumentFault(String(word), words[index + 1]);
      if (fault) faults.push(`Container ${label}: an argument ${fault} (${path}.${key}[${index}])`);
    });
  }
  return faults;
}

/** What is wrong with a value under a name. Never repeats the value: messages end up in logs. */
function entryFault(name: string, value: unknown): string | undefined {
  if (!isGiven(value) || value === UNKNOWN) return undefined;
  const text = String(value);
  const shape = secretInValue(text);
  if (shape) return `holds ${shape}`;
  const secrecy = secrecyOfName(name);
  if (secrecy === "none" || isHarmless(text, secrecy)) return undefined;
  return "is named as a secret and holds its value in plain text";
}

/** `--db-password=hunter2`, or `--db-password hunter2`. */
function argumentFault(word: string, next: unknown): string | undefined {
  const shape = secretInValue(word);
  if (shape) return `holds ${shape}`;
  const [, flag, value = typeof next === "string" && !next.startsWith("-") ? next : ""] =
    /^--?([\w.-]+)(?:=(.*))?$/s.exec(word) ?? [];
  if (flag === undefined || secrecyOfName(flag) !== "secret" || isHarmless(value, "secret")) return undefined;
  return `is named as a secret and holds its value in plain text (--${flag})`;
}

/** A line of a file, such as `db.password = hunter2` or `"password": "hunter2"`. Only names that leave no doubt count. */
function lineFault(text: unknown): string | undefined {
  if (typeof text !== "string") return undefined;
  for (const line of text.split("\n")) {
    const [, name, value] =
      /^[\s{,-]*(?:export\s+)?["']?([\w.-]+)["']?\s*[:=]\s*["']?(.*?)["']?[\s},]*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    // What opens a nested map or a block is not a value.
    if (/^[[{|>]/.test(value) || secrecyOfName(name) !== "secret" || isHarmless(value, "secret")) continue;
    return `has a line ${name} that is named as a secret and holds its value in plain text`;
  }
  return undefined;
}
