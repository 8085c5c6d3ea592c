import { expect, test } from "vitest";
import { inventory, one } from "../testing/find.ts";
import { record } from "../testing/mocks.ts";
import { PrivateServiceConnectEndpoint } from "./endpoint.ts";

const ATTACHMENT =
  "https://www.googleapis.com/compute/v1/projects/tenant/regions/europe-west1/serviceAttachments/alloydb-1";
const NETWORK = "projects/acme-dev/global/networks/bulkhead";

const endpoint = (dnsName = "abc.def.europe-west1.alloydb-psc.goog.") =>
  record(
    () =>
      new PrivateServiceConnectEndpoint("bulkhead-eu1-primary", {
        project: "acme-dev",
        region: "europe-west1",
        network: NETWORK,
        subnetwork: "bulkhead-europe-west1-endpoints",
        serviceAttachment: ATTACHMENT,
        dnsName,
      }),
  );

test("an internal address leads to the instance, from every region, and the instance's name to the address", async () => {
  const { resources } = await endpoint();
  expect(inventory(resources)).toEqual([
    "Address bulkhead-eu1-primary",
    "ForwardingRule bulkhead-eu1-primary",
    "ManagedZone bulkhead-eu1-primary",
    "PrivateServiceConnectEndpoint bulkhead-eu1-primary",
    "RecordSet bulkhead-eu1-primary",
  ]);
  expect(one(resources, "Address").inputs).toMatchObject({
    addressType: "INTERNAL",
    subnetwork: "bulkhead-europe-west1-endpoints",
    region: "europe-west1",
  });
  expect(one(resources, "ForwardingRule").inputs).toMatchObject({
    target: ATTACHMENT,
    network: NETWORK,
    loadBalancingScheme: "",
    allowPscGlobalAccess: true,
    ipAddress: "projects/acme-dev/regions/europe-west1/addresses/bulkhead-eu1-primary",
  });
  expect(one(resources, "ManagedZone").inputs).toMatchObject({
    dnsName: "abc.def.europe-west1.alloydb-psc.goog.",
    visibility: "private",
    privateVisibilityConfig: { networks: [{ networkUrl: NETWORK }] },
  });
  expect(one(resources, "RecordSet").inputs).toMatchObject({
    name: "abc.def.europe-west1.alloydb-psc.goog.",
    type: "A",
    rrdatas: ["10.16.0.2"],
  });
});

test("a name without its last dot gets it: Cloud DNS takes no other", async () => {
  const { resources } = await endpoint("abc.def.europe-west1.alloydb-psc.goog");
  expect(one(resources, "ManagedZone").inputs.dnsName).toBe("abc.def.europe-west1.alloydb-psc.goog.");
});
