import { join } from "node:path";
import { type PodRecord, podLog } from "../pods/record.ts";
import { readServer, serverLog } from "../postgres/record.ts";
import { list, type Reader, readJson } from "./files.ts";
import { field, INSTANCE, records } from "./inventory.ts";
import type { Paths } from "./paths.ts";
import { isAlive } from "./process.ts";

/** One thing that runs here, should run, or that the manifests ask for and this machine has no counterpart of. */
export type ServerStatus = {
  kind: "postgres" | "deployment" | "job";
  /** The instance's full name, or the object's. */
  name: string;
  cluster?: string;
  namespace?: string;
  program: string;
  running: boolean;
  /** Whether it is meant to run: a finished Job, replicas 0 and a stopped instance are not. */
  wanted: boolean;
  pid?: number;
  /** `127.0.0.1:<port>`, of the port that serves clients. */
  address?: string;
  /** Container port → local port. */
  ports?: Record<string, number>;
  /** Why nothing runs, e.g. `not realised: <image>`. */
  note?: string;
  log: string;
};

export async function podRecords(paths: Paths, read: Reader = readJson): Promise<PodRecord[]> {
  const found: PodRecord[] = [];
  for (const cluster of await list(paths.pods))
    for (const namespace of await list(join(paths.pods, cluster)))
      for (const pod of await list(join(paths.pods, cluster, namespace))) {
        const record = await read<PodRecord>(join(paths.pods, cluster, namespace, pod, "pod.json"));
        if (record) found.push(record);
      }
  return found;
}

export async function readStatus(paths: Paths): Promise<ServerStatus[]> {
  const out: ServerStatus[] = [];
  for (const instance of await records(paths, INSTANCE)) {
    const type = field(instance.inputs, "instanceType") ?? "";
    const server = await readServer(paths, instance.id);
    const base = { kind: "postgres" as const, name: instance.id, log: serverLog(paths, instance.id) };
    if (server === undefined) {
      out.push({ ...base, program: type, running: false, wanted: false, note: `not realised: ${type}` });
      continue;
    }
    const running = isAlive(server.process);
    const live = running ? { pid: server.process?.pid ?? 0 } : {};
    const address = `127.0.0.1:${server.port}`;
    out.push({ ...base, ...live, program: `PostgreSQL ${server.version}`, running, wanted: server.wanted, address });
  }
  for (const pod of await podRecords(paths)) out.push(podStatus(paths, pod));
  return out;
}

function podStatus(paths: Paths, pod: PodRecord): ServerStatus {
  const running = isAlive(pod.process);
  const isJob = pod.kind === "Job";
  const ended = pod.exitCode === undefined ? {} : { note: pod.exitCode === 0 ? "done" : `failed with ${pod.exitCode}` };
  const first = Object.values(pod.ports)[0];
  return {
    kind: isJob ? "job" : "deployment",
    ...{ name: pod.name, cluster: pod.cluster, namespace: pod.namespace, program: pod.program, running },
    wanted: isJob ? running : pod.idle === undefined,
    ...(running ? { pid: pod.process?.pid ?? 0 } : {}),
    ...(isJob || first === undefined ? {} : { address: `127.0.0.1:${first}`, ports: pod.ports }),
    ...(pod.idle === undefined ? ended : { note: pod.idle }),
    log: podLog(paths, pod),
  };
}
