import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { writeJson, writePrivate } from "../cloud/files.ts";
import { INSTANCE, USER, userPasswordFile } from "../cloud/inventory.ts";
import { Paths } from "../cloud/paths.ts";
import { isAlive, recordOf } from "../cloud/process.ts";
import { type Props, secret } from "../plugin/values.ts";
import {
  type Driver,
  fakeRuntime,
  gcpDriver,
  kubernetesDriver,
  makeIdentity,
  temporaryCloud,
} from "../testing/harness.ts";
import { configMap, keyOf, namespace, proxySidecar, runtimeJob, serviceAccount } from "../testing/manifests.ts";

const { dir, cloud, end } = temporaryCloud();
const repo = join(dirname(dir), "repo");
const lines: string[] = [];
let kubernetes: Driver;

/** A runtime that does what its first argument says. */
const RUNTIME = `
import { appendFileSync, readFileSync } from "node:fs";
const [verb, ...rest] = process.argv.slice(2);
console.log("verb", verb, rest.join(" "));
switch (verb) {
  case "show":
    console.log("content", readFileSync(rest[0] + "/a.json", "utf8"), "env", Object.keys(process.env).sort().join(" "));
    break;
  case "login":
    console.log("login", readFileSync(process.env.PGPASSFILE, "utf8").trim().split(":").at(-1));
    process.exit(Number(rest[0]));
  case "fail":
    console.log("the password is " + process.env.PASSWORD);
    process.exit(Number(rest[0]));
  case "count":
    appendFileSync(rest[0] + "/count", "x");
    process.exit(readFileSync(rest[0] + "/count", "utf8").length >= Number(rest[1]) ? 0 : 1);
  case "hang":
    console.log("pid", process.pid);
    setInterval(() => undefined, 1000);
}
`;

beforeAll(async () => {
  await fakeRuntime(repo, RUNTIME);
  kubernetes = await kubernetesDriver({ mode: "realise", dir, repo }, {}, lines);
  const token = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "token", namespace: "api" },
    stringData: { token: secret("hunter2!") },
  };
  for (const object of [namespace, configMap("content", { "a.json": "{}" }), token]) await make(object);
});
afterEach(() => void lines.splice(0));
afterAll(async () => {
  await end();
  await rm(dirname(dir), { recursive: true, force: true });
});

const make = (object: Props) => kubernetes.create(keyOf(object), String((object.metadata as Props).name), object);
const hanging = async () => {
  for (let i = 0; i < 100; i++) {
    const pid = lines.join("\n").match(/pid (\d+)/)?.[1];
    if (pid) return Number(pid);
    await sleep(50);
  }
  throw new Error("the Job did not start");
};

test("runs the runtime with its arguments, files and variables and nothing else, and shows its lines", async () => {
  const volumes = [{ name: "m", projected: { sources: [{ configMap: { name: "content" } }] } }];
  const job = runtimeJob("apply", ["show", "/etc/m"], { env: [{ name: "ONE", value: "1" }] });
  const spec = ((job.spec as Props).template as Props).spec as Props;
  spec.volumes = volumes;
  (spec.containers as Props[])[0] = {
    ...(spec.containers as Props[])[0],
    volumeMounts: [{ name: "m", mountPath: "/etc/m" }],
  };
  const made = await make(job);
  expect(made.outputs).toMatchObject({ status: { succeeded: 1 } });
  expect(lines.join("\n")).toContain("content {} env HOME LANG ONE PATH TMPDIR");
  expect(await cloud.jobLog({ namespace: "api", name: "apply" })).toContain("content {}");
  await kubernetes.delete(made);
  expect(await cloud.jobLog({ namespace: "api", name: "apply" })).toBeUndefined();
});

test("a failed one fails the resource with its exit code and last lines, secrets blanked, and can be run again", async () => {
  const env = [{ name: "PASSWORD", valueFrom: { secretKeyRef: { name: "token", key: "token" } } }];
  const failing = make(runtimeJob("apply", ["fail", "3"], { env }));
  await expect(failing).rejects.toThrow(
    /Job api\/apply failed.*exited with 3; its log ends:\nverb fail 3\nthe password is \*\*\*$/s,
  );
  expect(lines.join("\n")).not.toContain("hunter2");
  expect((await cloud.status())[0]).toMatchObject({ kind: "job", running: false, note: "failed with 3" });
  await make(runtimeJob("other", ["done"]));
  expect((await cloud.status()).map((s) => s.name)).toEqual(["other"]);
});

