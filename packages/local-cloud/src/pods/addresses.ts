import type { Listener } from "./proxy.ts";

/** Puts the server's address where a listener's stands, as `host:port` or as `host=… port=…`, in any text. */
export function rewriteAddresses(text: string, listeners: readonly Listener[]): string {
  const any = [...new Set(listeners.flatMap((l) => l.hosts))].map((host) => host.replaceAll(".", "\\.")).join("|");
  if (any === "") return text;
  const find = (host: string, port: string) =>
    listeners.find((l) => l.port === Number(port) && l.hosts.includes(host))?.target;
  return text
    .replace(new RegExp(`(?<![\\w.-])(${any}):(\\d+)(?!\\d)`, "g"), (all, host: string, port: string) => {
      const target = find(host, port);
      return target ? `${target.host}:${target.port}` : all;
    })
    .replace(
      new RegExp(`host=(${any})(\\s+)port=(\\d+)(?!\\d)`, "g"),
      (all, host: string, space: string, port: string) => {
        const target = find(host, port);
        return target ? `host=${target.host}${space}port=${target.port}` : all;
      },
    )
    .replace(
      new RegExp(`port=(\\d+)(\\s+)host=(${any})(?![\\w.-])`, "g"),
      (all, port: string, space: string, host: string) => {
        const target = find(host, port);
        return target ? `port=${target.port}${space}host=${target.host}` : all;
      },
    );
}

/** `PGHOST` and `PGPORT` are one address in two variables; a missing port is PostgreSQL's own. */
export function rewriteVariables(env: Record<string, string>, listeners: readonly Listener[]): Record<string, string> {
  const out = Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, rewriteAddresses(value, listeners)]),
  );
  const host = env.PGHOST;
  const target = listeners.find((l) => l.hosts.includes(host ?? "") && l.port === Number(env.PGPORT ?? 5432))?.target;
  return target ? { ...out, PGHOST: target.host, PGPORT: String(target.port) } : out;
}

/** A password file both libpq and node-postgres read; the colon and the backslash are its special characters. */
export function passwordFile(listeners: readonly Listener[]): string | undefined {
  const quote = (value: string) => value.replace(/[\\:]/g, "\\$&");
  const lines = listeners.flatMap(({ target, login }) =>
    login ? [`${target.host}:${target.port}:*:${quote(login.user)}:${quote(login.password)}\n`] : [],
  );
  return lines.length === 0 ? undefined : [...new Set(lines)].join("");
}
