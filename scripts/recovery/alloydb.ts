/** What AlloyDB itself says of a cell's clusters, by the `gcloud` on PATH and whoever is signed in to it. */
import { spawn } from "node:child_process";
import type { SiteOutputs } from "@bulkhead/components";
import { UserError } from "../lib/cli.ts";

export interface ClusterState {
  /** READY, or what else AlloyDB says. */
  readonly state: string;
  readonly type: "PRIMARY" | "SECONDARY";
  readonly instances: readonly InstanceState[];
}

export interface InstanceState {
  /** Id, such as `primary`. */
  readonly name: string;
  /** READY, STOPPED, or what else AlloyDB says. */
  readonly state: string;
  readonly pool: boolean;
}

export interface Lag {
  /** How far the replica was behind at its worst in the last minutes. */
  readonly seconds: number;
  /** When that was last measured, in milliseconds since 1970. Long ago: replication, or its region, is gone. */
  readonly at: number;
}

/** The AlloyDB of an environment: the real one, or a rehearsal's. */
export interface AlloyDb {
  /** @throws Unreachable where AlloyDB does not answer for the site's region */
  look(site: SiteOutputs): Promise<ClusterState>;
  /** The worst of the two clusters; undefined where nothing was measured in the last hour. */
  lag(from: SiteOutputs, to: SiteOutputs): Promise<Lag | undefined>;
  /** Stops an instance of a primary cluster; its data stays. */
  stop(site: SiteOutputs, instance: string): Promise<void>;
  /** Makes the secondary the writer and the writer its secondary, without loss. */
  switchover(to: SiteOutputs, from: SiteOutputs): Promise<void>;
}

/** AlloyDB could not be asked; the message is what gcloud said. */
export class Unreachable extends Error {}

/** How far the replicas of an instance are behind, at most; in milliseconds, where the answer names no other unit. */
const LAG_METRIC = "alloydb.googleapis.com/instance/postgres/replication/maximum_lag";

/** `projects/p/locations/r/clusters/c`, in its parts. */
export function clusterParts(cluster: string): { project: string; region: string; id: string } {
  const [, project, region, id] = /^projects\/([^/]+)\/locations\/([^/]+)\/clusters\/([^/]+)$/.exec(cluster) ?? [];
  if (!project || !region || !id) throw new Error(`"${cluster}" is no AlloyDB cluster`);
  return { project, region, id };
}

/** The command of a switchover, as a person would type it. */
export function switchoverCommand(cluster: string): string[] {
  const { project, region, id } = clusterParts(cluster);
  return ["gcloud", "alloydb", "clusters", "switchover", id, `--region=${region}`, `--project=${project}`];
}

export class Gcloud implements AlloyDb {
  readonly #fetch: typeof fetch;

  constructor(fetcher: typeof fetch = fetch) {
    this.#fetch = fetcher;
  }

  async look({ cluster }: SiteOutputs): Promise<ClusterState> {
    const { project, region, id } = clusterParts(cluster);
    const where = [`--region=${region}`, `--project=${project}`, "--format=json"];
    const found = JSON.parse(await gcloud(["alloydb", "clusters", "describe", id, ...where])) as {
      state?: string;
      clusterType?: string;
    };
    const list = JSON.parse(await gcloud(["alloydb", "instances", "list", `--cluster=${id}`, ...where])) as {
      name: string;
      state?: string;
      instanceType?: string;
    }[];
    return {
      state: found.state ?? "unknown",
      type: found.clusterType === "SECONDARY" ? "SECONDARY" : "PRIMARY",
      instances: list.map(({ name, state, instanceType }) => ({
        name: name.split("/").at(-1) ?? name,
        state: state ?? "unknown",
        pool: instanceType === "READ_POOL",
      })),
    };
  }

  async lag(from: SiteOutputs, to: SiteOutputs): Promise<Lag | undefined> {
    const { project, id } = clusterParts(to.cluster);
    const ids = `"${clusterParts(from.cluster).id}", "${id}"`;
    // The token goes from gcloud's output into a header, and nowhere else.
    const token = (await gcloud(["auth", "print-access-token"])).trim();
    const now = Date.now();
    const query = new URLSearchParams({
      filter: `metric.type="${LAG_METRIC}" AND resource.labels.cluster_id=one_of(${ids})`,
      "interval.startTime": new Date(now - 3_600_000).toISOString(),
      "interval.endTime": new Date(now).toISOString(),
    });
    const answer = await this.#fetch(`https://monitoring.googleapis.com/v3/projects/${project}/timeSeries?${query}`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(30_000),
    }).catch((error: Error) => {
      throw new Unreachable(`Cloud Monitoring does not answer: ${error.message}`);
    });
    if (!answer.ok) throw new Unreachable(`Cloud Monitoring answers ${answer.status}`);
    return readLag((await answer.json()) as TimeSeries);
  }

  async stop({ cluster }: SiteOutputs, instance: string): Promise<void> {
    const { project, region, id } = clusterParts(cluster);
    const where = [`--cluster=${id}`, `--region=${region}`, `--project=${project}`];
    const policy = ["--activation-policy=NEVER", "--quiet"];
    await gcloud(["alloydb", "instances", "update", instance, ...where, ...policy], 1_800_000);
  }

  async switchover({ cluster }: SiteOutputs): Promise<void> {
    // Waits for the operation: minutes.
    await gcloud([...switchoverCommand(cluster).slice(1), "--quiet"], 3_600_000);
  }
}

interface TimeSeries {
  readonly timeSeries?: readonly {
    readonly unit?: string;
    readonly points?: readonly {
      readonly interval: { readonly endTime: string };
      readonly value: { readonly int64Value?: string; readonly doubleValue?: number };
    }[];
  }[];
}

/** The worst of the last five minutes that were measured. */
export function readLag({ timeSeries = [] }: TimeSeries): Lag | undefined {
  const points = timeSeries.flatMap(({ unit, points: all = [] }) =>
    all.map(({ interval, value }) => ({
      at: Date.parse(interval.endTime),
      seconds: Number(value.int64Value ?? value.doubleValue ?? 0) * secondsOf(unit),
    })),
  );
  if (points.length === 0) return undefined;
  const at = Math.max(...points.map((point) => point.at));
  const recent = points.filter((point) => point.at > at - 300_000);
  return { at, seconds: Math.max(...recent.map((point) => point.seconds)) };
}

function secondsOf(unit: string | undefined): number {
  return { s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9 }[unit ?? "ms"] ?? 1e-3;
}

/** Runs gcloud and returns what it prints. */
async function gcloud(args: readonly string[], timeout = 60_000): Promise<string> {
  return new Promise((done, failed) => {
    const child = spawn("gcloud", args, { stdio: ["ignore", "pipe", "pipe"], timeout });
    const said = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said.stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said.stderr += text;
    });
    child.on("error", () =>
      failed(new UserError("there is no gcloud on PATH, by which AlloyDB is asked; install it", 2)),
    );
    child.on("close", (code, signal) => {
      if (code === 0) done(said.stdout);
      else if (signal) failed(new Unreachable(`no answer within ${timeout / 1000} s`));
      else failed(new Unreachable(said.stderr.trim().split("\n").slice(-3).join(" ")));
    });
  });
}
