/** Stack config of layer 1 that is refused: each with the place, the value and what to write instead. */
import { describe } from "vitest";
import { type BadLayer, type Told, testRefused } from "../test/refused-layer.ts";

const REGION = { nodes: "10.0.0.0/20", pods: "10.4.0.0/14", services: "10.8.0.0/20", controlPlane: "172.16.0.0/28" };
const OTHER_REGION = {
  nodes: "10.128.0.0/20",
  pods: "10.132.0.0/14",
  services: "10.136.0.0/20",
  controlPlane: "172.16.1.0/28",
};

const foundation = (config: Record<string, unknown>, rest: Told): BadLayer => ({
  layer: "1-foundation",
  config,
  ...rest,
});
const region = (change: Record<string, unknown>, rest: Told): BadLayer =>
  foundation({ "bulkhead:regions": { "europe-west1": { ...REGION, ...change } } }, rest);
const bad: Record<string, BadLayer> = {
  "no project": foundation(
    { "bulkhead:project": undefined },
    { path: "bulkhead:project", value: undefined, remedy: "give a string", problem: /is missing/ },
  ),
  "a project that is a number": foundation(
    { "bulkhead:project": 123456 },
    { path: "bulkhead:project", value: 123456, remedy: 'give a string, in quotes: "123456"' },
  ),
  "a project id in upper case": foundation(
    { "bulkhead:project": "Acme" },
    { path: "bulkhead:project", value: "Acme", remedy: /6 to 30 of a-z/ },
  ),
  "host bits in a range": region(
    { nodes: "10.0.0.1/20" },
    { path: "bulkhead:regions.europe-west1.nodes", value: "10.0.0.1/20", remedy: /host bits are zero/ },
  ),
  "leading zeros in a range": region(
    { nodes: "010.0.0.0/20" },
    { path: "bulkhead:regions.europe-west1.nodes", value: "010.0.0.0/20", remedy: /such as 10.0.0.0/ },
  ),
  "a control plane that is no /28": region(
    { controlPlane: "172.16.0.0/24" },
    { path: "bulkhead:regions.europe-west1.controlPlane", value: "172.16.0.0/24", remedy: /use a \/28/ },
  ),
  "overlapping ranges": region(
    { pods: "10.0.0.0/14" },
    {
      path: "bulkhead:regions.europe-west1.pods",
      value: "10.0.0.0/14",
      remedy: "use a range of its own",
      problem: /overlaps bulkhead:regions.europe-west1.nodes, 10.0.0.0\/20/,
    },
  ),
  "a range inside the database's": foundation(
    { "bulkhead:databaseRange": "10.0.8.0/21" },
    {
      path: "bulkhead:regions.europe-west1.nodes",
      value: "10.0.0.0/20",
      remedy: "use a range of its own",
      problem: /overlaps bulkhead:databaseRange, 10.0.8.0/,
    },
  ),
  "a public range": region(
    { pods: "34.0.0.0/14" },
    {
      path: "bulkhead:regions.europe-west1.pods",
      value: "34.0.0.0/14",
      remedy: /10.0.0.0\/8/,
      problem: /not a private range/,
    },
  ),
  "Docker's range": region(
    { services: "172.17.16.0/20" },
    { path: "bulkhead:regions.europe-west1.services", value: "172.17.16.0/20", remedy: "use another range" },
  ),
  "proxies without room": region(
    { proxies: "10.9.0.0/27" },
    { path: "bulkhead:regions.europe-west1.proxies", value: "10.9.0.0/27", remedy: /use a \/26 or larger/ },
  ),
  "proxies in the pods' range": region(
    { proxies: "10.5.0.0/23" },
    {
      path: "bulkhead:regions.europe-west1.proxies",
      value: "10.5.0.0/23",
      remedy: "use a range of its own",
      problem: /overlaps bulkhead:regions.europe-west1.pods/,
    },
  ),
  "a database range without room": foundation(
    { "bulkhead:databaseRange": "10.64.0.0/25" },
    { path: "bulkhead:databaseRange", value: "10.64.0.0/25", remedy: /use a \/24 or larger/ },
  ),
  "endpoints where AlloyDB is peered": region(
    { endpoints: "10.64.0.0/24" },
    { path: "bulkhead:regions.europe-west1.endpoints", value: "10.64.0.0/24", remedy: "remove it" },
  ),
  "no endpoints by Private Service Connect": foundation(
    { "bulkhead:databaseAccess": "psc" },
    {
      path: "bulkhead:regions.europe-west1.endpoints",
      value: undefined,
      remedy: "give a part of bulkhead:databaseRange, 10.64.0.0/20",
    },
  ),
  "endpoints outside the database range": foundation(
    {
      "bulkhead:databaseAccess": "psc",
      "bulkhead:regions": { "europe-west1": { ...REGION, endpoints: "10.80.0.0/24" } },
    },
    { path: "bulkhead:regions.europe-west1.endpoints", value: "10.80.0.0/24", remedy: "use a part of it" },
  ),
  "two regions and no word on the gateway": foundation(
    { "bulkhead:regions": { "europe-west1": REGION, "us-east4": OTHER_REGION } },
    {
      path: "bulkhead:gatewayRegion",
      value: undefined,
      remedy: "name the one that is to hold the gateway: europe-west1, us-east4",
    },
  ),
  "a gateway in a region that is not there": foundation(
    { "bulkhead:gatewayRegion": "europe-west2" },
    { path: "bulkhead:gatewayRegion", value: "europe-west2", remedy: /did you mean "europe-west1"/ },
  ),
  "the whole internet": foundation(
    { "bulkhead:egress": { all: { range: "0.0.0.0/0" } } },
    { path: "bulkhead:egress.all.range", value: "0.0.0.0/0", remedy: /name the ranges/ },
  ),
  "a way out whose name is no name": foundation(
    { "bulkhead:egress": { "Token Issuer": { range: "203.0.113.0/24" } } },
    { path: 'bulkhead:egress."Token Issuer"', value: "Token Issuer", remedy: /1 to 20 of a-z/ },
  ),
  "keys that never rotate": foundation(
    { "bulkhead:encryption": { rotationDays: 0 } },
    { path: "bulkhead:encryption.rotationDays", value: 0, remedy: "use 2 or more" },
  ),
  "a mirror by http": foundation(
    { "bulkhead:mirrors": { hub: "http://registry-1.docker.io" } },
    { path: "bulkhead:mirrors.hub", value: "http://registry-1.docker.io", remedy: /begins with https/ },
  ),
  "a misspelt key of a region": region(
    { node: "10.16.0.0/20" },
    { path: "bulkhead:regions.europe-west1.node", value: "10.16.0.0/20", remedy: 'did you mean "nodes"?' },
  ),
  "a misspelt key of the layer": foundation(
    { "bulkhead:projekt": "acme-platform" },
    { path: "bulkhead:projekt", value: "acme-platform", remedy: 'did you mean "project"?' },
  ),
  "an unknown release channel": foundation(
    { "bulkhead:releaseChannel": "regular" },
    { path: "bulkhead:releaseChannel", value: "regular", remedy: /did you mean "REGULAR"/ },
  ),
  "node pools in Autopilot": foundation(
    { "bulkhead:gke": { nodePools: { general: {} } } },
    { path: "bulkhead:gke.nodePools", value: ["general"], remedy: /leave them out/, problem: /Autopilot runs its own/ },
  ),
  "a Standard cluster without nodes": foundation(
    { "bulkhead:gke": { mode: "standard" } },
    { path: "bulkhead:gke.nodePools", value: undefined, remedy: /add one/, problem: /no node/ },
  ),
  "a pool whose least is more than its largest": foundation(
    { "bulkhead:gke": { mode: "standard", nodePools: { general: { minNodes: 4, maxNodes: 3 } } } },
    { path: "bulkhead:gke.nodePools.general.minNodes", value: 4, remedy: /maxNodes the larger/ },
  ),
  "less maintenance than GKE demands": foundation(
    { "bulkhead:gke": { maintenance: { days: ["SU"], hours: 8 } } },
    { path: "bulkhead:gke.maintenance.hours", value: 8, remedy: /48 or more/, problem: /leaves 32 hours in 32 days/ },
  ),
  "a freeze of all upgrades without an end": foundation(
    { "bulkhead:gke": { maintenance: { exclusions: { freeze: { start: "2026-12-20T00:00:00Z" } } } } },
    { path: "bulkhead:gke.maintenance.exclusions.freeze.end", value: undefined, remedy: /within 30 days/ },
  ),
  "a freeze in local time": foundation(
    { "bulkhead:gke": { maintenance: { exclusions: { freeze: { start: "2026-12-20T00:00:00+01:00" } } } } },
    {
      path: "bulkhead:gke.maintenance.exclusions.freeze.start",
      value: "2026-12-20T00:00:00+01:00",
      remedy: /time in UTC/,
    },
  ),
  "every image of a registry's host": foundation(
    { "bulkhead:gke": { binaryAuthorization: { allow: { all: "**" } } } },
    { path: "bulkhead:gke.binaryAuthorization.allow.all", value: "**", remedy: /a host and a path/ },
  ),
  "several regions without a fleet": foundation(
    {
      "bulkhead:regions": { "europe-west1": REGION, "us-east4": OTHER_REGION },
      "bulkhead:gatewayRegion": "europe-west1",
      "bulkhead:gke": { fleet: false },
    },
    { path: "bulkhead:gke.fleet", value: false, remedy: /needs the fleet/ },
  ),
  "an archive that ends before its log": foundation(
    { "bulkhead:audit": { archive: { retentionDays: 30 } } },
    { path: "bulkhead:audit.archive.retentionDays", value: 30, remedy: /keep the archive longer/ },
  ),
  "a channel without an address": foundation(
    { "bulkhead:notifications": { team: { type: "email" } } },
    { path: "bulkhead:notifications.team.address", value: undefined, remedy: "give an e-mail address" },
  ),
  "a key where an address belongs": foundation(
    { "bulkhead:notifications": { oncall: { type: "pagerduty", address: "0123456789abcdef" } } },
    { path: "bulkhead:notifications.oncall.address", value: undefined, remedy: /pulumi config set --secret/ },
  ),
  "a protection in words": foundation(
    { "bulkhead:deletionProtection": "yes" },
    { path: "bulkhead:deletionProtection", value: "yes", remedy: "give a boolean" },
  ),
  "an authorized network that is a list": foundation(
    { "bulkhead:authorizedNetworks": ["10.0.0.0/8"] },
    { path: "bulkhead:authorizedNetworks", value: ["10.0.0.0/8"], remedy: "give a map" },
  ),
};

describe("stack config of layer 1 that is refused", () => testRefused(bad));
