/** Promotions and switchovers through the real engine, with providers that only record and refuse what AlloyDB refuses. */
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { Drill } from "./drill.ts";

const MINUTES = 60_000;

let standing: Drill;
beforeAll(async () => {
  standing = await Drill.create();
}, 15 * MINUTES);
afterAll(() => standing?.destroy());

function copy(): Drill {
  const drill = standing.copy();
  onTestFinished(() => drill.destroy());
  return drill;
}

/** Clusters that take writes: primaries whose instance is not stopped. */
function writers(drill: Drill): string[] {
  const resources = drill.resources("database");
  const primaries = resources.filter(
    ({ type, inputs }) => type.endsWith(":Cluster") && inputs?.clusterType === "PRIMARY",
  );
  return primaries
    .filter(({ id }) =>
      resources.some(
        ({ type, inputs }) =>
          type.endsWith(":Instance") &&
          inputs?.cluster === id &&
          inputs?.instanceType !== "READ_POOL" &&
          inputs?.activationPolicy !== "NEVER",
      ),
    )
    .map(({ id = "" }) => id.split("/").at(-1)!);
}

/** AlloyDB instances that pods of the services connect to. */
function served(drill: Drill): string {
  const pods = [...drill.resources("services"), ...drill.resources("tenants")].filter(({ type }) =>
    /:(?:Deployment|Job)$/.test(type),
  );
  return JSON.stringify(pods.map(({ inputs }) => inputs));
}

test(
  "a promotion that is killed twice and run again leaves one writer, every cluster and its data, and the comments",
  async () => {
    const drill = copy();
    const before = readFileSync(drill.file, "utf8");
    const made = ["bulkhead-eu1", "bulkhead-eu1-primary", "bulkhead-eu1-dr", "bulkhead-eu1-dr-main"];
    const created = made.map((name) => drill.alloydb(name).created);

    // Killed once the old writer is stopped, with the engine at work on the promotion.
    const first = drill.start("promote", ["--yes"]);
    await first.said("stopping home  home: read-reports, home: primary");
    first.signal("SIGKILL");
    await first.finished;
    expect(writers(drill).length).toBeLessThanOrEqual(1);
    expect(drill.alloydb("bulkhead-eu1-primary").inputs.activationPolicy).toBe("NEVER");

    // A second run goes on, and keeps a third one out meanwhile.
    const second = drill.start("promote", ["--yes"]);
    await second.said("what is left of it");
    const third = await drill.run("promote", ["--yes"]);
    expect(third.code).toBe(1);
    expect(third.stderr).toContain("another npm run promote or switchover is at work here");
    await second.said("promoting dr  ");
    second.signal("SIGKILL");
    await second.finished;

    const last = await drill.run("promote", ["--yes"]);
    expect(last.code, last.stderr + last.stdout).toBe(0);
    expect(last.stdout).toContain("dr is the writer of eu1");
    expect(writers(drill)).toEqual(["bulkhead-eu1-dr"]);
    expect(drill.alloydb("bulkhead-eu1-dr").inputs).not.toHaveProperty("secondaryConfig");
    // What was left behind is stopped, and as protected as before.
    expect(drill.alloydb("bulkhead-eu1")).toMatchObject({
      inputs: { clusterType: "PRIMARY", deletionProtection: true },
      protect: true,
    });
    expect(drill.alloydb("bulkhead-eu1-read-reports").inputs.activationPolicy).toBe("NEVER");
    // Nothing was made anew: an instance would be, by its type.
    expect(made.map((name) => drill.alloydb(name).created)).toEqual(created);
    expect(created).not.toContain("");
    const after = readFileSync(drill.file, "utf8");
    expect(after.split("\n").filter((line) => !/writer: dr|fenced: \[home\]/.test(line))).toEqual(before.split("\n"));
    expect(served(drill)).toContain("clusters/bulkhead-eu1-dr/instances/");
    expect(served(drill)).not.toContain("clusters/bulkhead-eu1/instances/");

    const again = await drill.run("promote", ["--yes"]);
    expect(again.code, again.stderr).toBe(0);
    expect(again.stderr).toMatch(/promoting dr {2}nothing to change/);
    expect(again.stderr).toMatch(/3-services follows {2}nothing to change/);

    // Back by the same way is refused: what was left behind lacks what was written since.
    const back = await drill.run("promote", ["--to", "home", "--yes"]);
    expect(back.code).toBe(2);
    expect(back.stderr).toContain("home of eu1 is fenced");
  },
  20 * MINUTES,
);

