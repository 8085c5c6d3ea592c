import type { Tenant } from "@bulkhead/config";
import { describe, expect, test } from "vitest";
import { all, at, below, inventory, nameOf, one } from "../testing/find.ts";
import { type Declared, record } from "../testing/mocks.ts";
import { listenersOf, podsOf } from "../testing/pods.ts";
import { IMAGES, INSTANCE, identity, LONGEST, manifest, tenant } from "../testing/samples.ts";
import { TenantRollout } from "./rollout.ts";

const rollout = async (tenants: readonly Tenant[], attempt = "first") =>
  (
    await record(
      () =>
        new TenantRollout("eu1-tenants", {
          namespace: "bulkhead-eu1",
          images: IMAGES,
          administrator: identity("db-create"),
          migrator: identity("db-migrate"),
          instance: INSTANCE,
          manifest: manifest(tenants),
          region: "europe-west1",
          attempt,
        }),
    )
  ).resources;

const pooled = (count: number) =>
  Array.from({ length: count }, (_, index) => tenant(`tenant-${index}`, { labels: { "cost-centre": String(index) } }));

/** A Job by the first part of its name. */
const jobOf = (resources: readonly Declared[], name: string) => one(resources, "Job", `eu1-tenants-${name}`);

test("what it makes, under names for life, all of it its own", async () => {
  const resources = await rollout([tenant("acme")]);
  expect(inventory(resources)).toEqual([
    "ConfigMap eu1-tenants-rollout",
    "ConfigMap eu1-tenants-tenants-0000",
    "Job eu1-tenants-create",
    "Job eu1-tenants-migrate",
    "Job eu1-tenants-prove",
    "ManifestConfigMaps eu1-tenants",
    "TenantRollout eu1-tenants",
  ]);
  const component = one(resources, "TenantRollout");
  expect(component.type).toBe("bulkhead:tenancy:TenantRollout");
  expect(below(resources, component)).toHaveLength(resources.length - 1);
  expect(one(resources, "ManifestConfigMaps").type).toBe("bulkhead:tenancy:ManifestConfigMaps");
});

test("create, then migrate, then prove", async () => {
  const resources = await rollout([tenant("acme")]);
  const [create, migrate, prove] = ["create", "migrate", "prove"].map((name) => jobOf(resources, name));
  expect(create!.dependsOn).not.toEqual(expect.arrayContaining([migrate!.urn, prove!.urn]));
  expect(migrate!.dependsOn).toContain(create!.urn);
  expect(prove!.dependsOn).toContain(migrate!.urn);
  for (const configMap of all(resources, "ConfigMap"))
    for (const job of [create!, migrate!, prove!]) expect(job.dependsOn).toContain(configMap.urn);
});

test("who creates changes no table, who migrates creates nothing; passwords pass in the proof only", async () => {
  const pods = podsOf(await rollout([tenant("acme")]));
  const said = (name: string) => {
    const pod = pods.find(({ owner }) => owner.startsWith(`tenant-${name}-`))!;
    return {
      as: pod.serviceAccountName,
      args: pod.containers[0]!.args!.slice(0, 4),
      listeners: listenersOf(pod).length,
    };
  };
  expect([said("create"), said("migrate"), said("prove")]).toEqual([
    { as: "db-create", args: ["apply", "--stage", "create", "--defer-failures"], listeners: 1 },
    { as: "db-migrate", args: ["apply", "--stage", "migrate", "--defer-failures"], listeners: 1 },
    { as: "db-create", args: ["prove", "--report", "--manifest", "/etc/bulkhead/manifest"], listeners: 2 },
  ]);
  expect(new Set(pods.map(({ securityContext }) => securityContext.runAsUser)).size).toBe(3);
});

describe("scale", () => {
  const kinds = (resources: readonly Declared[]) =>
    inventory(resources).filter((entry) => !/^ConfigMap .*-tenants-\d{4}$/.test(entry));
  const shards = (resources: readonly Declared[]) => all(resources, "ConfigMap").length - 1;

  test("5,000 tenants are as many resources as one, but for the manifest's parts", async () => {
    const [one, many] = [await rollout(pooled(1)), await rollout(pooled(5000))];
    expect(kinds(many)).toEqual(kinds(one));
    expect(shards(one)).toBe(1);
    expect(shards(many)).toBeLessThanOrEqual(4);
  });

  test("every ConfigMap is well under the 1 MiB that Kubernetes takes", async () => {
    for (const { inputs } of all(await rollout(pooled(5000)), "ConfigMap"))
      expect(JSON.stringify(inputs).length).toBeLessThan(800 * 1024);
  });

  test("one tenant more renames no resource", async () => {
    const names = (resources: readonly Declared[]) => resources.map(({ urn }) => urn).sort();
    const before = pooled(10);
    expect(names(await rollout([tenant("a-new-one"), ...before]))).toEqual(names(await rollout(before)));
  });
});

describe("content and names", () => {
  const physical = (resources: readonly Declared[]) =>
    [...all(resources, "ConfigMap"), ...all(resources, "Job")].map(nameOf).sort();

  test("the same tenants, in whatever order, are the same names: nothing runs again", async () => {
    const [acme, globex] = [tenant("acme"), tenant("globex")];
    expect(physical(await rollout([globex, acme]))).toEqual(physical(await rollout([acme, globex])));
  });

  test("a changed tenant is another name of everything: it all runs again", async () => {
    const before = physical(await rollout([tenant("acme")]));
    for (const name of physical(await rollout([tenant("acme", { status: "suspended" })])))
      expect(before).not.toContain(name);
  });

  test("ConfigMaps do not change under their names, and say where the data is", async () => {
    for (const { inputs } of all(await rollout([tenant("acme")]), "ConfigMap")) {
      expect(inputs.immutable).toBe(true);
      expect(at(inputs, "metadata.annotations")).toEqual({
        "bulkhead.dev/region": "europe-west1",
        "bulkhead.dev/cell": "eu1",
      });
    }
  });

  test("each file is in one ConfigMap only: projected together they do not collide", async () => {
    const files = all(await rollout(pooled(5000)), "ConfigMap").flatMap(({ inputs }) =>
      Object.keys(inputs.data as object),
    );
    expect(new Set(files).size).toBe(files.length);
  });

  test("names and labels are such as Kubernetes takes, for the longest tenant too", async () => {
    const resources = await rollout([tenant(LONGEST.tenant)]);
    for (const name of physical(resources)) expect(name).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])$/);
    for (const { inputs } of resources)
      for (const value of Object.values((at(inputs, "metadata.labels") ?? {}) as Record<string, string>))
        expect(value).toMatch(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/);
  });
});

test("the same attempt is the same Jobs, another one makes all three anew and the manifest stays", async () => {
  const names = async (attempt: string, kind: string) =>
    all(await rollout([tenant("acme")], attempt), kind)
      .map(nameOf)
      .sort();
  expect(await names("first", "Job")).toEqual(await names("first", "Job"));
  const [first, second] = [await names("first", "Job"), await names("second", "Job")];
  expect(first.filter((name) => second.includes(name))).toEqual([]);
  expect(await names("second", "ConfigMap")).toEqual(await names("first", "ConfigMap"));
});
