import { readText } from "../cloud/files.ts";
import { type CloudRecord, field, INSTANCE, records, serving, USER, userPasswordFile } from "../cloud/inventory.ts";
import type { Paths } from "../cloud/paths.ts";
import { readServer } from "../postgres/record.ts";
import { expand } from "./environment.ts";
import { roleOf } from "./images.ts";
import { core, readObject } from "./objects.ts";
import { type Container, type Pod, PodError } from "./types.ts";

/** One listener of the pod's Auth Proxy, and where the instance behind it is on this machine. */
export type Listener = {
  hosts: string[];
  port: number;
  target: { host: string; port: number };
  login?: Login | undefined;
};
export type Login = { user: string; password: string };
type Wanted = { instance: string; port: number; iam: boolean };

/**
 * The proxy itself does not run: its addresses are translated, and its identity is lent, as a password that nothing but
 * this pod's password file holds. What the real one would refuse is refused, so that a missing grant is noticed here.
 */
export async function listenersOf(paths: Paths, pod: Pod): Promise<Listener[]> {
  const listeners: Listener[] = [];
  for (const container of sidecars(pod)) {
    for (const wanted of parseProxy(container)) {
      const target = await addressOf(paths, wanted.instance, container);
      const login = wanted.iam ? await loginOf(paths, pod, wanted.instance) : undefined;
      listeners.push({ hosts: ["127.0.0.1", "localhost"], port: wanted.port, target, login });
    }
  }
  return [...listeners, ...(await direct(paths))];
}

function sidecars(pod: Pod): Container[] {
  const init = (pod.template.spec?.initContainers ?? []).filter((c) => roleOf(c) === "proxy");
  for (const container of init)
    if (container.restartPolicy !== "Always")
      throw new PodError("Invalid", `init container ${container.name} never ends: give it restartPolicy: Always`);
  return [...init, ...(pod.template.spec?.containers ?? []).filter((c) => roleOf(c) === "proxy")];
}

/** Reads the proxy's arguments and `ALLOYDB_PROXY_*` variables, with its defaults: 5432, and one more per instance. */
export function parseProxy(container: Container): Wanted[] {
  const env = Object.fromEntries((container.env ?? []).map((e) => [e.name, e.value ?? ""]));
  const args = [...(container.command ?? []).slice(1), ...(container.args ?? [])].map((arg) => expand(arg, env));
  const flag = (name: string, short?: string): string | undefined => {
    for (const [i, arg] of args.entries()) {
      if (arg.startsWith(`--${name}=`)) return arg.slice(name.length + 3);
      if (arg === `--${name}` || arg === short) {
        const next = args[i + 1];
        return next !== undefined && !next.startsWith("-") && !next.startsWith("projects/") ? next : "true";
      }
    }
    return env[`ALLOYDB_PROXY_${name.replaceAll("-", "_").toUpperCase()}`];
  };
  const fromEnv = Object.entries(env).filter(([name]) => /^ALLOYDB_PROXY_INSTANCE_URI(_\d+)?$/.test(name));
  const uris = [...args.filter((arg) => arg.startsWith("projects/")), ...fromEnv.map(([, value]) => value)];
  let next = Number(flag("port", "-p") ?? 5432);
  const iam = isOn(flag("auto-iam-authn", "-i"));
  if (uris.length === 0) throw new PodError("CrashLoopBackOff", `${container.name} names no instance`);
  return uris.map((uri) => {
    const [instance = "", query = ""] = uri.split("?");
    const options = new URLSearchParams(query);
    const port = options.has("port") ? Number(options.get("port")) : next++;
    if (!Number.isInteger(port)) throw new PodError("CrashLoopBackOff", `${container.name}: ${uri} has no valid port`);
    const own = options.get("auto-iam-authn");
    return { instance, port, iam: own === null ? iam : isOn(own) };
  });
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && ["true", "t", "1"].includes(value.toLowerCase());
}

async function addressOf(
  paths: Paths,
  instance: string,
  container: Container,
): Promise<{ host: string; port: number }> {
  const serves = await serving(paths, instance);
  const server = serves === undefined ? undefined : await readServer(paths, serves);
  if (server === undefined)
    throw new PodError(
      "CrashLoopBackOff",
      `${container.name}: there is no instance ${instance} with a server in this cloud`,
    );
  return { host: "127.0.0.1", port: server.port };
}