test("the password it logs in with is gone when it has ended, well or not", async () => {
  const paths = new Paths(dir);
  const cluster = "projects/bulkhead-test/locations/l/clusters/c";
  const instance = `${cluster}/instances/primary`;
  const gcp = await gcpDriver({ mode: "realise", dir });
  // There is no server behind these records, so its user has to be one as well.
  const primary = { cluster, instanceId: "primary", instanceType: "PRIMARY" };
  await writeJson(paths.gcpRecord(INSTANCE, instance), { type: INSTANCE, id: instance, inputs: primary, outputs: {} });
  const server = { instance, port: 21_000, home: paths.dir, dataDir: join(dir, "none") };
  await writeJson(join(paths.server(instance), "server.json"), server);
  const email = "client-api@bulkhead-test.iam.gserviceaccount.com";
  await makeIdentity(gcp, cluster, "api/client").catch((error: Error) => {
    if (!error.message.includes("no running primary")) throw error;
  });
  const userId = email.replace(".gserviceaccount.com", "");
  const inputs = { cluster, userId, userType: "ALLOYDB_IAM_USER" };
  await writeJson(paths.gcpRecord(USER, "u"), { type: USER, id: "u", inputs, outputs: {} });
  await writePrivate(userPasswordFile(paths, cluster, userId), "lent");
  await make(serviceAccount(email));
  const pod = { serviceAccountName: "client", initContainers: [proxySidecar(instance)] };
  await make(runtimeJob("well", ["login", "0"], { pod }));
  await expect(make(runtimeJob("badly", ["login", "4"], { pod }))).rejects.toThrow("exited with 4");
  for (const name of ["well", "badly"]) {
    // The runtime did read it; what people see of it is blanked.
    expect(lines.join("\n")).toContain("login ***");
    expect(existsSync(join(dir, `pods/default/api/job-${name}`, "pod.log"))).toBe(true);
    expect(existsSync(join(dir, `pods/default/api/job-${name}`, "pgpass"))).toBe(false);
  }
});

test("tries again up to its limit, but not where its policy says that it is no use", async () => {
  const mount = { volumes: [{ name: "v", emptyDir: {} }] };
  const counting = (name: string, times: number, spec: Props) => {
    const job = runtimeJob(name, ["count", "/v", String(times)], { spec, pod: mount });
    const pod = ((job.spec as Props).template as Props).spec as Props;
    pod.containers = [
      {
        name: "runtime",
        image: "bulkhead-runtime",
        command: ["bulkhead"],
        args: ["count", "/v", String(times)],
        volumeMounts: [{ name: "v", mountPath: "/v" }],
      },
    ];
    return job;
  };
  await make(counting("twice", 2, { backoffLimit: 1 }));
  const rules = [{ action: "FailJob", onExitCodes: { operator: "In", values: [1] } }];
  await expect(make(counting("once", 2, { backoffLimit: 1, podFailurePolicy: { rules } }))).rejects.toThrow(
    "exited with 1",
  );
  expect(readFileSync(join(dir, "pods/default/api/job-once/volumes/v/count"), "utf8")).toBe("x");
}, 20_000);

test("one that takes too long is ended with all it started", async () => {
  const late = make(runtimeJob("late", ["hang"], { spec: { activeDeadlineSeconds: 1 } }));
  await expect(late).rejects.toThrow("DeadlineExceeded");
  expect(recordOf(await hanging())).toBeUndefined();
}, 20_000);

test("an interrupt ends it", async () => {
  const interrupted = await kubernetesDriver({ mode: "realise", dir, repo }, {}, lines);
  const job = runtimeJob("long", ["hang"]);
  const running = interrupted.create(keyOf(job), "long", job);
  const failed = expect(running).rejects.toThrow("was interrupted");
  const record = recordOf(await hanging());
  await interrupted.provider.cancel();
  await failed;
  expect(isAlive(record)).toBe(false);
}, 20_000);

test("one that a killed command left behind gives way to its next run", async () => {
  const job = runtimeJob("left", ["hang"]);
  const harness = JSON.stringify(new URL("../testing/harness.ts", import.meta.url).href);
  const program = `
    import { kubernetesDriver } from ${harness};
    const driver = await kubernetesDriver(${JSON.stringify({ mode: "realise", dir, repo })});
    await driver.create("kubernetes:batch/v1:Job", "left", ${JSON.stringify(job)});
  `;
  const command = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: "ignore" });
  const log = { namespace: "api", name: "left" };
  for (let i = 0; i < 200 && !(await cloud.jobLog(log))?.includes("pid"); i++) await sleep(50);
  const record = recordOf(Number((await cloud.jobLog(log))?.match(/pid (\d+)/)?.[1]));
  command.kill("SIGKILL");
  await new Promise((resolve) => command.once("exit", resolve));
  expect(isAlive(record)).toBe(true);
  await make(runtimeJob("left", ["done"]));
  expect(isAlive(record)).toBe(false);
}, 30_000);

test("a command that is not the runtime's, and a volume that nothing here can be, are refused by name", async () => {
  const shell = runtimeJob("shell", []);
  const spec = ((shell.spec as Props).template as Props).spec as Props;
  spec.containers = [{ name: "runtime", image: "bulkhead-runtime", command: ["sh", "-c", "true"] }];
  await expect(make(shell)).rejects.toThrow('only the command "bulkhead" can run here');
  const disk = runtimeJob("disk", ["show"], {
    pod: { volumes: [{ name: "d", persistentVolumeClaim: { claimName: "d" } }] },
  });
  await expect(make(disk)).rejects.toThrow("no local counterpart");
}, 30_000);
