/** Stack config of `stacks/3-services`. */
import { z } from "zod";
import { check } from "../check.ts";
import { joinPath, type Mistake } from "../mistakes.ts";
import { image } from "./common.ts";
import { checkEdge, edgeSchema } from "./edge.ts";
import { checkFleet } from "./fleet.ts";
import { readsTier, sharedProxy, tier } from "./tier.ts";
import { checkVault, vaultSchema } from "./vault.ts";

/** What a public key consists of, by its type (RFC 7518, section 6). */
const PUBLIC_PARTS: Readonly<Record<string, readonly string[] | undefined>> = {
  RSA: ["n", "e"],
  EC: ["crv", "x", "y"],
  OKP: ["crv", "x"],
};

const jwksSchema = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });

export const servicesSchema = z.strictObject({
  images: z
    .strictObject({
      postgrest: image.default("docker.io/postgrest/postgrest:v16.1"),
      runtime: image.describe("Image of packages/runtime, in the environment's Artifact Registry."),
      authProxy: image.default("gcr.io/alloydb-connectors/alloydb-auth-proxy:1.15.2"),
      metricsAdapter: image
        .default("gcr.io/gke-release/custom-metrics-stackdriver-adapter:v0.16.11-gke.0")
        .describe("Google's adapter between Kubernetes' custom metrics and Cloud Monitoring; see customMetrics."),
    })
    .describe(
      "Container images. A tag is enough for local; every other environment names them by digest, which npm run pin writes.",
    ),
  tokens: z
    .strictObject({
      audience: z.string().min(1).max(200).default("bulkhead").describe("The `aud` that a token must carry."),
      jwksFile: z
        .string()
        .min(1)
        .optional()
        .describe("File with the public keys (a JWKS), relative to the stack's folder."),
      jwks: jwksSchema.optional().describe("The public keys themselves (a JWKS)."),
    })
    .describe("Whose tokens the API accepts. Public keys only: who signs is not the platform's business."),
  client: tier.prefault({}).describe("The client tier: PostgREST for pooled tenants, under row-level security."),
  admin: tier
    .prefault({ replicas: { min: 1, max: 2 }, pool: 5 })
    .describe("The admin tier: PostgREST for administrators, on a private address."),
  shards: z
    .int()
    .min(1)
    .max(50)
    .default(1)
    .describe("PostgREST shards of a cell for schema tenants. More can be added; a shard in use cannot be taken away."),
  shard: tier.prefault({}).describe("Each shard of schema tenants."),
  reads: readsTier
    .prefault({})
    .describe(
      "The tiers that read from replicas, client and shards alike; where a cell has read pools or secondaries.",
    ),
  customMetrics: z
    .enum(["deploy", "present", "none"])
    .default("deploy")
    .describe(
      "Scale on requests that wait for a connection. deploy: with Google's adapter, installed by the platform. present: the clusters serve custom metrics already. none: CPU and memory only.",
    ),
  sharedProxy: sharedProxy
    .optional()
    .describe("An Auth Proxy that other clients in the clusters may call, with passwords of their own. Default: none."),
  schemasPerShard: z
    .int()
    .min(1)
    .max(1000)
    .default(100)
    .describe("Schema tenants that one shard serves: its schema cache reads the columns of each at every reload."),
  edge: edgeSchema.optional(),
  vault: vaultSchema.optional(),
  maxConnections: z
    .int()
    .min(50)
    .max(100_000)
    .default(1000)
    .describe("max_connections of the cells' primaries; the fleet's pools must fit."),
});

export type ServicesConfig = z.output<typeof servicesSchema>;

/** Rules across fields: keys given once and public, replicas in order, pools under max_connections (I7). Takes what is sound. */
export function checkServices(config: Partial<ServicesConfig>): Mistake[] {
  const mistakes: Mistake[] = [];
  const { tokens, maxConnections } = config;
  if (tokens && (tokens.jwks === undefined) === (tokens.jwksFile === undefined)) {
    mistakes.push({
      path: "bulkhead:tokens",
      value: Object.keys(tokens).filter((key) => key.startsWith("jwks")),
      problem: tokens.jwks ? "has both jwks and jwksFile" : "has neither jwks nor jwksFile",
      remedy: "give one of the two",
    });
  }
  if (tokens?.jwks) mistakes.push(...checkPublicKeys(tokens.jwks, "bulkhead:tokens.jwks"));
  mistakes.push(...checkEdge(config.edge));
  mistakes.push(...checkVault(config.vault));
  for (const name of ["client", "admin", "shard", "reads", "sharedProxy"] as const) {
    const { min, max } = config[name]?.replicas ?? { min: 1, max: 1 };
    if (min > max)
      mistakes.push({
        path: `bulkhead:${name}.replicas`,
        value: { min, max },
        problem: "min is over max",
        remedy: "raise max or lower min",
      });
  }
  if (maxConnections !== undefined) mistakes.push(...checkFleet(config, maxConnections));
  return mistakes;
}

/**
 * A JWKS that verifies may hold no private or symmetric key: it goes into a ConfigMap. Takes what a file held, so its shape is
 * checked here as well. The mistakes never hold the key.
 */
export function checkPublicKeys(jwks: unknown, path: string): Mistake[] {
  const checked = check(jwksSchema, jwks, path);
  if (checked.value === undefined) return checked.mistakes.map(({ value: _secret, ...mistake }) => mistake);
  return checked.value.keys.flatMap((key, index) => {
    const at = joinPath(path, "keys", index);
    const value = { kty: key.kty, ...(typeof key.kid === "string" ? { kid: key.kid } : {}) };
    if (key.kty === "oct" || "d" in key || "k" in key) {
      const remedy = "give the public key only, of type RSA, EC or OKP";
      return [{ path: at, value, problem: "holds a secret key", remedy }];
    }
    const parts = PUBLIC_PARTS[key.kty];
    const missing = parts?.filter((part) => typeof key[part] !== "string") ?? [];
    if (parts && missing.length === 0) return [];
    const problem = parts ? `lacks ${missing.join(" and ")}` : "is of no type that PostgREST verifies with";
    return [
      {
        path: at,
        value,
        problem,
        remedy: "give a whole public key, of type RSA (n, e), EC (crv, x, y) or OKP (crv, x)",
      },
    ];
  });
}