/** Whoever connects by an instance's own address reaches the server too, unless the instance wants connectors only. */
async function direct(paths: Paths): Promise<Listener[]> {
  const found: Listener[] = [];
  for (const instance of await records(paths, INSTANCE)) {
    const connection = instance.inputs.clientConnectionConfig as { requireConnectors?: boolean } | undefined;
    if (connection?.requireConnectors) continue;
    const address = field(instance.outputs, "ipAddress");
    const serves = await serving(paths, instance.id);
    const server = serves === undefined ? undefined : await readServer(paths, serves);
    if (address && server)
      found.push({ hosts: [address], port: 5432, target: { host: "127.0.0.1", port: server.port } });
  }
  return found;
}

async function loginOf(paths: Paths, pod: Pod, instance: string): Promise<Login> {
  const refuse = (message: string) => new PodError("CrashLoopBackOff", `the Auth Proxy cannot log in: ${message}`);
  const name = pod.template.spec?.serviceAccountName ?? "default";
  const account = await readObject(paths, core(pod.cluster, pod.namespace, "ServiceAccount", name));
  if (account === undefined) throw refuse(`there is no service account ${pod.namespace}/${name}`);
  const email = account.metadata.annotations?.["iam.gke.io/gcp-service-account"];
  if (!email) throw refuse(`service account ${pod.namespace}/${name} has no annotation iam.gke.io/gcp-service-account`);
  if (!(await mayImpersonate(paths, pod.namespace, name, email)))
    throw refuse(
      `${email} does not grant roles/iam.workloadIdentityUser to [${pod.namespace}/${name}] (Workload Identity)`,
    );
  const project = instance.split("/")[1] ?? "";
  for (const role of ["roles/alloydb.client", "roles/alloydb.databaseUser", "roles/serviceusage.serviceUsageConsumer"])
    if (!(await hasRole(paths, project, role, `serviceAccount:${email}`)))
      throw refuse(`${email} has no ${role} on project ${project}`);
  const cluster = instance.replace(/\/instances\/[^/]+$/, "");
  const user = email.replace(/\.gserviceaccount\.com$/, "");
  const users = await records(paths, USER);
  const isThere = users.some(
    (r) =>
      field(r.inputs, "cluster") === cluster &&
      field(r.inputs, "userId") === user &&
      field(r.inputs, "userType") === "ALLOYDB_IAM_USER",
  );
  const password = await readText(userPasswordFile(paths, cluster, user));
  if (!isThere || password === undefined) throw refuse(`${cluster} has no IAM user "${user}"`);
  return { user, password };
}

function membersOf(record: CloudRecord): string[] {
  const many = record.inputs.members;
  const one = field(record.inputs, "member");
  return Array.isArray(many) ? many.map(String) : one === undefined ? [] : [one];
}

async function mayImpersonate(paths: Paths, namespace: string, name: string, email: string): Promise<boolean> {
  const grants = [
    ...(await records(paths, "gcp:serviceaccount/iAMMember:IAMMember")),
    ...(await records(paths, "gcp:serviceaccount/iAMBinding:IAMBinding")),
  ];
  const isCaller = (member: string) =>
    (member.startsWith("serviceAccount:") && member.endsWith(`.svc.id.goog[${namespace}/${name}]`)) ||
    (member.startsWith("principal:") && member.endsWith(`/subject/ns/${namespace}/sa/${name}`));
  return grants.some(
    (r) =>
      field(r.inputs, "role") === "roles/iam.workloadIdentityUser" &&
      (field(r.inputs, "serviceAccountId") ?? "").split("/").at(-1) === email &&
      membersOf(r).some(isCaller),
  );
}

async function hasRole(paths: Paths, project: string, role: string, member: string): Promise<boolean> {
  const grants = [
    ...(await records(paths, "gcp:projects/iAMMember:IAMMember")),
    ...(await records(paths, "gcp:projects/iAMBinding:IAMBinding")),
  ];
  return grants.some(
    (r) => field(r.inputs, "role") === role && field(r.inputs, "project") === project && membersOf(r).includes(member),
  );
}
