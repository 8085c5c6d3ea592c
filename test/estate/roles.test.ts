/** Who may do what: identities, roles, secrets, protection; by hand. */
import { LAYERS } from "@bulkhead/config";
import { describe, expect, test } from "vitest";
import { nameOf } from "../../scripts/rehearsal/inventory.ts";
import { at, ENVIRONMENTS, ofKind, podsIn, stateText } from "../support/estate.ts";

/** Roles of workloads' own service accounts, and nothing else in the project. */
const WORKLOAD_ROLES = new Set([
  "roles/alloydb.client",
  "roles/alloydb.databaseUser",
  "roles/serviceusage.serviceUsageConsumer",
]);

describe.each(ENVIRONMENTS)("%s", (environment) => {
  const grants = () =>
    ofKind(environment, "iAMMember:IAMMember").map(({ inputs, urn }) => ({
      urn,
      role: String(at(inputs, "role")),
      member: String(at(inputs, "member")),
    }));

  test("nobody is owner or editor, and nothing is granted to everybody", () => {
    expect(grants().length).toBeGreaterThan(0);
    for (const { role, member, urn } of grants()) {
      // Google's own controller of gateways over several clusters, which asks for it.
      if (/@gcp-sa-multiclusteringress\.iam\.gserviceaccount\.com$/.test(member) && role === "roles/container.admin")
        continue;
      expect(role, urn).not.toMatch(/^roles\/(?:owner|editor|viewer|iam\.securityAdmin|resourcemanager\.|.*\.admin$)/);
      expect(member, urn).not.toMatch(/^(?:allUsers|allAuthenticatedUsers)$/);
    }
    expect(ofKind(environment, "iAMBinding:IAMBinding").map(nameOf)).toEqual([]);
    expect(ofKind(environment, "iAMPolicy:IAMPolicy").map(nameOf)).toEqual([]);
  });

  test("no service account has a key", () => {
    expect(ofKind(environment, "serviceaccount/key:Key")).toEqual([]);
  });

  test("a workload's service account has the three roles of a database client in the project, and no other", () => {
    const workloads = new Set(
      ofKind(environment, "alloydb/user:User").map(
        ({ inputs }) => `serviceAccount:${at(inputs, "userId")}.gserviceaccount.com`,
      ),
    );
    expect(workloads.size).toBeGreaterThan(0);
    const projectWide = ofKind(environment, "projects/iAMMember:IAMMember");
    for (const workload of workloads) {
      const roles = projectWide
        .filter(({ inputs }) => at(inputs, "member") === workload)
        .map(({ inputs }) => at(inputs, "role"));
      expect(new Set(roles), workload).toEqual(WORKLOAD_ROLES);
    }
  });

  test("database users name their roles, and only those that create databases are superusers of AlloyDB's", () => {
    for (const { inputs, urn } of ofKind(environment, "alloydb/user:User")) {
      const roles = at<string[]>(inputs, "databaseRoles") ?? [];
      expect(at(inputs, "userType"), urn).toBe("ALLOYDB_IAM_USER");
      expect(roles, urn).toContain("alloydbiamuser");
      const creates = urn.endsWith("db-create");
      expect(roles.includes("alloydbsuperuser"), urn).toBe(creates);
    }
  });

  test("every pod runs under a service account of its own kind, never the default one, and as a user that no other kind has", () => {
    const users = new Map<unknown, Set<string>>();
    for (const { namespace, name, spec, cluster } of podsIn(environment)) {
      expect(spec.serviceAccountName, name).toBeTruthy();
      expect(spec.serviceAccountName, name).not.toBe("default");
      const user = at(spec, "securityContext.runAsUser");
      expect(user, name).toBeGreaterThan(0);
      const kind = `${cluster}/${namespace}/${name.replace(/-[0-9a-f]{10}$/, "").replace(/-[0-9a-f]{10}$/, "")}`;
      users.set(user, (users.get(user) ?? new Set()).add(kind));
    }
    for (const [user, kinds] of users) {
      const workloads = new Set([...kinds].map((kind) => kind.split("/").slice(1).join("/")));
      expect(workloads.size, `${user}: ${[...workloads].join(", ")}`).toBe(1);
    }
  });

  test("state holds no secret in plain text", () => {
    for (const layer of LAYERS) {
      const text = stateText(environment, layer);
      expect(text).not.toMatch(/-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/);
      expect(text).not.toMatch(/"(?:password|passwordWo|token|secretData|clientKey)":\s*"(?!\s*")[^"]+"/);
      expect(text).not.toMatch(/postgres(?:ql)?:\/\/[^:@/"{}]+:[^@/"{}]+@/);
    }
  });

  test("every container's image is named by digest", () => {
    for (const { spec, name } of podsIn(environment))
      for (const container of [...(spec.initContainers ?? []), ...spec.containers])
        expect(container.image, name).toMatch(/@sha256:[0-9a-f]{64}$/);
  });
});

