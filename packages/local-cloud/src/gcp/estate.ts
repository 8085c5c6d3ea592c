import type { CheckFailure } from "../plugin/provider.ts";
import { at, type Props, text } from "../plugin/values.ts";

/**
 * What AlloyDB refuses across resources. The engine shows a provider every resource of a program, so what one run has seen is the whole
 * estate; what it has not seen yet, or not by name, is not judged.
 */

const CLUSTER = "gcp:alloydb/cluster:Cluster";
const INSTANCE = "gcp:alloydb/instance:Instance";
const READ_NODES = 20;
const SECONDARIES = 5;

export class Estate {
  /** As the program wants them, by URN. */
  readonly #clusters = new Map<string, { name: string; type: string; location: string; primary: string | undefined }>();
  readonly #pools = new Map<string, { cluster: string; nodes: number }>();

  /** A resource as the program wants it. `isNew`: there is none of that name yet. */
  check(urn: string, type: string, inputs: Props, project: string, isNew: boolean): CheckFailure[] {
    if (type === CLUSTER) return this.#cluster(urn, inputs, text(inputs.project) ?? project);
    return type === INSTANCE ? this.#instance(urn, inputs, isNew) : [];
  }

  #cluster(urn: string, inputs: Props, project: string): CheckFailure[] {
    const location = text(inputs.location) ?? "";
    const primary = text(at(inputs, "secondaryConfig.primaryClusterName"));
    const name = `projects/${project}/locations/${location}/clusters/${text(inputs.clusterId)}`;
    // Last among those of its name: a replacement has the name of what it replaces.
    this.#clusters.delete(urn);
    this.#clusters.set(urn, { name, type: text(inputs.clusterType) ?? "PRIMARY", location, primary });
    if (primary === undefined) return [];
    const property = "secondaryConfig.primaryClusterName";
    const failures: CheckFailure[] = [];
    if (primary.includes(`/locations/${location}/`))
      failures.push({ property, reason: "a secondary is in another region than its primary" });
    const siblings = [...this.#clusters.values()].filter((cluster) => cluster.primary === primary);
    if (siblings.length > SECONDARIES)
      failures.push({ property, reason: `a primary has at most ${SECONDARIES} secondaries` });
    return failures;
  }

  #instance(urn: string, inputs: Props, isNew: boolean): CheckFailure[] {
    const cluster = text(inputs.cluster);
    if (cluster === undefined) return [];
    if (inputs.instanceType === "READ_POOL") {
      this.#pools.set(urn, { cluster, nodes: Number(at(inputs, "readPoolConfig.nodeCount") ?? 0) });
      const others = [...this.#pools].filter(([other, pool]) => other !== urn && pool.cluster === cluster);
      const nodes = [...others.map(([, pool]) => pool), this.#pools.get(urn)!].reduce(
        (sum, pool) => sum + pool.nodes,
        0,
      );
      if (others.length === 0 || nodes <= READ_NODES) return [];
      const reason = `the pools of ${cluster} have ${nodes} nodes; a cluster has at most ${READ_NODES}`;
      return [{ property: "readPoolConfig.nodeCount", reason }];
    }
    // An instance that is there keeps the type it was made with in its inputs, whatever its cluster became.
    const owner = [...this.#clusters.values()].findLast(({ name }) => name === cluster);
    const type = text(inputs.instanceType);
    if (!isNew || owner === undefined || type === undefined || type === owner.type) return [];
    return [{ property: "instanceType", reason: `a ${type} instance cannot be in a ${owner.type} cluster` }];
  }

  gone(urn: string): void {
    for (const known of [this.#clusters, this.#pools]) known.delete(urn);
  }
}
