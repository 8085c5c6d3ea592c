/** The contract of Bulkhead: schemas of every stack's config, derived names, the manifest. */
export { type Checked, check } from "./check.ts";
export { type ChangeKind, describeChanges, isErased, type KnownTenant, type TenantChange } from "./describe.ts";
export { checkTenantHosts } from "./edge-rules.ts";
export { type Environment, readEnvironment } from "./environment.ts";
export { checkDigests, type ImageReference, PLACEHOLDER_DIGEST, parseImage } from "./images.ts";
export { jsonSchemas } from "./json-schemas.ts";
export {
  LAYER_SCHEMAS,
  LAYERS,
  type Layer,
  NAMESPACE,
  parseDatabase,
  parseFoundation,
  parseServices,
  parseTenants,
  projectOf,
  rawFromPulumi,
  type TenantsConfig,
} from "./layers.ts";
export { type Manifest, type PlacedTenant, type Rollout, readManifest, sortKeys, writeManifest } from "./manifest.ts";
export { ConfigError, didYouMean, joinPath, type Mistake, renderMistake, renderValue } from "./mistakes.ts";
export * from "./names.ts";
export type { AuditConfig, NotificationChannelConfig, NotificationsConfig } from "./schema/audit.ts";
export {
  type CellConfig,
  type DatabaseConfig,
  defaultCell,
  type ReadPoolConfig,
  type SecondaryConfig,
} from "./schema/database.ts";
export { adminHost, cellHost, type EdgeConfig, type RateLimit, tenantHost, WAF_RULE_SETS } from "./schema/edge.ts";
export { type CellDemand, checkCellConnections, chooseReadPool, peakConnections } from "./schema/fleet.ts";
export type { FoundationConfig } from "./schema/foundation.ts";
export { isPrivateRange } from "./schema/foundation-ranges.ts";
export type { GkeConfig, NodePoolConfig } from "./schema/gke.ts";
export type { ServicesConfig } from "./schema/services.ts";
export {
  DEFAULT_TIERS,
  type Isolation,
  RESIDENCIES,
  residencySatisfied,
  type TenantStatus,
  TIERS,
  type Tier,
  type Tiers,
} from "./schema/tenants.ts";
export { TENANT_API_SCALE, type TierConfig } from "./schema/tier.ts";
export { checkVaultPlaces, deliveryOf, type VaultConfig, type VaultWorkloadConfig } from "./schema/vault.ts";
export { placeInShards, type ShardLimits } from "./shards.ts";
export { type CellSites, checkSiteMoves, HOME, type KnownSites, type Site, type SiteRole, siteRoles } from "./sites.ts";
export { checkTenantId, RESERVED_TENANT_IDS, TENANT_ID_PATTERN } from "./tenant-id.ts";
export { checkTenants, type Tenant, type TenantContext } from "./tenants.ts";
export * from "./vault-names.ts";