describe.each(["staging", "prod"] as const)("%s guards its data", (environment) => {
  test("clusters, of AlloyDB and GKE, and keys cannot be deleted by an update", () => {
    for (const kind of ["alloydb/cluster:Cluster", "container/cluster:Cluster"]) {
      for (const { inputs, protect, urn } of ofKind(environment, kind)) {
        expect(protect, urn).toBe(true);
        expect(at(inputs, "deletionProtection"), urn).toBe(true);
      }
    }
    for (const { protect, urn } of ofKind(environment, "kms/cryptoKey:CryptoKey")) expect(protect, urn).toBe(true);
  });

  test("AlloyDB is encrypted by a key of its own region in all three places, and backed up by two ways", () => {
    const clusters = ofKind(environment, "alloydb/cluster:Cluster");
    expect(clusters.length).toBeGreaterThan(0);
    for (const { inputs, urn } of clusters) {
      const region = at(inputs, "location");
      for (const place of [
        "encryptionConfig",
        "continuousBackupConfig.encryptionConfig",
        "automatedBackupPolicy.encryptionConfig",
      ])
        expect(at(inputs, `${place}.kmsKeyName`), `${urn} ${place}`).toContain(`/locations/${region}/`);
      expect(at(inputs, "continuousBackupConfig.enabled"), urn).toBe(true);
      expect(at(inputs, "automatedBackupPolicy.enabled"), urn).toBe(true);
      expect(at(inputs, "automatedBackupPolicy.timeBasedRetention.retentionPeriod"), urn).toBe(`${30 * 86_400}s`);
    }
  });

  test("every key is rotated", () => {
    const keys = ofKind(environment, "kms/cryptoKey:CryptoKey");
    expect(keys.length).toBeGreaterThan(0);
    for (const { inputs, urn } of keys) expect(at(inputs, "rotationPeriod"), urn).toMatch(/^\d+s$/);
  });

  test("cells are highly available, and what goes wrong is told to somebody", () => {
    for (const { inputs, urn } of ofKind(environment, "alloydb/instance:Instance"))
      if (at(inputs, "instanceType") === "PRIMARY") expect(at(inputs, "availabilityType"), urn).toBe("REGIONAL");
    const alerts = ofKind(environment, "monitoring/alertPolicy:AlertPolicy");
    expect(alerts.length).toBeGreaterThan(5);
    for (const { inputs, urn } of alerts)
      expect(at<string[]>(inputs, "notificationChannels")?.length, urn).toBeGreaterThan(0);
  });
});

test("prod is two cells in two regions, each with read pools and a secondary in the other region", () => {
  const clusters = ofKind("prod", "alloydb/cluster:Cluster").map(({ inputs }) => ({
    type: at<string>(inputs, "clusterType"),
    region: at<string>(inputs, "location"),
  }));
  const regions = (type: string) => clusters.filter((cluster) => cluster.type === type).map(({ region }) => region);
  expect(new Set(regions("PRIMARY")).size).toBeGreaterThanOrEqual(2);
  expect(regions("SECONDARY").sort()).toEqual([...new Set(regions("PRIMARY"))].sort());
  const pools = ofKind("prod", "alloydb/instance:Instance").filter(
    ({ inputs }) => at(inputs, "instanceType") === "READ_POOL",
  );
  expect(new Set(pools.map(({ inputs }) => at(inputs, "cluster"))).size).toBeGreaterThanOrEqual(2);
});
