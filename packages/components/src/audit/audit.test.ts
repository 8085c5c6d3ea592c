import { expect, test } from "vitest";
import { all, at, inventory, one } from "../testing/find.ts";
import { record } from "../testing/mocks.ts";
import { AuditAlerts, type AuditAlertsArgs } from "./alerts.ts";
import { CHANGES } from "./filters.ts";
import { AuditTrail, type AuditTrailArgs } from "./trail.ts";

const trail = async (change: Partial<AuditTrailArgs> = {}) => {
  const { resources } = await record(
    () =>
      new AuditTrail("bulkhead-audit", {
        project: "acme-dev",
        region: "europe-west1",
        dataAccess: true,
        retentionDays: 400,
        locked: false,
        protect: true,
        ...change,
      }),
  );
  return resources;
};

const alerts = async (change: Partial<AuditAlertsArgs> = {}) => {
  const { resources } = await record(
    () =>
      new AuditAlerts("bulkhead-audit", {
        project: "acme-dev",
        channels: ["projects/acme-dev/notificationChannels/1"],
        deployers: {},
        administratorRequests: 300,
        ...change,
      }),
  );
  return resources;
};

test("what it makes, under names for life", async () => {
  expect(inventory(await trail())).toEqual([
    "AuditTrail bulkhead-audit",
    "IAMAuditConfig bulkhead-audit-alloydb",
    "IAMAuditConfig bulkhead-audit-cloudkms",
    "IAMAuditConfig bulkhead-audit-iam",
    "IAMAuditConfig bulkhead-audit-secretmanager",
    "ProjectBucketConfig bulkhead-audit",
    "ProjectSink bulkhead-audit",
  ]);
});

test("nothing is locked unless somebody says so: it cannot be undone", async () => {
  const archive = { retentionDays: 2557, locked: false };
  const open = await trail({ archive });
  expect(one(open, "ProjectBucketConfig").inputs).toMatchObject({ locked: false, retentionDays: 400 });
  expect(at(one(open, "Bucket").inputs, "retentionPolicy.isLocked")).toBe(false);
  const locked = await trail({ locked: true, archive: { ...archive, locked: true } });
  expect(one(locked, "ProjectBucketConfig").inputs.locked).toBe(true);
  expect(at(one(locked, "Bucket").inputs, "retentionPolicy.isLocked")).toBe(true);
});

test.each([true, false])("the log and its archive are protected: %s", async (protect) => {
  const resources = await trail({ protect, archive: { retentionDays: 2557, locked: false } });
  expect(["ProjectBucketConfig", "Bucket"].map((kind) => one(resources, kind).protect)).toEqual([protect, protect]);
});

test("the sink writes into the log of its own project without any grant", async () => {
  const resources = await trail();
  expect(one(resources, "ProjectSink").inputs.destination).toBe(
    "logging.googleapis.com/projects/acme-dev/locations/europe-west1/buckets/bulkhead-audit",
  );
  expect(resources.filter(({ type }) => type.endsWith("IAMMember"))).toEqual([]);
});

test("the archive is private, kept by its policy, and its sink may put and nothing else", async () => {
  const resources = await trail({ archive: { retentionDays: 2557, locked: false } });
  expect(one(resources, "Bucket").inputs).toMatchObject({
    name: "acme-dev-bulkhead-audit-archive",
    uniformBucketLevelAccess: true,
    publicAccessPrevention: "enforced",
    retentionPolicy: { retentionPeriod: "220924800" },
    forceDestroy: false,
  });
  expect(all(resources, "BucketIAMMember").map(({ inputs }) => [inputs.role, inputs.member])).toEqual([
    ["roles/storage.objectCreator", "serviceAccount:writer@acme-dev"],
  ]);
});

test("the region's key encrypts the log", async () => {
  const resources = await trail({ kmsKey: "projects/acme-dev/key" });
  expect(one(resources, "ProjectBucketConfig").inputs.cmekSettings).toEqual({ kmsKeyName: "projects/acme-dev/key" });
});

test("the log takes every audit log and the requests of administrators", async () => {
  const filter = String(one(await trail(), "ProjectSink").inputs.filter);
  for (const part of ["activity", "data_access", "system_event", "policy", "access_transparency"]) {
    expect(filter).toContain(`log_id("cloudaudit.googleapis.com/${part}")`);
  }
  expect(filter).toContain('textPayload:"bulkhead audit: administrator"');
});

test("there is an alert for each change, and one for administrators' volume", async () => {
  const policies = all(await alerts(), "AlertPolicy");
  expect(policies.map(({ name }) => name).sort()).toEqual(
    [...Object.keys(CHANGES), "administrator-volume"].map((kind) => `bulkhead-audit-${kind}`).sort(),
  );
  for (const { inputs } of policies) {
    expect(inputs.notificationChannels).toEqual(["projects/acme-dev/notificationChannels/1"]);
  }
});

test("deployers may change access unsaid, and not what is recorded", async () => {
  const resources = await alerts({ deployers: { pipeline: "deploy@acme-dev.iam.gserviceaccount.com" } });
  const filterOf = (kind: string) =>
    String(
      at(one(resources, "AlertPolicy", `bulkhead-audit-${kind}`).inputs, "conditions.0.conditionMatchedLog.filter"),
    );
  expect(filterOf("iam")).toContain('NOT protoPayload.authenticationInfo.principalEmail=("deploy@acme-dev');
  expect(filterOf("audit-config")).not.toContain("deploy@");
});

test("the platform's own logins and Vault's grant roles unsaid; a person's, and postgres', do not", () => {
  const exempt = new RegExp(/user=~"(.*?)"/.exec(CHANGES["administrator-granted"])![1]!);
  for (const login of ["bh-dev-eu1-administrator@acme-dev.iam", "vault_admin"]) expect(login).toMatch(exempt);
  for (const login of ["ann@example.com", "postgres", "login_acme_1"]) expect(login).not.toMatch(exempt);
});
