/** `npm run switchover`: makes a secondary the writer of its cell, and the writer its secondary, while both regions live. */
import { readFileSync } from "node:fs";
import { script, UserError } from "./lib/cli.ts";
import { watchInterrupt } from "./lib/interrupt.ts";
import { during, Progress } from "./lib/progress.ts";
import type { ClusterState } from "./recovery/alloydb.ts";
import { switchoverCommand } from "./recovery/alloydb.ts";
import { clustersAndInstances, refuseRisks } from "./recovery/layers.ts";
import { type Plan, planSwitchover, Refusal, refuseResidency } from "./recovery/plan.ts";
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
  unready,
  type Values,
} from "./recovery/situation.ts";
import { withSites, writeStackFile } from "./recovery/stack-file.ts";
import { listSteps, switchoverSteps } from "./recovery/words.ts";

const HELP = `
npm run switchover -- <environment> <cell> [--to <secondary>] [--max-lag <seconds>] [--dry-run] [--yes]
npm run switchover -- <environment> <cell> --rehearse [--keep <folder>] …

Planned: makes a secondary of a cell its writer, and the writer its secondary. Loses nothing, and needs both regions; after a disaster
use npm run promote. AlloyDB does it, asked by gcloud; then the config and the layers follow. Can be run again after whatever cut it
short.
  --to         the secondary; needed where there are several
  --max-lag    how far the secondary may be behind, in seconds; default 30
  --dry-run    says what would happen, and does nothing
  --yes        does not ask
  --rehearse   a drill: a copy of the environment, with providers that only record; nothing real is touched
  --keep       the drill's folder, where another run goes on in it
Ends with 0 when done, 1 where a step failed (what was done is kept: run it again), 2 where it was refused and nothing was touched.`;

const SWITCHOVER_OPTIONS = { ...OPTIONS, "max-lag": { type: "string" } } as const;

await script(HELP, SWITCHOVER_OPTIONS, async (values, positionals) => {
  const most = Number(values["max-lag"] ?? 30);
  if (!(most > 0)) throw new UserError(`--max-lag is a number of seconds, not "${values["max-lag"]}"`, 2);
  const interrupted = watchInterrupt();
  try {
    return await switchOver(await open(HELP, values, positionals), values, most);
  } catch (error) {
    if (interrupted()) throw new UserError("interrupted; what was done is kept, run the same again to go on", 130);
    throw error;
  }
});

async function switchOver(situation: Situation, values: Values, most: number): Promise<number> {
  const { applied, cell, config } = situation;
  const plan = planSwitchover(cell, config, applied, { to: values.to });
  refuseResidency(plan, applied.sites[plan.to]!.region, situation.environment.tenants.tenants);
  print(...siteLines(situation), gitLine(situation));
  const switched = await checkClusters(situation, plan, most);
  if (!switched && !plan.resumed) await refusePending(situation, ["2-database", "3-services", "4-tenants"]);
  const command = switchoverCommand(applied.sites[plan.to]!.cluster).join(" ");
  print(
    switched
      ? `\n${plan.to} is AlloyDB's primary already: what is left of the switchover`
      : `\nSwitchover to ${plan.to}`,
    listSteps(switchoverSteps(plan, command)),
  );
  if (values["dry-run"]) return 0;
  await confirm(cell, values);
  await carryOut(situation, plan, switched);
  print(
    `\n${plan.to} is the writer of ${cell}, and ${plan.from} its secondary. Commit the edit of stacks/2-database.`,
    `Back again: npm run switchover -- ${situation.environment.name} ${cell} --to ${plan.from}`,
  );
  return 0;
}

/** @returns whether AlloyDB has switched already, in a run that was cut short */
async function checkClusters(situation: Situation, { from, to }: Plan, most: number): Promise<boolean> {
  const { sites } = situation.applied;
  const found: [string, ClusterState][] = [];
  for (const name of [to, from]) {
    const said = await look(situation, sites[name]!);
    if (typeof said === "string")
      throw new Refusal(
        `AlloyDB does not answer for ${name}: ${said}`,
        "see that gcloud is signed in and may read the project; where the region is lost, it is npm run promote that you need",
      );
    found.push([name, said]);
  }
  const measured = await lag(situation, from, to);
  print("AlloyDB says", ...found.map(([name, said]) => stateLine(name, said)), lagLine(measured));
  for (const [name, said] of found) {
    const { state } = said;
    const [bad] = unready(said);
    if (state === "READY" && !bad) continue;
    const what = bad ? `its instance ${bad.name} is ${bad.state}` : `it is ${state}`;
    throw new Refusal(`${name} is not healthy: ${what}`, "a switchover needs both sites READY; mend that first");
  }
  const [[, target], [, old]] = found as [(typeof found)[0], (typeof found)[0]];
  if (target.type === "PRIMARY" && old.type === "SECONDARY") return true;
  if (target.type !== "SECONDARY" || old.type !== "PRIMARY")
    throw new Refusal(
      `${to} is a ${target.type} and ${from} a ${old.type} cluster`,
      `${to} does not replicate from ${from}: see what was done by hand, and refresh the state of stacks/2-database`,
    );
  if (measured && measured.seconds > most)
    throw new Refusal(
      `${to} is ${Math.round(measured.seconds)} s behind, more than ${most} s`,
      "wait until it has caught up, as writes stand still for as long; or allow more with --max-lag",
    );
  return false;
}

async function carryOut(situation: Situation, plan: Plan, switched: boolean): Promise<void> {
  const { applied, cell, file, layers, platform } = situation;
  const progress = new Progress(5);
  const asked = progress.step(`switchover of ${plan.from} and ${plan.to}`);
  if (switched) asked.done("was done before");
  else {
    asked.now("AlloyDB is at it");
    await during(asked, () => situation.alloydb.switchover(applied.sites[plan.to]!, applied.sites[plan.from]!));
    asked.done("AlloyDB has done it");
  }

  const refresh = progress.step(`the state of ${cell}'s clusters`);
  const clusters = Object.values(applied.sites).map((site) => site.cluster);
  await during(refresh, async () =>
    layers.refresh("2-database", clustersAndInstances(await layers.resources("2-database"), clusters)),
  );
  refresh.done("refreshed");

  const database = progress.step("the config of stacks/2-database");
  await during(database, async () => {
    const edited = withSites(readFileSync(file, "utf8"), cell, plan.sites);
    const changes = await layers.preview("2-database", { text: edited });
    const where = `${platform.environment} has switched over, and its config was not edited`;
    refuseRisks("2-database", changes, (words) => new UserError(`${where}, as it would lose data:\n${words}`));
    writeStackFile(file, edited);
    database.done(await layers.applyUnseen("2-database", database));
  });

  for (const layer of ["3-services", "4-tenants"] as const) {
    const step = progress.step(`stacks/${layer} follows`);
    await during(step, async () => step.done(await layers.apply(layer, step)));
  }
}
