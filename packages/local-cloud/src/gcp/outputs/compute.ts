import {
  type Context,
  CREATED,
  digits,
  given,
  hex,
  privateAddress,
  publicAddress,
  type Shape,
  type Shapers,
} from "./context.ts";

const API = "https://www.googleapis.com/compute/v1/";

function place(c: Context, scope: "global" | "regions", collection: string): Shape {
  const where = scope === "global" ? "global" : `regions/${given(c, "region", c.region)}`;
  const id = `projects/${c.project}/${where}/${collection}/${given(c, "name", c.name)}`;
  const computed = { selfLink: API + id, creationTimestamp: CREATED, fingerprint: hex(id, 12) };
  return { id, computed: scope === "regions" ? { ...computed, region: given(c, "region", c.region) } : computed };
}

/** A name such as `compute/regionBackendService` names its own collection and scope. */
function byName(c: Context): Shape {
  const type = c.type.split(":").at(-1) ?? "";
  const isRegional = type.startsWith("Region") || given(c, "region") !== "";
  const bare = type.replace(/^(Region|Global)(?=[A-Z])/, "");
  const collection = bare.charAt(0).toLowerCase() + bare.slice(1).replace(/y$/, "ie");
  return place(c, isRegional ? "regions" : "global", `${collection}s`);
}

function address(c: Context, shape: Shape): Shape {
  const isInternal = given(c, "addressType") === "INTERNAL";
  const peering = given(c, "purpose") === "VPC_PEERING";
  const made = peering
    ? `10.${Number(digits(shape.id, 3)) % 200}.0.0`
    : isInternal
      ? privateAddress(shape.id)
      : publicAddress(shape.id);
  const computed = {
    ...shape.computed,
    address: given(c, "address", made),
    labelFingerprint: hex(shape.id, 8),
    users: [],
  };
  return { id: shape.id, computed };
}

function firstHost(range: string): string {
  const [ip = ""] = range.split("/");
  const bytes = ip.split(".");
  return [...bytes.slice(0, 3), String(Number(bytes[3] ?? 0) + 1)].join(".");
}

export const compute: Shapers = {
  "gcp:compute/network:Network": (c) => {
    const shape = place(c, "global", "networks");
    const numericId = digits(shape.id, 19);
    return { id: shape.id, computed: { selfLink: API + shape.id, networkId: numericId, numericId, gatewayIpv4: "" } };
  },
  "gcp:compute/subnetwork:Subnetwork": (c) => {
    const shape = place(c, "regions", "subnetworks");
    const gatewayAddress = firstHost(given(c, "ipCidrRange"));
    return {
      id: shape.id,
      computed: { ...shape.computed, gatewayAddress, subnetworkId: Number(digits(shape.id, 15)) },
    };
  },
  "gcp:compute/router:Router": (c) => place(c, "regions", "routers"),
  "gcp:compute/routerNat:RouterNat": (c) => ({
    id: `${c.project}/${given(c, "region", c.region)}/${given(c, "router")}/${given(c, "name", c.name)}`,
    computed: { region: given(c, "region", c.region) },
  }),
  "gcp:compute/firewall:Firewall": (c) => place(c, "global", "firewalls"),
  "gcp:compute/networkFirewallPolicy:NetworkFirewallPolicy": (c) => {
    const shape = place(c, "global", "firewallPolicies");
    return { id: shape.id, computed: { ...shape.computed, networkFirewallPolicyId: digits(shape.id, 12) } };
  },
  "gcp:compute/globalAddress:GlobalAddress": (c) => address(c, place(c, "global", "addresses")),
  "gcp:compute/address:Address": (c) => address(c, place(c, "regions", "addresses")),
  "gcp:compute/forwardingRule:ForwardingRule": (c) => {
    const shape = place(c, "regions", "forwardingRules");
    const ipAddress = given(c, "ipAddress", privateAddress(shape.id));
    const computed = {
      ...shape.computed,
      ipAddress,
      pscConnectionId: digits(shape.id, 17),
      pscConnectionStatus: "ACCEPTED",
    };
    return { id: shape.id, computed };
  },
  "gcp:compute/securityPolicy:SecurityPolicy": (c) => place(c, "global", "securityPolicies"),
};

export const computeByName = byName;
