/** When GKE may upgrade clusters and nodes, in GKE's terms. */
import type { GkeConfig } from "@bulkhead/config";
import type * as gcp from "@pulumi/gcp";

const WEEK = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"] as const;
/** A Monday long past: a window begins in its week, and no preview differs from the last for a date of today. */
const MONDAY = Date.UTC(2026, 0, 5);
const HOUR_MS = 3600 * 1000;

export function maintenancePolicy(
  maintenance: GkeConfig["maintenance"],
): gcp.types.input.container.ClusterMaintenancePolicy {
  const days = WEEK.filter((day) => maintenance.days.includes(day));
  const [hours = 0, minutes = 0] = maintenance.start.split(":").map(Number);
  // The first day of the recurrence, as RFC 5545 has it: another would be a window of its own.
  const start = MONDAY + WEEK.indexOf(days[0]!) * 24 * HOUR_MS + (hours * 60 + minutes) * 60_000;
  return {
    recurringWindow: {
      startTime: zulu(start),
      endTime: zulu(start + maintenance.hours * HOUR_MS),
      recurrence: `FREQ=WEEKLY;BYDAY=${days.join(",")}`,
    },
    maintenanceExclusions: Object.entries(maintenance.exclusions).map(([exclusionName, { start, end, scope }]) => ({
      exclusionName,
      startTime: start,
      ...(end !== undefined && { endTime: end }),
      exclusionOptions: { scope, ...(end === undefined && { endTimeBehavior: "UNTIL_END_OF_SUPPORT" }) },
    })),
  };
}

function zulu(time: number): string {
  return new Date(time).toISOString().replace(".000Z", "Z");
}
