import { expect, test } from "vitest";
import { all, at, below, inventory, one, texts } from "../testing/find.ts";
import { record } from "../testing/mocks.ts";
import { LONGEST } from "../testing/samples.ts";
import { Network } from "./network.ts";

const RANGES = { nodes: "10.0.0.0/20", pods: "10.4.0.0/14", services: "10.8.0.0/20" };
const network = (regions: Record<string, typeof RANGES> = { "europe-west1": RANGES }) =>
  record(() => new Network("bulkhead", { project: "acme-dev", regions, databaseRange: "10.16.0.0/20" }));

test("what it makes, under names for life, all of it its own", async () => {
  const { resources } = await network();
  expect(inventory(resources)).toEqual([
    "Connection bulkhead-databases",
    "GlobalAddress bulkhead-databases",
    "ManagedZone bulkhead-googleapis",
    "Network bulkhead",
    "Network bulkhead",
    "RecordSet bulkhead-googleapis-all",
    "RecordSet bulkhead-googleapis-private",
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
  expect(after).toHaveLength(before.length + 3);
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
  expect(resources.filter(({ type }) => /firewall|forwardingRule|compute\/address/i.test(type))).toEqual([]);
});

test("Google's APIs have private addresses, the ones that pods may reach", async () => {
  const { resources } = await network();
  const zone = one(resources, "ManagedZone").inputs;
  expect(zone).toMatchObject({ dnsName: "googleapis.com.", visibility: "private" });
  expect(texts(at(zone, "privateVisibilityConfig"))).toContain("projects/acme-dev/global/networks/bulkhead");
  const records = all(resources, "RecordSet").map(({ inputs }) => [inputs.name, inputs.type, inputs.rrdatas]);
  expect(records.sort().reverse()).toEqual([
    ["private.googleapis.com.", "A", ["199.36.153.8", "199.36.153.9", "199.36.153.10", "199.36.153.11"]],
    ["*.googleapis.com.", "CNAME", ["private.googleapis.com."]],
  ]);
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
  const { resources } = await network({ [LONGEST.region]: RANGES });
  for (const { inputs } of resources.filter(({ inputs }) => typeof inputs.name === "string" && inputs.project))
    if (!String(inputs.name).endsWith(".")) expect(inputs.name).toMatch(/^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
});
