import type { CheckFailure } from "../plugin/provider.ts";
import { at, hasUnknown, isMissing, isObject, isUnknown, type Props, text, type Value } from "../plugin/values.ts";

/** What AlloyDB's API and the provider refuse of one resource; across resources, see estate.ts. Unknowns are never judged. */

const READ_POOL_NODES = 20;
const INSTANCE_TYPES = ["PRIMARY", "READ_POOL", "SECONDARY"];
const CLUSTER_TYPES = ["PRIMARY", "SECONDARY"];
/** Of all machine series. */
const CPU_COUNTS = [1, 2, 4, 8, 16, 24, 32, 48, 64, 72, 96, 128, 144, 192, 288];
const WINDOW = "maintenanceUpdatePolicy.maintenanceWindows";
const START_TIMES = "automatedBackupPolicy.weeklySchedule.startTimes";

export function clusterFailures(inputs: Props): CheckFailure[] {
  const failures: CheckFailure[] = [];
  const fail = (property: string, reason: string) => failures.push({ property, reason });
  const network = at(inputs, "networkConfig.network");
  const psc = at(inputs, "pscConfig.pscEnabled");
  const undecided = hasUnknown(inputs.networkConfig) || hasUnknown(inputs.pscConfig);
  if (!undecided && isMissing(network) === (psc !== true))
    fail("networkConfig", "exactly one of networkConfig.network and pscConfig.pscEnabled must be given");
  failures.push(...oneOf(inputs, "clusterType", CLUSTER_TYPES));
  if (inputs.clusterType === "SECONDARY") {
    if (isMissing(inputs.secondaryConfig)) fail("secondaryConfig", "a SECONDARY cluster names its primary here");
    if (!isMissing(inputs.initialUser)) fail("initialUser", "a SECONDARY cluster takes its users from its primary");
    if (!isMissing(inputs.encryptionConfig) && isMissing(at(inputs, "automatedBackupPolicy.enabled")))
      fail("automatedBackupPolicy", "a SECONDARY cluster with a key cannot copy its primary's policy: give it its own");
  } else if (!isUnknown(inputs.clusterType) && !isMissing(inputs.secondaryConfig)) {
    fail("secondaryConfig", "only a SECONDARY cluster has one: remove it together with setting clusterType to PRIMARY");
  }
  for (const path of [WINDOW, START_TIMES])
    for (const time of list(at(inputs, path)).map((entry) => (path === WINDOW ? at(entry, "startTime") : entry)))
      for (const part of ["minutes", "seconds", "nanos"]) {
        const value = at(time, part);
        if (!isMissing(value) && value !== 0 && !isUnknown(value))
          fail(`${path}.${part}`, "must be 0: full hours only");
      }
  if (list(at(inputs, WINDOW)).length > 1) fail(WINDOW, "a cluster has one maintenance window");
  const days = at(inputs, "continuousBackupConfig.recoveryWindowDays");
  if (typeof days === "number" && (days < 1 || days > 35))
    fail("continuousBackupConfig.recoveryWindowDays", "must be 1 to 35");
  if (
    at(inputs, "automatedBackupPolicy.timeBasedRetention") &&
    at(inputs, "automatedBackupPolicy.quantityBasedRetention")
  )
    fail("automatedBackupPolicy", "is retained by time or by quantity, not by both");
  const location = text(inputs.location);
  const stored = text(at(inputs, "automatedBackupPolicy.location"));
  if (location && stored && stored !== location)
    fail("automatedBackupPolicy.location", `must be the cluster's own, ${location}`);
  for (const block of [
    "encryptionConfig",
    "continuousBackupConfig.encryptionConfig",
    "automatedBackupPolicy.encryptionConfig",
  ]) {
    const region = /\/locations\/([^/]+)\//.exec(text(at(inputs, `${block}.kmsKeyName`)) ?? "")?.[1];
    if (location && region && region !== location)
      fail(`${block}.kmsKeyName`, `must be a key of the cluster's region, ${location}`);
  }
  return failures;
}

