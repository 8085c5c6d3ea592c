import { expect, test } from "vitest";
import { all, at, below, inventory, one, texts } from "../testing/find.ts";
import { record } from "../testing/mocks.ts";
import { LONGEST } from "../testing/samples.ts";
import { Network, type NetworkArgs, type SubnetRanges } from "./network.ts";

const RANGES = { nodes: "10.0.0.0/20", pods: "10.4.0.0/14", services: "10.8.0.0/20", controlPlane: "172.16.0.0/28" };
const network = (regions: Record<string, SubnetRanges> = { "europe-west1": RANGES }, more: Partial<NetworkArgs> = {}) =>
  record(() => new Network("bulkhead", { project: "acme-dev", regions, databaseRange: "10.16.0.0/20", ...more }));

test("what it makes, under names for life, all of it its own", async () => {
  const { resources } = await network();
  expect(inventory(resources)).toEqual([
    "Connection bulkhead-databases",
    "Firewall bulkhead-allow-databases-out",
    "Firewall bulkhead-allow-europe-west1-cluster-in",
    "Firewall bulkhead-allow-europe-west1-cluster-out",
    "Firewall bulkhead-allow-europe-west1-control-plane-in",
    "Firewall bulkhead-allow-europe-west1-control-plane-out",
    "Firewall bulkhead-allow-google-in",
    "Firewall bulkhead-allow-google-out",
    "Firewall bulkhead-deny-in",
    "Firewall bulkhead-deny-out",
    "GlobalAddress bulkhead-databases",
    "ManagedZone bulkhead-gcr",
    "ManagedZone bulkhead-googleapis",
    "ManagedZone bulkhead-pkg",
    "Network bulkhead",
    "Network bulkhead",
    "RecordSet bulkhead-gcr",
    "RecordSet bulkhead-gcr-all",
    "RecordSet bulkhead-googleapis-all",
    "RecordSet bulkhead-googleapis-private",
    "RecordSet bulkhead-googleapis-restricted",
    "RecordSet bulkhead-pkg",
    "RecordSet bulkhead-pkg-all",
    "Router bulkhead-europe-west1",
    "RouterNat bulkhead-europe-west1",
    "Subnetwork bulkhead-europe-west1",
  ]);
  const component = one(resources, "bulkhead:network:Network");
  expect(component.type).toBe("bulkhead:network:Network");
  expect(below(resources, component)).toHaveLength(resources.length - 1);
  expect(component.outputs).toMatchObject({ databaseRangeName: "bulkhead-databases" });
});

test("another region adds to the names and changes none", async () => {
  const before = inventory((await network()).resources);
  const after = inventory((await network({ "asia-south1": RANGES, "europe-west1": RANGES })).resources);
  expect(after).toEqual(expect.arrayContaining(before));
  expect(after).toHaveLength(before.length + 7);
});

test("subnets are the platform's own, reach Google privately, and say who talked to whom", async () => {
  const { resources } = await network();
  expect(one(resources, "compute/network:Network").inputs.autoCreateSubnetworks).toBe(false);
  expect(one(resources, "Subnetwork").inputs).toMatchObject({
    ipCidrRange: RANGES.nodes,
    privateIpGoogleAccess: true,
    secondaryIpRanges: [
      { rangeName: "pods", ipCidrRange: RANGES.pods },
      { rangeName: "services", ipCidrRange: RANGES.services },
    ],
    logConfig: { flowSampling: 0.5 },
  });
});

test("nothing in it has a public address, but for the way out", async () => {
  const { resources } = await network();
  expect(all(resources, "Address").filter((address) => address.inputs.addressType === "EXTERNAL")).toEqual([]);
  expect(one(resources, "GlobalAddress").inputs).toMatchObject({
    purpose: "VPC_PEERING",
    addressType: "INTERNAL",
    address: "10.16.0.0",
    prefixLength: 20,
  });
  expect(resources.filter(({ type }) => /forwardingRule|compute\/address/i.test(type))).toEqual([]);
});

test("Google's APIs and registries have restricted addresses, the ones that nodes and pods may reach", async () => {
  const { resources } = await network();
  for (const { inputs } of all(resources, "ManagedZone")) {
    expect(inputs.visibility).toBe("private");
    expect(texts(at(inputs, "privateVisibilityConfig"))).toContain("projects/acme-dev/global/networks/bulkhead");
  }
  const restricted = ["199.36.153.4", "199.36.153.5", "199.36.153.6", "199.36.153.7"];
  const records = all(resources, "RecordSet")
    .filter(({ name }) => name !== "bulkhead-googleapis-private")
    .map(({ inputs }) => [inputs.managedZone, inputs.name, inputs.type, inputs.rrdatas]);
  expect(records.sort()).toEqual([
    ["bulkhead-gcr", "*.gcr.io.", "CNAME", ["gcr.io."]],
    ["bulkhead-gcr", "gcr.io.", "A", restricted],
    ["bulkhead-googleapis", "*.googleapis.com.", "CNAME", ["restricted.googleapis.com."]],
    ["bulkhead-googleapis", "restricted.googleapis.com.", "A", restricted],
    ["bulkhead-pkg", "*.pkg.dev.", "CNAME", ["pkg.dev."]],
    ["bulkhead-pkg", "pkg.dev.", "A", restricted],
  ]);
});

test("by Private Service Connect there is no peering, and each region has a subnet for endpoints", async () => {
  const regions = { "europe-west1": { ...RANGES, endpoints: "10.16.0.0/24" } };
  const { resources, result } = await network(regions, { databaseAccess: "psc" });
  expect([...all(resources, "Connection"), ...all(resources, "GlobalAddress")]).toEqual([]);
  expect(result.databaseRangeName).toBeUndefined();
  expect(one(resources, "Subnetwork", "bulkhead-europe-west1-endpoints").inputs).toMatchObject({
    ipCidrRange: "10.16.0.0/24",
    region: "europe-west1",
  });
  expect(one(resources, "bulkhead:network:Network").outputs).toMatchObject({
    endpointSubnets: { "europe-west1": "bulkhead-europe-west1-endpoints" },
  });
});

test("the proxies of internal gateways have a subnet of the kind that Envoy wants, without flow logs", async () => {
  const { resources } = await network({ "europe-west1": { ...RANGES, proxies: "10.9.0.0/23" } });
  const subnet = one(resources, "Subnetwork", "bulkhead-europe-west1-proxies").inputs;
  expect(subnet).toMatchObject({ purpose: "REGIONAL_MANAGED_PROXY", role: "ACTIVE", ipCidrRange: "10.9.0.0/23" });
  expect(subnet).not.toHaveProperty("logConfig");
});

test("the peering is left behind on deletion, which the API refuses for hours", async () => {
  const { resources } = await network();
  expect(one(resources, "Connection").inputs).toMatchObject({
    service: "servicenetworking.googleapis.com",
    reservedPeeringRanges: ["bulkhead-databases"],
    deletionPolicy: "ABANDON",
  });
});

test("names fit Google's 63 characters in the region of the longest name", async () => {
  const region = { ...RANGES, proxies: "10.9.0.0/23", endpoints: "10.16.0.0/24" };
  const { resources } = await network(
    { [LONGEST.region]: region },
    { databaseAccess: "psc", egress: { "a-name-of-20-letters": { range: "203.0.113.0/24", port: 443 } } },
  );
  for (const { inputs } of resources.filter(({ inputs }) => typeof inputs.name === "string" && inputs.project))
    if (!String(inputs.name).endsWith(".")) expect(inputs.name).toMatch(/^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
});
