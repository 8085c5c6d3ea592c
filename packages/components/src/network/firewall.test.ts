import { describe, expect, test } from "vitest";
import { all, at, one } from "../testing/find.ts";
import { type Declared, record } from "../testing/mocks.ts";
import { firewallPaths } from "./firewall.ts";
import { Network } from "./network.ts";

const REGIONS = {
  "europe-west1": {
    nodes: "10.0.0.0/20",
    pods: "10.4.0.0/14",
    services: "10.8.0.0/20",
    controlPlane: "172.16.0.0/28",
    proxies: "10.9.0.0/23",
  },
  "us-east4": {
    nodes: "10.64.0.0/20",
    pods: "10.68.0.0/14",
    services: "10.72.0.0/20",
    controlPlane: "172.16.1.0/28",
  },
};
const ARGS = {
  regions: REGIONS,
  databaseRange: "10.16.0.0/20",
  egress: { vault: { range: "203.0.113.0/24", port: 8200 } },
};

async function rules(): Promise<readonly Declared[]> {
  const { resources } = await record(() => new Network("bulkhead", { project: "acme-dev", ...ARGS }));
  return all(resources, "Firewall");
}

/** `direction: from → to protocol ports` of each rule that lets something through. */
const ways = (declared: readonly Declared[]) =>
  declared
    .filter(({ inputs }) => inputs.allows)
    .map(({ inputs }) => {
      const allows = inputs.allows as { protocol: string; ports?: string[] }[];
      const what = allows.map(({ protocol, ports = [] }) => [protocol, ...ports].join(" ")).join();
      return `${inputs.direction}: ${inputs.sourceRanges} → ${inputs.destinationRanges} ${what}`;
    })
    .sort();

describe("the firewall", () => {
  test("denies all else, both ways, below every other rule, and says what it denied", async () => {
    const declared = await rules();
    const denied = declared.filter(({ inputs }) => inputs.denies);
    expect(
      denied.map(({ inputs }) => [inputs.direction, inputs.sourceRanges, inputs.destinationRanges]).sort(),
    ).toEqual([
      ["EGRESS", undefined, ["0.0.0.0/0"]],
      ["INGRESS", ["0.0.0.0/0"], undefined],
    ]);
    for (const { inputs } of denied)
      expect(inputs).toMatchObject({
        denies: [{ protocol: "all" }],
        priority: 65534,
        logConfig: { metadata: "INCLUDE_ALL_METADATA" },
      });
    for (const { inputs } of declared) expect(inputs.disabled ?? false).toBe(false);
  });

  test("lets through what is named, from whom to whom by which port, and nothing else", async () => {
    const [eu, us] = ["10.0.0.0/20,10.4.0.0/14", "10.64.0.0/20,10.68.0.0/14"];
    expect(ways(await rules())).toEqual(
      [
        `EGRESS: ${eu} → ${eu} all`,
        `INGRESS: ${eu} → ${eu} all`,
        `EGRESS: ${us} → ${us} all`,
        `INGRESS: ${us} → ${us} all`,
        `EGRESS: ${eu} → 172.16.0.0/28 tcp 443 8132`,
        `EGRESS: ${us} → 172.16.1.0/28 tcp 443 8132`,
        `EGRESS: ${us} → 172.16.0.0/28 tcp 443`,
        `EGRESS: ${eu} → 172.16.1.0/28 tcp 443`,
        `INGRESS: 172.16.0.0/28 → ${eu} tcp 443 8443 9443 10250`,
        `INGRESS: 172.16.1.0/28 → ${us} tcp 443 8443 9443 10250`,
        `EGRESS: ${eu},${us} → 199.36.153.4/30 tcp 443`,
        `EGRESS: ${eu},${us} → 10.16.0.0/20 tcp 5433`,
        `EGRESS: ${eu},${us} → 203.0.113.0/24 tcp 8200`,
        "INGRESS: 130.211.0.0/22,35.191.0.0/16 → 10.4.0.0/14,10.68.0.0/14 tcp 3000 3001",
        "INGRESS: 10.9.0.0/23 → 10.4.0.0/14 tcp 3000 3001",
      ].sort(),
    );
  });

  test("closes last: the exceptions and the names of Google's APIs stand before", async () => {
    const { resources } = await record(() => new Network("bulkhead", { project: "acme-dev", ...ARGS }));
    const { dependsOn } = one(resources, "Firewall", "bulkhead-deny-out");
    const before = [...all(resources, "RecordSet"), ...all(resources, "Firewall")].filter(
      ({ inputs }) => !at(inputs, "denies"),
    );
    expect(dependsOn).toEqual(expect.arrayContaining(before.map(({ urn }) => urn)));
  });

  test("another region adds rules and changes the names of none", () => {
    const { "europe-west1": one } = REGIONS;
    const before = Object.keys(firewallPaths({ ...ARGS, regions: { "europe-west1": one } }));
    expect(Object.keys(firewallPaths(ARGS))).toEqual(expect.arrayContaining(before));
  });
});
