/** The PostgREST of a tenant with a database of its own: its own login, which may become that tenant's role and no other. */
import { TENANT_API_SCALE, tenantAuthenticator, tenantDatabase } from "@bulkhead/config";
import * as pulumi from "@pulumi/pulumi";
import { WorkloadIdentity } from "../identity/workload-identity.ts";
import type { ServicesOutputs } from "../layers/outputs.ts";
import { PostgrestTier } from "./tier.ts";

export interface TenantIdentityArgs {
  readonly project: string;
  readonly workloadPool: string;
  readonly namespace: pulumi.Input<string>;
  readonly cluster: pulumi.Input<string>;
  readonly environment: string;
  /** Id of the tenant. */
  readonly tenant: string;
}

/** Identity of a tenant's own PostgREST. Apart from it, because the rollout grants its login before the PostgREST starts. */
export function tenantIdentity(args: TenantIdentityArgs, opts?: pulumi.ComponentResourceOptions): WorkloadIdentity {
  return new WorkloadIdentity(
    `tenant-${args.tenant}`,
    {
      project: args.project,
      workloadPool: args.workloadPool,
      namespace: args.namespace,
      serviceAccount: `tenant-${args.tenant}`,
      account: `t-${args.environment}-${args.tenant}`,
      description: `PostgREST of tenant ${args.tenant}`,
      cluster: args.cluster,
      databaseRoles: [],
    },
    opts,
  );
}

export interface TenantApiArgs {
  readonly namespace: pulumi.Input<string>;
  readonly tenant: string;
  readonly identity: WorkloadIdentity;
  /** `projects/…/instances/…`, or what `proxyInstance` made of it. */
  readonly instance: pulumi.Input<string>;
  readonly services: Pick<ServicesOutputs, "images" | "tokens" | "customMetrics">;
}

export class TenantApi extends pulumi.ComponentResource {
  readonly service: pulumi.Output<string>;

  constructor(name: string, args: TenantApiArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:postgrest:TenantApi", name, {}, opts);
    const tier = new PostgrestTier(
      name,
      {
        namespace: args.namespace,
        tier: `tenant-${args.tenant}`,
        images: args.services.images,
        identity: args.identity,
        authenticator: tenantAuthenticator(args.tenant),
        instance: args.instance,
        database: tenantDatabase(args.tenant),
        anonymousRole: "anon",
        scale: TENANT_API_SCALE,
        customMetrics: args.services.customMetrics,
        tokens: { audience: args.services.tokens.audience, jwks: args.services.tokens.jwks },
      },
      { parent: this },
    );
    this.service = tier.service;
    this.registerOutputs({ service: this.service });
  }
}
