/** Secrets in what is run: in a word of a command, in a script given to a shell, and behind a client's own flag. */
import { holdsSecret } from "./secret-names.ts";
import { secretInValue } from "./secret-shapes.ts";

/** What a shell or Kubernetes puts in only as it runs. */
const REFERENCE = /^["']?(?:\$[A-Za-z_{(]|`)/;
const NAMED = "is named as a secret and holds its value in plain text";

const start = String.raw`(?:^|[\s/"'(\`])`;
/** A value that is one: no other flag, nothing put in at run time. */
const given = String.raw`["']?(?![\s"'$\`-])[^\s"']`;
/** Short flags that carry a password, by the programs that know them so: elsewhere `-p` is a port. */
const CLIENTS: readonly RegExp[] = [
  // user:password
  String.raw`(?:curl|https?|xh)\s(?:.*\s)?(?:-[fgikLsSvN]*[uUa]|--user|--proxy-user|--auth)[\s=]*["']?[^\s:"'$]*:(?![\s"'$\`/])\S`,
  // Apart from the flag it would be the name of a database.
  String.raw`(?:mysql|mariadb)(?:-?\w+)*\s(?:.*\s)?-p${given}`,
  String.raw`(?:sshpass|mongo(?:sh|dump|restore|import|export|stat|top)?|rabbitmqadmin)\s(?:.*\s)?-p[\s=]*${given}`,
  String.raw`(?:docker|podman|nerdctl|buildah|skopeo|oras|helm|az)\s(?:.*\s)?login\s(?:.*\s)?-p[\s=]*${given}`,
  String.raw`(?:redis|valkey)-cli\s(?:.*\s)?-a[\s=]*${given}`,
  String.raw`ldap(?:search|add|modify|delete|passwd|whoami)\s(?:.*\s)?-w[\s=]*${given}`,
  String.raw`(?:sqlcmd|bcp)\s(?:.*\s)?-P[\s=]*${given}`,
].map((pattern) => new RegExp(start + pattern));

/** What is wrong with the words of one command, by the index of the word; the whole of it is at the last. */
export function commandFaults(words: readonly string[]): { readonly index: number; readonly fault: string }[] {
  const faults = words.flatMap((word, index) => {
    const fault = wordFault(word, words[index + 1]);
    return fault === undefined ? [] : [{ index, fault }];
  });
  if (faults.length > 0 || words.length === 0) return faults;
  const parts = words.join(" ").split(/[;\n|]|&&/);
  return parts.some((part) => CLIENTS.some((client) => client.test(part)))
    ? [{ index: words.length - 1, fault: "is a password in plain text, behind its client's flag" }]
    : [];
}

function wordFault(word: string, next: string | undefined): string | undefined {
  const shape = secretInValue(word);
  if (shape) return `holds ${shape}`;
  // `--db-password hunter2`, as two words.
  const flag = /^--?([\w.-]+)$/.exec(word)?.[1];
  if (flag !== undefined && next !== undefined && !next.startsWith("-") && isSecret(flag, next))
    return `${NAMED} (--${flag})`;
  // `DB_PASSWORD=hunter2` and `--db-password=hunter2`, alone or in a script.
  for (const [, name = "", value = ""] of word.matchAll(
    /(?<![\w.])-*([A-Za-z_][\w.-]*)=("[^"]*"|'[^']*'|[^\s;"'&|)]+)/g,
  ))
    if (isSecret(name, value)) return `${NAMED} (${name})`;
  // An argument that is an assignment has its value to the end, whatever stands in it.
  const [, name, value] = /^-*([A-Za-z_][\w.-]*)=(.*)$/s.exec(word) ?? [];
  if (name !== undefined && value !== undefined && !/\s/.test(value) && isSecret(name, value))
    return `${NAMED} (${name})`;
  for (const [, long = "", given = ""] of word.matchAll(/\s--([\w.-]+)\s+(?!-)("[^"]*"|'[^']*'|[^\s;"'&|)]+)/g))
    if (isSecret(long, given)) return `${NAMED} (--${long})`;
  return undefined;
}

function isSecret(name: string, value: string): boolean {
  if (REFERENCE.test(value)) return false;
  return holdsSecret(name, value.replace(/^(["'])(.*)\1$/s, "$2"), { sure: true });
}
