import type { CheckFailure } from "../plugin/provider.ts";
import { type Props, text } from "../plugin/values.ts";
import { clusterFailures, instanceFailures, refuseClusterDelete, refuseClusterUpdate } from "./alloydb-rules.ts";

/** Rules across fields, which no table of single fields can hold. Inputs come revealed; unknowns are never judged. */

type Rule = (inputs: Props) => CheckFailure[];

const USER_TYPES = ["ALLOYDB_BUILT_IN", "ALLOYDB_IAM_USER", "ALLOYDB_IAM_GROUP"];

const checks: Readonly<Record<string, Rule>> = {
  "gcp:alloydb/cluster:Cluster": clusterFailures,
  "gcp:alloydb/instance:Instance": instanceFailures,
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
  if (type === "gcp:alloydb/cluster:Cluster") refuseClusterUpdate(olds, news);
}

const PROTECTED = new Set(["gcp:alloydb/cluster:Cluster", "gcp:container/cluster:Cluster"]);

export function refuseDelete(type: string, inputs: Props): void {
  if (PROTECTED.has(type) && inputs.deletionProtection !== false)
    throw new Error("deletionProtection is on (the default): set it to false and apply that before deleting");
  if (type === "gcp:alloydb/cluster:Cluster") refuseClusterDelete(inputs);
}
