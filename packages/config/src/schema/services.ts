/** Stack config of `stacks/3-services`. */
import { z } from "zod";
import { check } from "../check.ts";
import { joinPath, type Mistake } from "../mistakes.ts";
import { image } from "./common.ts";

/** PostgREST keeps this many connections for its LISTEN and its schema cache beside the pool of each replica. */
const CONNECTIONS_BESIDE_POOL = 1;
/** Left for the Jobs, an operator, and PostgreSQL's reserved slots. */
const RESERVED_CONNECTIONS = 20;

const replicas = z
  .strictObject({
    min: z.int().min(1).max(100).describe("Replicas at rest."),
    max: z.int().min(1).max(500).describe("Replicas under load; each opens a pool of its own."),
  })
  .default({ min: 2, max: 10 });

const jwksSchema = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });

const tier = z.strictObject({
  replicas,
  pool: z.int().min(1).max(100).default(10).describe("Connections of one replica's pool."),
});

export const servicesSchema = z.strictObject({
  images: z
    .strictObject({
      postgrest: image.default("docker.io/postgrest/postgrest:v16.1"),
      runtime: image.describe("Image of packages/runtime, in the environment's Artifact Registry."),
      authProxy: image.default("gcr.io/alloydb-connectors/alloydb-auth-proxy:1.15.2"),
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
  schemasPerShard: z
    .int()
    .min(1)
    .max(1000)
    .default(100)
    .describe("Schema tenants that one shard serves: its schema cache reads the columns of each at every reload."),
  maxConnections: z
    .int()
    .min(50)
    .max(100_000)
    .default(1000)
    .describe("max_connections of the cells' primaries; the fleet's pools must fit."),
});

export type ServicesConfig = z.output<typeof servicesSchema>;
export type TierConfig = z.output<typeof tier>;

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
  for (const name of ["client", "admin", "shard"] as const) {
    const { min, max } = config[name]?.replicas ?? { min: 1, max: 1 };
    if (min > max)
      mistakes.push({
        path: `bulkhead:${name}.replicas`,
        value: { min, max },
        problem: "min is over max",
        remedy: "raise max or lower min",
      });
  }
  if (maxConnections === undefined || !knowsFleet(config)) return mistakes;
  const peak = peakConnections(config);
  if (peak > maxConnections) {
    mistakes.push({
      path: "bulkhead:maxConnections",
      value: maxConnections,
      problem: `is less than the fleet can open at its peak, ${peak}`,
      remedy: "lower replicas.max or pool, or raise max_connections",
    });
  }
  return mistakes;
}

type Fleet = Pick<ServicesConfig, "client" | "admin" | "shards" | "shard">;

function knowsFleet(config: Partial<ServicesConfig>): config is Partial<ServicesConfig> & Fleet {
  return [config.client, config.admin, config.shards, config.shard].every((part) => part !== undefined);
}

/** Connections that a cell's fleet opens with every tier at its largest. */
export function peakConnections(config: Fleet): number {
  const of = (name: "client" | "admin" | "shard") =>
    config[name].replicas.max * (config[name].pool + CONNECTIONS_BESIDE_POOL);
  return of("client") + of("admin") + config.shards * of("shard") + RESERVED_CONNECTIONS;
}

/**
 * A JWKS that verifies may hold no private or symmetric key: it goes into a ConfigMap. Takes what a file held, so its shape is
 * checked here as well. The mistakes never hold the key.
 */
export function checkPublicKeys(jwks: unknown, path: string): Mistake[] {
  const checked = check(jwksSchema, jwks, path);
  if (checked.value === undefined) return checked.mistakes.map(({ value: _secret, ...mistake }) => mistake);
  return checked.value.keys.flatMap((key, index) => {
    const secret = key.kty === "oct" || "d" in key || "k" in key;
    return secret
      ? [
          {
            path: joinPath(path, "keys", index),
            value: { kty: key.kty, ...(typeof key.kid === "string" ? { kid: key.kid } : {}) },
            problem: "holds a secret key",
            remedy: "give the public key only, of type RSA, EC or OKP",
          },
        ]
      : [];
  });
}
