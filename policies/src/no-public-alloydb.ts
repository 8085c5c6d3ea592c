/** AlloyDB has private addresses only. */
import type { Resource, Rule } from "./rule.ts";
import { fields, isGiven, maps, UNKNOWN } from "./values.ts";

/** Keys whose being switched on gives an instance a public address, in or out; in any spelling of the providers. */
const SWITCHES: Readonly<Record<string, string>> = {
  enablepublicip: "has a public address",
  enableoutboundpublicip: "has a public address for outbound connections",
};

export const noPublicAlloydb: Rule = {
  id: "no-public-alloydb",
  severity: "critical",
  description: "AlloyDB is reached privately: no instance has a public address, and no outside network is let in.",
  frameworks: ["CIS GCP 6.5", "CIS GCP 6.6", "SOC 2 CC6.6", "HIPAA 164.312(e)(1)", "GDPR Art. 32"],
  remedy:
    "Set networkConfig.enablePublicIp and enableOutboundPublicIp to false, remove authorizedExternalNetworks, and connect through the Auth Proxy.",
  faults: (resource) => {
    if (!isAlloydb(resource)) return [];
    return [...maps(resource.props)].flatMap(({ path, map }) =>
      Object.entries(map).flatMap(([key, value]) => {
        const where = path === "" ? key : `${path}.${key}`;
        const name = key.toLowerCase().replaceAll("_", "");
        const opened = SWITCHES[name];
        if (opened && isOn(value)) return [`The AlloyDB instance ${opened} (${where} is ${String(value)})`];
        if (name === "authorizedexternalnetworks" && isOpened(value)) {
          return [`The AlloyDB instance lets outside networks in (${where})`];
        }
        return [];
      }),
    );
  },
};

/** By provider type, or by the kind of a Config Connector resource. */
function isAlloydb({ type, props }: Resource): boolean {
  const { kind } = fields(props);
  return /(?:^|[:/])alloydb/i.test(type) || (typeof kind === "string" && /^alloydb/i.test(kind));
}

/** Anything but a plain no: what a provider would make of another value is not left to chance. */
function isOn(value: unknown): boolean {
  return isGiven(value) && value !== UNKNOWN && value !== false && String(value).toLowerCase() !== "false";
}

function isOpened(value: unknown): boolean {
  return isGiven(value) && value !== UNKNOWN && !(Array.isArray(value) && value.length === 0);
}
