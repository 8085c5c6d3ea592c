/** Makes what a project needs before the first `pulumi up`, one idempotent step after the other. */
import { join } from "node:path";
import { LAYERS } from "@bulkhead/config";
import { UserError } from "../lib/cli.ts";
import {
  type Bucket,
  backendUrl,
  bucketFaults,
  DESTROY_DAYS,
  KEY_RING,
  type Key,
  keyFaults,
  keyName,
  keyPath,
  nextRotation,
  ROTATION_DAYS,
  SERVICES,
  SOFT_DELETE_DAYS,
  type Target,
} from "./plan.ts";
import { describe, run } from "./tools.ts";

type Say = (line: string) => void;

/** @param stacks - the folder that holds the layers */
export function apply(target: Target, stacks: string, say: Say): void {
  const { project } = target;
  const found = describe<{ projectNumber?: string; lifecycleState?: string }>(["projects", "describe", project]);
  if (found?.projectNumber === undefined || found.lifecycleState !== "ACTIVE")
    throw new UserError(
      `there is no active Google Cloud project ${project} that you can see; create it, with billing, first`,
    );
  run("gcloud", ["services", "enable", ...SERVICES, `--project=${project}`]);
  say("services: enabled");
  makeBucket(target, found.projectNumber, say);
  makeKey(target, say);
  run("pulumi", ["login", backendUrl(target)]);
  say(`pulumi: logged in to ${backendUrl(target)}`);
  for (const layer of LAYERS) makeStack(target, join(stacks, layer), say);
}

function makeBucket(target: Target, projectNumber: string, say: Say): void {
  const url = backendUrl(target);
  let bucket = describe<Bucket>(["storage", "buckets", "describe", url, "--raw"]);
  if (bucket === undefined) {
    run("gcloud", [
      ...["storage", "buckets", "create", url, `--project=${target.project}`, `--location=${target.region}`],
      ...["--uniform-bucket-level-access", "--public-access-prevention", `--soft-delete-duration=${SOFT_DELETE_DAYS}d`],
    ]);
    say(`bucket: created ${url}`);
    bucket = describe<Bucket>(["storage", "buckets", "describe", url, "--raw"]) ?? {};
  } else say(`bucket: ${url} is there`);
  refuse(bucketFaults(target, bucket, projectNumber));
  // Not among the flags of `create`: a run that ended between the two is completed by the next.
  if (bucket.versioning?.enabled !== true) {
    run("gcloud", ["storage", "buckets", "update", url, "--versioning"]);
    say("bucket: versions are kept");
  }
}

function makeKey(target: Target, say: Say): void {
  const where = [`--location=${target.region}`, `--project=${target.project}`];
  if (describe(["kms", "keyrings", "describe", KEY_RING, ...where]) === undefined) {
    run("gcloud", ["kms", "keyrings", "create", KEY_RING, ...where]);
    say(`key ring: created ${KEY_RING} in ${target.region}`);
  }
  const named = [keyName(target), `--keyring=${KEY_RING}`, ...where];
  const key = describe<Key>(["kms", "keys", "describe", ...named]);
  if (key !== undefined) {
    refuse(keyFaults(target, key));
    say(`key: ${keyPath(target)} is there`);
    return;
  }
  run("gcloud", [
    ...["kms", "keys", "create", ...named, "--purpose=encryption", "--protection-level=software"],
    ...[`--rotation-period=${ROTATION_DAYS}d`, `--next-rotation-time=${nextRotation(new Date())}`],
    `--destroy-scheduled-duration=${DESTROY_DAYS}d`,
  ]);
  say(`key: created ${keyPath(target)}`);
}

function makeStack(target: Target, folder: string, say: Say): void {
  const stacks = JSON.parse(run("pulumi", ["stack", "ls", "--json", "--non-interactive"], folder)) as {
    name: string;
  }[];
  // `dev`, or `organization/<project>/dev`
  if (stacks.some(({ name }) => name.split("/").at(-1) === target.environment)) {
    say(`stack: ${folder} has ${target.environment}`);
    return;
  }
  run(
    "pulumi",
    ["stack", "init", target.environment, `--secrets-provider=gcpkms://${keyPath(target)}`, "--non-interactive"],
    folder,
  );
  say(`stack: created ${target.environment} in ${folder}`);
}

function refuse(faults: readonly string[]): void {
  if (faults.length > 0)
    throw new UserError(
      `What is there is not as it should be, and is left as it is:\n${faults.map((fault) => `  ${fault}`).join("\n")}\nMend it, then run this again.`,
    );
}
