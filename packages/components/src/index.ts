/** The components of the platform, one entity each. */
export { AlloyDbCluster, type AlloyDbClusterArgs } from "./alloydb/cluster.ts";
export { RegionKeys, type RegionKeysArgs } from "./encryption/region-keys.ts";
export { ServiceAgents, type ServiceAgentsArgs } from "./encryption/service-agents.ts";
export { GkeCluster, type GkeClusterArgs } from "./gke/cluster.ts";
export { WorkloadIdentity, type WorkloadIdentityArgs } from "./identity/workload-identity.ts";
export * from "./layers/outputs.ts";
export { readLayer, readOwnOutputs } from "./layers/reference.ts";
export { PrivateServiceConnectEndpoint, type PrivateServiceConnectEndpointArgs } from "./network/endpoint.ts";
export { Network, type NetworkArgs } from "./network/network.ts";
export { SealedNamespace, type SealedNamespaceArgs } from "./network-policies/namespace.ts";
export { TenantApi, type TenantApiArgs, tenantIdentity } from "./postgrest/tenant-api.ts";
export { PostgrestTier, type PostgrestTierArgs } from "./postgrest/tier.ts";
export { ImageRegistry, type ImageRegistryArgs } from "./registry/registry.ts";
export { ManifestConfigMaps } from "./tenancy/manifest.ts";
export { TenantRollout, type TenantRolloutArgs } from "./tenancy/rollout.ts";
export { type RuntimeJobArgs, runtimeJob } from "./tenancy/runtime-job.ts";
