import { afterAll, expect, test } from "vitest";
import { writeJson } from "../cloud/files.ts";
import { INSTANCE, USER } from "../cloud/inventory.ts";
import { Paths } from "../cloud/paths.ts";
import type { Props } from "../plugin/values.ts";
import { gcpDriver, makeIdentity, PROJECT, temporaryCloud } from "../testing/harness.ts";
import { proxySidecar, serviceAccount } from "../testing/manifests.ts";
import { core, writeObject } from "./objects.ts";
import { listenersOf } from "./proxy.ts";
import type { Container, Manifest, Pod } from "./types.ts";

/** What the Auth Proxy would refuse, with the records of a database and no server: nothing is dialled to find out. */
const CLUSTER = `projects/${PROJECT}/locations/europe-west1/clusters/eu1`;
const INSTANCE_NAME = `${CLUSTER}/instances/primary`;
const EMAIL = `client-api@${PROJECT}.iam.gserviceaccount.com`;
const ends: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const end of ends) await end();
});

type Gap = { without?: string; account?: string; user?: boolean; pod?: string };

async function attempt(
  { without, account = EMAIL, user = true, pod: bound = "api/client" }: Gap,
  sidecarProps: Props = {},
) {
  const { dir, end } = temporaryCloud();
  ends.push(end);
  const paths = new Paths(dir);
  const gcp = await gcpDriver({ mode: "realise", dir });
  const inputs = { cluster: CLUSTER, instanceId: "primary", instanceType: "PRIMARY" };
  await writeJson(paths.gcpRecord(INSTANCE, INSTANCE_NAME), { type: INSTANCE, id: INSTANCE_NAME, inputs, outputs: {} });
  await writeJson(`${paths.server(INSTANCE_NAME)}/server.json`, {
    instance: INSTANCE_NAME,
    port: 21_000,
    home: paths.dir,
    dataDir: `${dir}/none`,
  });
  // Without a running server no user can be created, which is the last of the gaps; the others come before it.
  await makeIdentity(gcp, CLUSTER, bound, { without }).catch((error: Error) => {
    if (!error.message.includes("no running primary")) throw error;
  });
  if (user) {
    const userInputs = {
      cluster: CLUSTER,
      userId: EMAIL.replace(".gserviceaccount.com", ""),
      userType: "ALLOYDB_IAM_USER",
    };
    await writeJson(paths.gcpRecord(USER, "u"), { type: USER, id: "u", inputs: userInputs, outputs: {} });
  }
  const object = serviceAccount(account || undefined) as Manifest;
  await writeObject(paths, core("default", "api", "ServiceAccount", "client"), object);
  const sidecar = proxySidecar(INSTANCE_NAME, sidecarProps) as unknown as Container;
  const spec = { serviceAccountName: "client", initContainers: [sidecar] };
  const pod: Pod = { cluster: "default", namespace: "api", kind: "Deployment", name: "d", template: { spec } };
  return listenersOf(paths, pod);
}

test.each<[string, Gap, RegExp]>([
  ["the annotation", { account: "" }, /no annotation iam.gke.io\/gcp-service-account/],
  ["the Workload Identity binding", { without: "roles/iam.workloadIdentityUser" }, /Workload Identity/],
  ["a binding for this namespace", { pod: "other/client" }, /Workload Identity/],
  ["the client role", { without: "roles/alloydb.client" }, /no roles\/alloydb.client on project/],
  ["the login role", { without: "roles/alloydb.databaseUser" }, /no roles\/alloydb.databaseUser/],
  ["the service usage role", { without: "roles/serviceusage.serviceUsageConsumer" }, /no roles\/serviceusage/],
  ["the database user", { user: false }, /has no IAM user "client-api@bulkhead-test.iam"/],
])("without %s the proxy cannot log in", async (_what, gap, message) => {
  await expect(attempt(gap)).rejects.toThrow(message);
});

test("a listener without IAM is an address and needs no identity", async () => {
  const listeners = await attempt({ account: "", user: false }, { args: [`${INSTANCE_NAME}?port=6543`] });
  expect(listeners).toEqual([
    { hosts: ["127.0.0.1", "localhost"], port: 6543, target: { host: "127.0.0.1", port: 21_000 }, login: undefined },
  ]);
});

test("an instance that is not there, and a sidecar that blocks its pod, are refused", async () => {
  await expect(attempt({}, { args: [`${CLUSTER}/instances/other`] })).rejects.toThrow("there is no instance");
  await expect(attempt({}, { restartPolicy: null })).rejects.toThrow("never ends: give it restartPolicy: Always");
});
