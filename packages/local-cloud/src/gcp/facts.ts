import type { FactsTable, ResourceFacts } from "../plugin/rules.ts";
import table from "./facts.json" with { type: "json" };

/**
 * Facts beyond the generated table, which holds what the plugin's own schema says (facts.json, keyed by Pulumi token).
 * To teach the stand-in another resource, or to correct one, add it here: an entry replaces the generated one.
 */
const added: FactsTable = {
  "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": {
    required: ["member", "repository", "role"],
    replaces: ["condition", "location", "member", "project", "repository", "role"],
  },
  "gcp:certificatemanager/certificateMapEntry:CertificateMapEntry": {
    required: ["certificates", "map"],
    replaces: ["hostname", "map", "matcher", "name", "project"],
  },
  "gcp:certificatemanager/dnsAuthorization:DnsAuthorization": {
    required: ["domain"],
    replaces: ["domain", "location", "name", "project", "type"],
  },
  "gcp:compute/regionSslPolicy:RegionSslPolicy": {
    required: [],
    replaces: ["description", "name", "project", "region"],
  },
  "gcp:compute/sSLPolicy:SSLPolicy": { required: [], replaces: ["description", "name", "project"] },
  "gcp:serviceaccount/iAMBinding:IAMBinding": {
    required: ["members", "role", "serviceAccountId"],
    replaces: ["condition", "role", "serviceAccountId"],
  },
  "gcp:projects/iAMBinding:IAMBinding": {
    required: ["members", "project", "role"],
    replaces: ["condition", "project", "role"],
  },
};

/** For a type nobody has described: a name from the logical one, and identity that cannot be edited in place. */
const fallback: ResourceFacts = { required: [], replaces: ["location", "name", "project", "region", "zone"] };

const facts: FactsTable = { ...table, ...added };

export function factsOf(type: string): ResourceFacts {
  return facts[type] ?? fallback;
}

export const describedTypes: readonly string[] = Object.keys(facts);
