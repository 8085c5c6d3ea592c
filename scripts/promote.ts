/** `npm run promote`: after a disaster, makes a secondary the writer of its cell, and fences what wrote before. */
import { readFileSync } from "node:fs";
import { script, UserError } from "./lib/cli.ts";
import { watchInterrupt } from "./lib/interrupt.ts";
import { during, Progress, type Step } from "./lib/progress.ts";
import { inCluster, instancesOf, refuseRisks } from "./recovery/layers.ts";
import { type Plan, planPromotion, Refusal, refuseResidency } from "./recovery/plan.ts";
import {
  confirm,
  gitLine,
  lag,
  lagLine,
  look,
  OPTIONS,
  open,
  print,
  refusePending,
  type Situation,
  siteLines,
  stateLine,
  type Values,
} from "./recovery/situation.ts";
import { withSites, writeStackFile } from "./recovery/stack-file.ts";
import { afterPromotion, listSteps, promotionSteps } from "./recovery/words.ts";
import { describe } from "./rehearsal/compare.ts";

const HELP = `
npm run promote -- <environment> <cell> [--to <secondary>] [--unreachable] [--fence-others] [--dry-run] [--yes]
npm run promote -- <environment> <cell> --rehearse [--keep <folder>] …

After a disaster: makes a secondary of a cell its writer. What wrote before is stopped first, so that there are never two writers, and
stays behind with its data. Writes that it had not replicated are lost to the cell. Where both regions live, use npm run switchover,
which loses nothing. Shows every step with its risk, asks, and can be run again after whatever cut it short.
  --to            the secondary; needed where there are several
  --unreachable   the region that wrote does not answer: go on without stopping anything there (see docs/runbooks/promote.md)
  --fence-others  the cell has further secondaries: promote and stop each, as they would be left without a source
  --dry-run       says what would happen, and does nothing
  --yes           does not ask
  --rehearse      a drill: a copy of the environment, with providers that only record; nothing real is touched
  --keep          the drill's folder, where another run goes on in it
Ends with 0 when done, 1 where a step failed (what was done is kept: run it again), 2 where it was refused and nothing was touched.`;

const PROMOTE_OPTIONS = { ...OPTIONS, unreachable: { type: "boolean" }, "fence-others": { type: "boolean" } } as const;

type PromoteValues = Values & { unreachable?: boolean | undefined; "fence-others"?: boolean | undefined };

await script(HELP, PROMOTE_OPTIONS, async (values, positionals) => {
  const interrupted = watchInterrupt();
  try {
    return await promote(await open(HELP, values, positionals), values);
  } catch (error) {
    if (interrupted()) throw new UserError("interrupted; what was done is kept, run the same again to go on", 130);
    throw error;
  }
});

async function promote(situation: Situation, values: PromoteValues): Promise<number> {
  const { applied, cell, config, file, layers } = situation;
  const unreachable = values.unreachable === true;
  const plan = planPromotion(cell, config, applied, {
    to: values.to,
    fenceOthers: values["fence-others"],
    unreachable,
  });
  refuseResidency(plan, applied.sites[plan.to]!.region, situation.environment.tenants.tenants);
  print(...siteLines(situation), gitLine(situation));
  await checkClusters(situation, plan, unreachable);
  if (!plan.resumed)
    await refusePending(situation, unreachable ? ["2-database"] : ["2-database", "3-services", "4-tenants"]);

  const text = readFileSync(file, "utf8");
  const edited = withSites(text, cell, plan.sites);
  const changes = await layers.preview("2-database", { text: edited });
  refuseRisks("2-database", changes, (words) => new Refusal(words, "this is no promotion: nothing was touched"));
  print(
    plan.resumed ? `\nThe config makes ${plan.to} the writer already: what is left of it` : `\nPromotion of ${plan.to}`,
    listSteps(promotionSteps(plan, applied.sites, unreachable)),
    describe([{ layer: "2-database", changes }]).trimEnd(),
  );
  if (values["dry-run"]) return 0;
  await confirm(cell, values);
  await carryOut(situation, plan, edited, unreachable);
  print(`\n${afterPromotion(plan, applied.sites, unreachable)}`);
  return 0;
}

