import { expect, test } from "vitest";
import { all, at, below, inventory, one } from "../testing/find.ts";
import { record } from "../testing/mocks.ts";
import { CLUSTER, LONGEST } from "../testing/samples.ts";
import { WorkloadIdentity, type WorkloadIdentityArgs } from "./workload-identity.ts";

const identity = (change: Partial<WorkloadIdentityArgs> = {}) =>
  record(
    () =>
      new WorkloadIdentity("eu1-client", {
        project: "acme-dev",
        workloadPool: "acme-dev.svc.id.goog",
        namespace: "bulkhead-eu1",
        serviceAccount: "client",
        account: "bh-dev-eu1-client",
        description: "PostgREST client tier of cell eu1",
        cluster: CLUSTER,
        databaseRoles: [],
        ...change,
      }),
  );

test("what it makes, under names for life, all of it its own", async () => {
  const { resources, result } = await identity();
  expect(inventory(resources)).toEqual([
    "Account eu1-client",
    "IAMMember eu1-client",
    "IAMMember eu1-client-alloydb.client",
    "IAMMember eu1-client-alloydb.databaseUser",
    "IAMMember eu1-client-serviceusage.serviceUsageConsumer",
    "ServiceAccount eu1-client",
    "User eu1-client",
    "WorkloadIdentity eu1-client",
  ]);
  const component = one(resources, "WorkloadIdentity");
  expect(component.type).toBe("bulkhead:identity:WorkloadIdentity");
  expect(below(resources, component)).toHaveLength(resources.length - 1);
  expect(component.outputs).toEqual({
    serviceAccountName: "client",
    databaseUser: "bh-dev-eu1-client@acme-dev.iam",
  });
  expect(result.databaseUser).toBe("bh-dev-eu1-client@acme-dev.iam");
});

test("three roles in the project, to this account, and no more", async () => {
  const { resources } = await identity();
  expect(all(resources, "projects/iAMMember:IAMMember").map(({ inputs }) => [inputs.role, inputs.member])).toEqual(
    ["roles/alloydb.client", "roles/alloydb.databaseUser", "roles/serviceusage.serviceUsageConsumer"].map((role) => [
      role,
      "serviceAccount:bh-dev-eu1-client@acme-dev.iam.gserviceaccount.com",
    ]),
  );
});

test("one Kubernetes service account may act as it: of this namespace and this name", async () => {
  const { resources } = await identity();
  expect(one(resources, "serviceaccount/iAMMember:IAMMember").inputs).toEqual({
    serviceAccountId: "projects/acme-dev/serviceAccounts/bh-dev-eu1-client@acme-dev.iam.gserviceaccount.com",
    role: "roles/iam.workloadIdentityUser",
    member: "serviceAccount:acme-dev.svc.id.goog[bulkhead-eu1/client]",
  });
  expect(one(resources, "ServiceAccount").inputs).toMatchObject({
    metadata: {
      name: "client",
      namespace: "bulkhead-eu1",
      annotations: { "iam.gke.io/gcp-service-account": "bh-dev-eu1-client@acme-dev.iam.gserviceaccount.com" },
    },
    automountServiceAccountToken: false,
  });
});

test("its database user logs in by IAM, and its roles are said: left out, it may become a superuser's", async () => {
  const { resources } = await identity();
  const user = one(resources, "User");
  expect(user.inputs).toEqual({
    cluster: CLUSTER,
    userId: "bh-dev-eu1-client@acme-dev.iam",
    userType: "ALLOYDB_IAM_USER",
    databaseRoles: ["alloydbiamuser"],
  });
  // The runtime grants memberships in SQL.
  expect(user.ignoreChanges).toEqual(["databaseRoles"]);
});

test("it has no keys", async () => {
  const { resources } = await identity();
  expect(resources.filter(({ type }) => /serviceaccount\/key|Secret/i.test(type))).toEqual([]);
});

test.each([
  ["short", "a"],
  ["longest workload", `bh-${LONGEST.environment}-${LONGEST.cell}-db-migrate`],
  ["longest tenant", `t-${LONGEST.environment}-${LONGEST.tenant}`],
])("an account id of 6 to 30 characters, and a database user of at most 63: %s", async (_name, account) => {
  const { resources } = await identity({ account, project: "a-project-of-thirty-characters" });
  expect(one(resources, "Account").inputs.accountId).toMatch(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/);
  expect(String(at(one(resources, "User").inputs, "userId")).length).toBeLessThanOrEqual(63);
});

test("two accounts that differ at their end only differ when cut", async () => {
  const id = async (account: string) => one((await identity({ account })).resources, "Account").inputs.accountId;
  expect(await id(`t-prod-${"a".repeat(39)}b`)).not.toBe(await id(`t-prod-${"a".repeat(39)}c`));
});

test("an environment whose name is no part of an account id is refused, with what to do", async () => {
  await expect(identity({ account: "bh-Prod_1-eu1-client" })).rejects.toThrow(
    /"bh-Prod_1-eu1-client" is no id of a Google service account: name the environment/,
  );
});
