/** The components of the platform, one entity each. */
export { AlloyDbCluster, type AlloyDbClusterArgs } from "./alloydb/cluster.ts";
export { DatabaseDashboard, type DatabaseDashboardArgs } from "./alloydb/dashboard.ts";
export { AlloyDbSecondary, type AlloyDbSecondaryArgs } from "./alloydb/secondary.ts";
export { type AlloyDbSettings, cellSettings, type ReadPoolSettings } from "./alloydb/settings.ts";
export { AlloyDbSite, type AlloyDbSiteArgs, type Replication } from "./alloydb/site.ts";
export { VertexAiAccess, type VertexAiAccessArgs } from "./alloydb/vertex-ai.ts";
export { AuditAlerts, type AuditAlertsArgs } from "./audit/alerts.ts";
export { AuditTrail, type AuditTrailArgs } from "./audit/trail.ts";
export { proxyInstance } from "./auth-proxy/flags.ts";
export { type ProxyCaller, proxyPath, SharedAuthProxy, type SharedAuthProxyArgs } from "./auth-proxy/shared.ts";
export { RegionKeys, type RegionKeysArgs } from "./encryption/region-keys.ts";
export { ServiceAgents, type ServiceAgentsArgs } from "./encryption/service-agents.ts";
export { furtherService, GatewayBackend, type GatewayBackendArgs, tierServiceName } from "./gateway/backend.ts";
export { InternalGateway, type InternalGatewayArgs } from "./gateway/internal-gateway.ts";
export { edgeNamespace } from "./gateway/namespace.ts";
export { EDGE_NAMESPACE, httpsRoute, PUBLIC_LABEL, READS_NEAR } from "./gateway/objects.ts";
export { PublicGateway, type PublicGatewayArgs } from "./gateway/public-gateway.ts";
export { WorkloadAlerts, type WorkloadAlertsArgs } from "./gke/alerts.ts";
export { GkeCluster, type GkeClusterArgs } from "./gke/cluster.ts";
export { WorkloadDashboard, type WorkloadDashboardArgs } from "./gke/dashboard.ts";
export { ImagePolicy, type ImagePolicyArgs } from "./gke/image-policy.ts";
export { MultiCluster, type MultiClusterArgs } from "./gke/multi-cluster.ts";
export { NodeServiceAccount, type NodeServiceAccountArgs } from "./gke/node-service-account.ts";
export { SiteIdentity, type SiteIdentityArgs } from "./identity/site-identity.ts";
export { type Identity, WorkloadIdentity, type WorkloadIdentityArgs } from "./identity/workload-identity.ts";
export * from "./layers/outputs.ts";
export { readLayer, readOwnOutputs } from "./layers/reference.ts";
export { PrivateServiceConnectEndpoint, type PrivateServiceConnectEndpointArgs } from "./network/endpoint.ts";
export { Network, type NetworkArgs } from "./network/network.ts";
export { SealedNamespace, type SealedNamespaceArgs } from "./network-policies/namespace.ts";
export { type NetworkPath, networkPath, type Peer } from "./network-policies/path.ts";
export { NotificationChannels, type NotificationChannelsArgs } from "./observability/notification-channels.ts";
export {
  METRICS_ADAPTER,
  METRICS_ADAPTER_ROLE,
  MetricsAdapter,
  type MetricsAdapterArgs,
} from "./pods/metrics-adapter.ts";
export { TenantApi, type TenantApiArgs, tenantIdentity } from "./postgrest/tenant-api.ts";
export { PostgrestTier, type PostgrestTierArgs } from "./postgrest/tier.ts";
export { ImageRegistry, type ImageRegistryArgs } from "./registry/registry.ts";
export { ManifestConfigMaps } from "./tenancy/manifest.ts";
export { TenantRollout, type TenantRolloutArgs } from "./tenancy/rollout.ts";
export { type RuntimeJobArgs, runtimeJob } from "./tenancy/runtime-job.ts";
export { AGENT_PORT, type VaultAgent, type VaultAgentArgs, vaultAgent } from "./vault/agent.ts";
export { VaultDatabase, type VaultDatabaseArgs, type VaultHost, type VaultRole } from "./vault/database.ts";
export { type VaultCluster, VaultEngine, type VaultEngineArgs } from "./vault/engine.ts";
export { VaultLogins, type VaultLoginsArgs } from "./vault/logins.ts";
export { vaultPath } from "./vault/network.ts";
export { clusterPlace, placeOf, type VaultPlace, vaultProvider, vaultTenants } from "./vault/place.ts";
export { type VaultProxyArgs, vaultProxy, vaultProxyRegion } from "./vault/proxy.ts";
export { dbAdminStatements, runtimeUserStatements, tenantStatements } from "./vault/statements.ts";
export { VaultWorkload, type VaultWorkloadArgs } from "./vault/workload.ts";
