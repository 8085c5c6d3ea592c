import { clusters, core, listObjects, readObject } from "../pods/objects.ts";
import { portNumber } from "../pods/ready.ts";
import { readPod } from "../pods/record.ts";
import type { DeploymentSpec, Labels, Manifest } from "../pods/types.ts";
import type { Paths } from "./paths.ts";

export type ServiceName = { namespace: string; service: string; port?: number | string; cluster?: string };
type ServiceSpec = { selector?: Labels; ports?: { name?: string; port: number; targetPort?: number | string }[] };

/** The local URL behind a Service: by its selector to a Deployment, by its target port to that one's local port. */
export async function findService(paths: Paths, wanted: ServiceName): Promise<string> {
  const { namespace, service, port } = wanted;
  const what = `service ${namespace}/${service}`;
  for (const cluster of wanted.cluster === undefined ? await clusters(paths) : [wanted.cluster]) {
    const manifest = await readObject(paths, core(cluster, namespace, "Service", service));
    if (manifest === undefined) continue;
    const spec = (manifest.spec ?? {}) as ServiceSpec;
    const chosen = spec.ports?.find((p) => port === undefined || p.port === port || p.name === port);
    if (chosen === undefined) throw new Error(`${what} has no port ${port ?? ""}`.trim());
    const deployments = await listObjects(paths, { cluster, namespace, apiVersion: "apps/v1", kind: "Deployment" });
    const backing = deployments.find((d) => selects(spec.selector ?? {}, d));
    if (backing === undefined) throw new Error(`${what}: no Deployment matches its selector`);
    const pod = await readPod(paths, { cluster, namespace, kind: "Deployment", name: backing.metadata.name ?? "" });
    const target = chosen.targetPort ?? chosen.port;
    const containers = (backing.spec as DeploymentSpec | undefined)?.template?.spec?.containers ?? [];
    for (const container of containers) {
      const local = pod?.ports[String(portNumber(container, target))];
      if (local !== undefined) return `http://127.0.0.1:${local}`;
    }
    throw new Error(`${what}: nothing serves its target port ${target} on this machine`);
  }
  throw new Error(`there is no ${what} in this cloud`);
}

function selects(selector: Labels, deployment: Manifest): boolean {
  const labels = (deployment.spec as DeploymentSpec | undefined)?.template?.metadata?.labels ?? {};
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}