export function instanceFailures(inputs: Props): CheckFailure[] {
  const failures = oneOf(inputs, "instanceType", INSTANCE_TYPES);
  const fail = (property: string, reason: string) => failures.push({ property, reason });
  const nodes = at(inputs, "readPoolConfig.nodeCount");
  if (Number(nodes ?? 0) > READ_POOL_NODES)
    fail("readPoolConfig.nodeCount", `a cluster has at most ${READ_POOL_NODES} read nodes`);
  if (inputs.instanceType === "READ_POOL") {
    if (isMissing(inputs.readPoolConfig)) fail("readPoolConfig", "a READ_POOL instance says how many nodes it has");
    else if (!hasUnknown(inputs.readPoolConfig) && !(Number(nodes) >= 1))
      fail("readPoolConfig.nodeCount", "a READ_POOL instance has at least one node");
    if (nodes === 1 && inputs.availabilityType === "REGIONAL")
      fail("availabilityType", "a read pool of one node is ZONAL");
  }
  const cpus = at(inputs, "machineConfig.cpuCount");
  if (typeof cpus === "number" && !CPU_COUNTS.includes(cpus))
    fail("machineConfig.cpuCount", `${cpus} is not one of ${CPU_COUNTS.join(", ")}`);
  const named = /-(\d+)(?:-lssd)?$/.exec(text(at(inputs, "machineConfig.machineType")) ?? "")?.[1];
  if (named !== undefined && typeof cpus === "number" && Number(named) !== cpus)
    fail("machineConfig.machineType", `does not have ${cpus} vCPUs, which cpuCount says`);
  if (!isMissing(inputs.gceZone) && inputs.availabilityType !== "ZONAL")
    fail("gceZone", "only a ZONAL instance is put in a zone");
  const projects = list(at(inputs, "pscInstanceConfig.allowedConsumerProjects"));
  if (projects.some((project) => typeof project === "string" && !/^\d+$/.test(project)))
    fail("pscInstanceConfig.allowedConsumerProjects", "are project numbers, not ids");
  return failures;
}

/** What the API answers to an update of a cluster that no single state shows to be wrong. */
export function refuseClusterUpdate(olds: Props, news: Props): void {
  const was = text(olds.clusterType) ?? "PRIMARY";
  const now = text(news.clusterType) ?? "PRIMARY";
  if (was === "PRIMARY" && now === "SECONDARY")
    throw new Error(
      "an AlloyDB cluster cannot go from PRIMARY to SECONDARY: create a new secondary of the new primary",
    );
  const keepsSecondary = !isMissing(news.secondaryConfig as Value | undefined);
  if (was === "SECONDARY" && now === "PRIMARY" && keepsSecondary)
    throw new Error("promotion sets clusterType to PRIMARY and removes secondaryConfig in one update");
  const access = (props: Props) =>
    at(props, "pscConfig.pscEnabled") === true ? "psc" : text(at(props, "networkConfig.network"));
  const [from, to] = [access(olds), access(news)];
  if (from !== undefined && to !== undefined && from !== to)
    throw new Error("an AlloyDB cluster keeps its network, or PSC, for life: move the data to a new cluster instead");
  const version = (props: Props) => Number(/\d+$/.exec(text(props.databaseVersion) ?? "")?.[0] ?? 0);
  if (version(news) > 0 && version(news) < version(olds))
    throw new Error("an AlloyDB cluster's databaseVersion cannot be lowered");
}

/** Deleting a secondary instance does nothing at all, so its cluster is never empty. */
export function refuseClusterDelete(inputs: Props): void {
  if (inputs.clusterType === "SECONDARY" && inputs.deletionPolicy !== "FORCE")
    throw new Error(
      "a SECONDARY cluster still has its instance: set deletionPolicy to FORCE and apply that before deleting",
    );
}

function list(value: Value | undefined): Value[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? [value] : [];
}

function oneOf(inputs: Props, property: string, values: readonly string[]): CheckFailure[] {
  const value = text(inputs[property]);
  if (value === undefined || values.includes(value)) return [];
  return [{ property, reason: `"${value}" is not one of ${values.join(", ")}` }];
}