test(
  "an unreachable region is left alone until it answers, and fenced then",
  async () => {
    const drill = copy();
    // In the region that is lost; those of the other site are named after it.
    const inHome = () =>
      drill
        .resources("services")
        .filter(({ type, urn }) => type.endsWith(":Deployment") && /::eu1-(?!dr-)/.test(urn))
        .map(({ inputs }) => inputs);
    const deployments = inHome();
    expect(deployments.length).toBeGreaterThan(0);
    const without = await drill.run("promote", ["--yes", "--unreachable"]);
    expect(without.code, without.stderr + without.stdout).toBe(0);
    expect(without.stdout).toContain("as soon as europe-west1 answers: the same command without --unreachable");
    expect(drill.alloydb("bulkhead-eu1-dr").inputs.clusterType).toBe("PRIMARY");
    expect(drill.alloydb("bulkhead-eu1-primary").inputs.activationPolicy).not.toBe("NEVER");
    expect(inHome()).toEqual(deployments);
    expect(readFileSync(drill.file, "utf8")).toContain("unreachable: [home]");

    const healed = await drill.run("promote", ["--yes"]);
    expect(healed.code, healed.stderr + healed.stdout).toBe(0);
    expect(writers(drill)).toEqual(["bulkhead-eu1-dr"]);
    expect(inHome()).toEqual([]);
    expect(readFileSync(drill.file, "utf8")).not.toContain("unreachable");
  },
  20 * MINUTES,
);

test(
  "a switchover exchanges the two, fences nobody, and goes back the same way",
  async () => {
    const drill = copy();
    const before = readFileSync(drill.file, "utf8");
    const there = await drill.run("switchover", ["--yes"]);
    expect(there.code, there.stderr + there.stdout).toBe(0);
    expect(writers(drill)).toEqual(["bulkhead-eu1-dr"]);
    expect(drill.alloydb("bulkhead-eu1")).toMatchObject({
      inputs: {
        clusterType: "SECONDARY",
        secondaryConfig: { primaryClusterName: expect.stringMatching(/\/bulkhead-eu1-dr$/) },
      },
      protect: true,
    });
    expect(readFileSync(drill.file, "utf8")).not.toContain("fenced");
    const back = await drill.run("switchover", ["--yes"]);
    expect(back.code, back.stderr + back.stdout).toBe(0);
    expect(writers(drill)).toEqual(["bulkhead-eu1"]);
    expect(readFileSync(drill.file, "utf8")).toBe(before);
  },
  20 * MINUTES,
);

test(
  "on a backend and with a gcloud of one's own, the old writer is stopped before anything else changes",
  async () => {
    const drill = copy();
    const { asked, env } = drill.asCloud();
    const promoted = await drill.run("promote", ["--yes"], "eu1", env);
    expect(promoted.code, promoted.stderr + promoted.stdout).toBe(0);
    const where =
      "--cluster=bulkhead-eu1 --region=europe-west1 --project=bulkhead-dev --activation-policy=NEVER --quiet";
    expect(asked()).toEqual([
      `alloydb instances update read-reports ${where}`,
      `alloydb instances update primary ${where}`,
    ]);
    expect(writers(drill)).toEqual(["bulkhead-eu1-dr"]);
    expect(readFileSync(drill.file, "utf8")).toContain("      writer: dr\n      fenced: [home]\n");
  },
  20 * MINUTES,
);

test(
  "what is unsafe is refused with the reason, before anything is touched",
  async () => {
    const drill = copy();
    const state = JSON.stringify(drill.resources("database"));
    const nowhere = await drill.run("promote", ["--yes"], "eu2");
    expect([nowhere.code, nowhere.stderr]).toEqual([2, expect.stringContaining("dev has no cell eu2")]);
    const nobody = await drill.run("promote", []);
    expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringContaining("nobody is here to confirm this")]);

    const text = readFileSync(drill.file, "utf8");
    writeFileSync(drill.file, text.replace("nodes: 2", "nodes: 3"));
    for (const command of ["promote", "switchover"] as const) {
      const pending = await drill.run(command, ["--yes"]);
      expect(pending.code, pending.stderr).toBe(2);
      expect(pending.stderr).toContain("has changes that were not applied");
      expect(pending.stderr).toContain("bulkhead-eu1-read-reports  (readPoolConfig");
    }
    expect(readFileSync(drill.file, "utf8")).toContain("nodes: 3");
    expect(JSON.stringify(drill.resources("database"))).toBe(state);
  },
  20 * MINUTES,
);