/** Each step does nothing where an earlier run has done it. */
async function carryOut(situation: Situation, plan: Plan, edited: string, unreachable: boolean): Promise<void> {
  const { file, layers } = situation;
  const progress = new Progress(5);
  const config = progress.step("the config of stacks/2-database");
  if (readFileSync(file, "utf8") === edited) config.done("says so already");
  else {
    writeStackFile(file, edited);
    config.done(`${plan.to} writes, ${plan.sites.fenced.join(", ")} is fenced`);
  }

  const fence = progress.step(`stopping ${plan.from}`);
  await during(fence, async () =>
    fence.done(unreachable ? "left for later, as it cannot be reached" : await stopWriters(situation, plan, fence)),
  );

  const database = progress.step(`promoting ${plan.to}`);
  await during(database, async () => {
    // Previewed before it was confirmed.
    database.done(await layers.applyUnseen("2-database", database));
  });

  for (const layer of ["3-services", "4-tenants"] as const) {
    const step = progress.step(`stacks/${layer} follows`);
    await during(step, async () => {
      const exclude = unreachable ? await oldCluster(situation, plan, layer) : [];
      step.done(await layers.apply(layer, step, { exclude }));
    });
  }
}

/**
 * Stops what may write in the sites that are fenced, by AlloyDB itself: Pulumi would stop it beside the promotion, or after. A secondary
 * writes nothing, and cannot be stopped before it is promoted.
 */
async function stopWriters({ alloydb, applied, layers }: Situation, plan: Plan, step: Step): Promise<string> {
  const stopped: string[] = [];
  for (const name of plan.sites.fenced) {
    const site = applied.sites[name];
    const found = site && (await alloydb.look(site));
    if (site === undefined || found?.type !== "PRIMARY") continue;
    // Nothing reads from a primary that is stopped, so pools go first.
    const running = found.instances
      .filter(({ state }) => state !== "STOPPED")
      .sort((a, b) => Number(b.pool) - Number(a.pool));
    for (const { name: instance } of running) {
      step.now(`${name}: ${instance}`);
      await alloydb.stop(site, instance);
      stopped.push(`${name}: ${instance}`);
    }
    if (running.length > 0)
      await layers.refresh("2-database", instancesOf(await layers.resources("2-database"), site.cluster));
  }
  return stopped.length === 0 ? "nothing runs there" : stopped.join(", ");
}

/** What stands in the GKE cluster of the region that does not answer. */
async function oldCluster(
  { applied, layers }: Situation,
  plan: Plan,
  layer: "3-services" | "4-tenants",
): Promise<string[]> {
  const { region } = applied.sites[plan.from]!;
  const kubeconfig = (await layers.foundation()).regions[region]?.kubeconfig;
  return kubeconfig === undefined ? [] : inCluster(await layers.resources(layer), kubeconfig);
}

async function checkClusters(situation: Situation, { from, to }: Plan, unreachable: boolean): Promise<void> {
  const { sites } = situation.applied;
  const target = await look(situation, sites[to]!);
  const old = unreachable ? "not asked (--unreachable)" : await look(situation, sites[from]!);
  print("AlloyDB says", stateLine(to, target), stateLine(from, old));
  print(lagLine(await lag(situation, from, to)));
  if (typeof target === "string")
    throw new Refusal(
      `AlloyDB does not answer for ${to}: ${target}`,
      "see that gcloud is signed in and may read the project",
    );
  if (target.state !== "READY")
    throw new Refusal(
      `the cluster of ${to} is ${target.state}, not READY`,
      "wait for what is under way there, and run this again",
    );
  if (typeof old === "string" && !unreachable)
    throw new Refusal(
      `AlloyDB does not answer for ${from}, so it cannot be stopped: ${old}`,
      `where its region is lost, add --unreachable, having read of two writers in docs/runbooks/promote.md`,
    );
}
