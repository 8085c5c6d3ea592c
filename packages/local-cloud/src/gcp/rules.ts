import type { CheckFailure } from "../plugin/provider.ts";
import { at, hasUnknown, isMissing, isUnknown, type Props, text, type Value } from "../plugin/values.ts";

/** Rules across fields, which no table of single fields can hold. Inputs come revealed; unknowns are never judged. */

type Rule = (inputs: Props) => CheckFailure[];

const READ_POOL_NODES = 20;
const INSTANCE_TYPES = ["PRIMARY", "READ_POOL", "SECONDARY"];
const USER_TYPES = ["ALLOYDB_BUILT_IN", "ALLOYDB_IAM_USER", "ALLOYDB_IAM_GROUP"];

const checks: Readonly<Record<string, Rule>> = {
  "gcp:alloydb/cluster:Cluster": (inputs) => {
    const failures: CheckFailure[] = [];
    const fail = (property: string, reason: string) => failures.push({ property, reason });
    const network = at(inputs, "networkConfig.network");
    const psc = at(inputs, "pscConfig.pscEnabled");
    const undecided = hasUnknown(inputs.networkConfig) || hasUnknown(inputs.pscConfig);
    if (!undecided && isMissing(network) === (psc !== true))
      fail("networkConfig", "exactly one of networkConfig.network and pscConfig.pscEnabled must be given");
    if (inputs.clusterType === "SECONDARY") {
      if (isMissing(inputs.secondaryConfig)) fail("secondaryConfig", "a SECONDARY cluster names its primary here");
      if (!isMissing(inputs.initialUser)) fail("initialUser", "a SECONDARY cluster takes its users from its primary");
    } else if (!isUnknown(inputs.clusterType) && !isMissing(inputs.secondaryConfig)) {
      fail(
        "secondaryConfig",
        "only a SECONDARY cluster has one: remove it together with setting clusterType to PRIMARY",
      );
    }
    const minutes = at(inputs, "maintenanceUpdatePolicy.maintenanceWindows.startTime.minutes");
    if (minutes !== undefined && minutes !== 0 && !isUnknown(minutes))
      fail("maintenanceUpdatePolicy.maintenanceWindows.startTime.minutes", "must be 0");
    return failures;
  },
  "gcp:alloydb/instance:Instance": (inputs) => [
    ...oneOf(inputs, "instanceType", INSTANCE_TYPES),
    ...(Number(at(inputs, "readPoolConfig.nodeCount") ?? 0) > READ_POOL_NODES
      ? [{ property: "readPoolConfig.nodeCount", reason: `a cluster has at most ${READ_POOL_NODES} read nodes` }]
      : []),
    ...(inputs.instanceType === "READ_POOL" && isMissing(inputs.readPoolConfig)
      ? [{ property: "readPoolConfig", reason: "a READ_POOL instance says how many nodes it has" }]
      : []),
  ],
  "gcp:alloydb/user:User": (inputs) => oneOf(inputs, "userType", USER_TYPES),
  "gcp:serviceaccount/account:Account": (inputs) => {
    const id = text(inputs.accountId);
    if (id === undefined || /^[a-z](?:[-a-z0-9]{4,28}[a-z0-9])$/.test(id)) return [];
    return [{ property: "accountId", reason: `"${id}" must be 6 to 30 of a-z, 0-9 and -, a letter first, no - last` }];
  },
};

function oneOf(inputs: Props, property: string, values: readonly string[]): CheckFailure[] {
  const value = text(inputs[property]);
  if (value === undefined || values.includes(value)) return [];
  return [{ property, reason: `"${value}" is not one of ${values.join(", ")}` }];
}

export function crossFieldFailures(type: string, inputs: Props): CheckFailure[] {
  return checks[type]?.(inputs) ?? [];
}

/** What the API answers to an update that no single state shows to be wrong. */
export function refuseUpdate(type: string, olds: Props, news: Props): void {
  if (type !== "gcp:alloydb/cluster:Cluster") return;
  const was = text(olds.clusterType) ?? "PRIMARY";
  const now = text(news.clusterType) ?? "PRIMARY";
  if (was === "PRIMARY" && now === "SECONDARY")
    throw new Error(
      "an AlloyDB cluster cannot go from PRIMARY to SECONDARY: create a new secondary of the new primary",
    );
  const keepsSecondary = !isMissing(news.secondaryConfig as Value | undefined);
  if (was === "SECONDARY" && now === "PRIMARY" && keepsSecondary)
    throw new Error("promotion sets clusterType to PRIMARY and removes secondaryConfig in one update");
}

const PROTECTED = new Set(["gcp:alloydb/cluster:Cluster", "gcp:container/cluster:Cluster"]);

export function refuseDelete(type: string, inputs: Props): void {
  if (PROTECTED.has(type) && inputs.deletionProtection !== false)
    throw new Error("deletionProtection is on (the default): set it to false and apply that before deleting");
}
