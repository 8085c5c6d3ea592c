import { describe, expect, test } from "vitest";
import { noPublicAlloydb } from "./no-public-alloydb.ts";
import { UNKNOWN } from "./values.ts";

const INSTANCE = "gcp:alloydb/instance:Instance";
const faults = (props: unknown, type = INSTANCE) => noPublicAlloydb.faults({ type, props });

describe("conforming", () => {
  test.each<[string, unknown, string?]>([
    ["no network config", { instanceId: "primary" }],
    ["switched off", { networkConfig: { enablePublicIp: false, enableOutboundPublicIp: false } }],
    ["no outside network", { networkConfig: { authorizedExternalNetworks: [] } }],
    ["nulls", { networkConfig: { enablePublicIp: null, authorizedExternalNetworks: null } }],
    ["not known yet", { networkConfig: { enablePublicIp: UNKNOWN, authorizedExternalNetworks: UNKNOWN } }],
    ["no props at all", undefined],
    ["a cluster", { networkConfig: { network: "n" } }, "gcp:alloydb/cluster:Cluster"],
    ["another product", { networkConfig: { enablePublicIp: true } }, "gcp:compute/instance:Instance"],
  ])("%s", (_name, props, type) => {
    expect(faults(props, type)).toEqual([]);
  });
});

describe("violating", () => {
  test.each<[string, unknown, RegExp, string?]>([
    ["a public address", { networkConfig: { enablePublicIp: true } }, /public address \(networkConfig.enablePublicIp/],
    ["one for going out", { networkConfig: { enableOutboundPublicIp: true } }, /for outbound connections/],
    ["an outside network", { networkConfig: { authorizedExternalNetworks: [{ cidrRange: "0.0.0.0/0" }] } }, /outside/],
    ["a map for a list", { networkConfig: { authorizedExternalNetworks: { a: {} } } }, /outside networks/],
    ["true as text", { networkConfig: { enablePublicIp: "true" } }, /public address/],
    ["TRUE as text", { networkConfig: { enablePublicIp: "TRUE" } }, /public address/],
    ["a number", { networkConfig: { enablePublicIp: 1 } }, /public address/],
    ["a word", { networkConfig: { enablePublicIp: "yes" } }, /public address/],
    ["in a list", { networkConfig: [{ enablePublicIp: true }] }, /networkConfig\[0\].enablePublicIp/],
    ["in snake case", { network_config: { enable_public_ip: true } }, /public address/],
    ["in another case", { networkConfig: { EnablePublicIP: true } }, /public address/],
    ["on a cluster", { networkConfig: { enablePublicIp: true } }, /public/, "gcp:alloydb/cluster:Cluster"],
    [
      "by the native provider",
      { networkConfig: { enablePublicIp: true } },
      /public/,
      "google-native:alloydb/v1:Instance",
    ],
    [
      "by Config Connector",
      { kind: "AlloyDBInstance", spec: { networkConfig: { enablePublicIp: true } } },
      /spec.networkConfig.enablePublicIp/,
      "kubernetes:alloydb.cnrm.cloud.google.com/v1beta1:AlloyDBInstance",
    ],
    [
      "beside something unknown",
      { cluster: UNKNOWN, networkConfig: { network: UNKNOWN, enablePublicIp: true } },
      /public/,
    ],
  ])("%s", (_name, props, message, type) => {
    expect(faults(props, type)).toEqual([expect.stringMatching(message)]);
  });

  test("everything at once is said at once", () => {
    const networkConfig = { enablePublicIp: true, enableOutboundPublicIp: true, authorizedExternalNetworks: [{}] };
    expect(faults({ networkConfig })).toHaveLength(3);
  });
});
