import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Container, Probe } from "./types.ts";

/** Asks the container's probe, where its port is on this machine, until it is content; says what it last heard. */
export async function waitUntilReady(
  container: Container,
  ports: Readonly<Record<string, number>>,
  deadline: number,
  exited: () => number | undefined,
): Promise<string | undefined> {
  const probe = container.readinessProbe ?? container.startupProbe;
  let last = "the process ended";
  do {
    const code = exited();
    if (code !== undefined) return `the process exited with ${code}`;
    if (!probe?.httpGet && !probe?.tcpSocket) {
      // Nothing to ask: a container that stays up for a moment counts as started, as it does for kubelet.
      await sleep(500);
      return exited() === undefined ? undefined : last;
    }
    const heard = await ask(probe, container, ports);
    if (heard === undefined) return undefined;
    last = heard;
    await sleep(100);
  } while (Date.now() < deadline);
  return `the readiness probe failed: ${last}`;
}

async function ask(
  probe: Probe,
  container: Container,
  ports: Readonly<Record<string, number>>,
): Promise<string | undefined> {
  const wanted = probe.httpGet?.port ?? probe.tcpSocket?.port ?? 0;
  const port = ports[String(portNumber(container, wanted))];
  if (port === undefined) return `the probe asks port ${wanted}, which the container does not serve`;
  if (!probe.httpGet) return reach(port);
  const headers = Object.fromEntries((probe.httpGet.httpHeaders ?? []).map((h) => [h.name, h.value]));
  const url = `http://127.0.0.1:${port}${probe.httpGet.path ?? "/"}`;
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(5_000), redirect: "manual" });
    await response.arrayBuffer();
    return response.status >= 200 && response.status < 400
      ? undefined
      : `GET ${probe.httpGet.path} answered ${response.status}`;
  } catch (error) {
    const cause = (error as { cause?: { code?: string } }).cause?.code;
    return `GET ${probe.httpGet.path} failed${cause ? ` (${cause})` : ""}`;
  }
}

function reach(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once("error", (error) => resolve(error.message));
  });
}

/** A port by number or by its name in the container. */
export function portNumber(container: Container, port: number | string): number {
  if (typeof port === "number") return port;
  const named = container.ports?.find((p) => p.name === port)?.containerPort;
  return named ?? Number(port);
}
