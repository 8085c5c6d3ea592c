/** The pods of Deployments and Jobs: what runs where, and which instances its Auth Proxy connects to. */
import type { StateResource } from "../rehearsal/rehearsal.ts";
import { at, type Estate, groupBy, list, metaName, metaNamespace, sortedBy, textAt } from "./estate.ts";

export interface Pods {
  /** `<region>/<namespace>/<name>`; all Jobs of a namespace are one workload. */
  readonly key: string;
  readonly region: string;
  readonly namespace: string;
  readonly name: string;
  readonly kind: "service" | "jobs";
  readonly jobs: readonly string[];
  /** Of each kind of pod: several, where Jobs differ. */
  readonly labels: readonly Readonly<Record<string, string>>[];
  /** Numbers of the ports that have names. */
  readonly ports: ReadonlyMap<string, number>;
  readonly replicas?: { readonly min: number; readonly max: number };
  /** `<cluster>/<instance>` in the order of the proxies' arguments: a service's first one is where it writes. */
  readonly instances: readonly string[];
}

interface Container {
  readonly args?: readonly string[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
}

const INSTANCE = /projects\/[^/]+\/locations\/[^/]+\/clusters\/([^/]+)\/instances\/([^/?]+)/;

export function podsOf(estate: Estate): Pods[] {
  const scales = new Map(
    estate
      .of("autoscaling/v2:HorizontalPodAutoscaler")
      .map((scale) => [
        [estate.regionOf(scale), metaNamespace(scale), textAt(scale.inputs, "spec.scaleTargetRef.name")].join("/"),
        { min: Number(at(scale.inputs, "spec.minReplicas") ?? 1), max: Number(at(scale.inputs, "spec.maxReplicas")) },
      ]),
  );
  const services = ["apps/v1:Deployment", "apps/v1:StatefulSet", "apps/v1:DaemonSet"]
    .flatMap((kind) => estate.of(kind))
    .map((owner): Pods => {
      const pods = read(estate, owner);
      const fixed = Number(at(owner.inputs, "spec.replicas") ?? 1);
      return { ...pods, kind: "service", jobs: [], replicas: scales.get(pods.key) ?? { min: fixed, max: fixed } };
    });
  const jobs = [
    ...estate.of("batch/v1:Job").map((owner) => read(estate, owner)),
    ...estate.of("batch/v1:CronJob").map((owner) => read(estate, owner, "spec.jobTemplate.spec.template")),
  ];
  const together = [...groupBy(jobs, ({ region, namespace }) => `${region}/${namespace}/jobs`)].map(
    ([key, each]): Pods => ({
      ...each[0]!,
      key,
      name: "Jobs",
      kind: "jobs",
      jobs: [...new Set(each.map(({ name }) => name.replace(/-[0-9a-f]{10,16}$/, "")))].sort(),
      labels: each.flatMap(({ labels }) => labels),
      instances: [...new Set(each.flatMap(({ instances }) => instances))].sort(),
    }),
  );
  return sortedBy([...services, ...together], ({ key }) => key);
}

function read(estate: Estate, owner: StateResource, template = "spec.template"): Omit<Pods, "kind" | "jobs"> {
  const [region, namespace, name] = [estate.regionOf(owner), metaNamespace(owner), metaName(owner)];
  const containers = [
    ...list<Container>(owner.inputs, `${template}.spec.initContainers`),
    ...list<Container>(owner.inputs, `${template}.spec.containers`),
  ];
  const instances = containers
    .flatMap(({ args = [] }) => args)
    .map((argument) => INSTANCE.exec(argument))
    .flatMap((match) => (match ? [`${match[1]}/${match[2]}`] : []));
  return {
    ...{ key: `${region}/${namespace}/${name}`, region, namespace, name },
    labels: [at<Record<string, string>>(owner.inputs, `${template}.metadata.labels`) ?? {}],
    ports: new Map(
      containers
        .flatMap(({ ports = [] }) => ports)
        .flatMap((port) => (port.name === undefined ? [] : [[port.name, port.containerPort] as const])),
    ),
    instances: [...new Set(instances)],
  };
}
