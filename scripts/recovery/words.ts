/** What a promotion and a switchover say: the steps with their risks before, and what is left to do after. */
import type { CellDatabaseOutputs } from "@bulkhead/components";
import type { Plan } from "./plan.ts";

export interface Told {
  /** What the step does. */
  readonly does: string;
  /** What it costs, or how it can go wrong. */
  readonly risk: string;
}

export function promotionSteps(plan: Plan, sites: CellDatabaseOutputs["sites"], unreachable: boolean): Told[] {
  const { cell, from, to } = plan;
  const old = sites[from]!.region;
  const others = plan.sites.fenced.filter((name) => name !== from && sites[name]?.role === "reader");
  return [
    {
      does: `writes to stacks/2-database that ${to} writes and ${plan.sites.fenced.join(", ")} is fenced`,
      risk: "commit it: from here on the config is ahead of what runs, until the last step",
    },
    unreachable
      ? {
          does: `leaves ${from} in ${old} as it is, as nothing answers there`,
          risk: `whoever still reaches ${from} writes what will be lost; run this again without --unreachable as soon as ${old} answers`,
        }
      : {
          does: `stops the instances of ${from} in ${old}: read pools, then the primary`,
          risk: `the API of ${cell} answers 503 from here to step 4; nothing can write to ${from} any more`,
        },
    {
      does: `promotes ${to} in ${sites[to]!.region}: clusterType PRIMARY and no secondaryConfig, in one update${
        others.length > 0 ? `; ${others.join(", ")} too, and stops it` : ""
      }`,
      risk: `cannot be undone. What ${from} had not yet replicated is not in ${to}: it stays in ${from} alone`,
    },
    { does: `points the services of ${cell} at ${to} (stacks/3-services)`, risk: "pods are made anew" },
    {
      does: `rolls the tenants of ${cell} out there, and proves isolation (stacks/4-tenants)`,
      risk: "as any rollout; a tenant that fails is named, the others are served",
    },
  ];
}

export function switchoverSteps(plan: Plan, command: string): Told[] {
  const { cell, from, to } = plan;
  return [
    {
      does: `has AlloyDB switch ${from} and ${to} over: ${command}`,
      risk: `takes minutes; loses nothing. Meanwhile, and until step 4, the API reads and refuses writes (405, or 503 while connections move)`,
    },
    { does: `refreshes the state of ${cell}'s clusters in stacks/2-database`, risk: "none" },
    {
      does: `writes to stacks/2-database that ${to} writes, and applies it`,
      risk: "it may change no cluster: nothing is applied if a cluster would be replaced",
    },
    { does: `points the services of ${cell} at ${to} (stacks/3-services)`, risk: "pods are made anew" },
    { does: `rolls the tenants of ${cell} out there (stacks/4-tenants)`, risk: "as any rollout" },
  ];
}

export function listSteps(steps: readonly Told[]): string {
  return steps.map(({ does, risk }, index) => `  ${index + 1}. ${does}\n     risk: ${risk}`).join("\n");
}

export function afterPromotion(plan: Plan, sites: CellDatabaseOutputs["sites"], unreachable: boolean): string {
  const { cell, from, to } = plan;
  const old = sites[from]!;
  return [
    `${to} is the writer of ${cell}. Left to do (docs/runbooks/promote.md, "Afterwards"):`,
    ...(unreachable
      ? [`  - as soon as ${old.region} answers: the same command without --unreachable, which fences ${from}`]
      : []),
    "  - commit the edit of stacks/2-database",
    `  - look in ${from} for writes that ${to} does not have, before it is retired: it is stopped and keeps its data`,
    `  - ${cell} has no replica of its own until one is made: add a secondary in ${old.region} to the cell, and apply stacks/2-database`,
    `  - once nothing in it is missed, retire ${from}: its cluster is ${old.cluster}`,
  ].join("\n");
}
