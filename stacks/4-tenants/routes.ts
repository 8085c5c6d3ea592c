/** The hosts of tenants with a schema, a database or an instance of their own. A pooled tenant has none: it shares its cell's. */
import {
  type EdgeOutputs,
  edgeNamespace,
  GatewayBackend,
  httpsRoute,
  PUBLIC_LABEL,
  READS_NEAR,
  tierServiceName,
} from "@bulkhead/components";
import { type PlacedTenant, tenantHost, tenantNamespace, tenantSchema } from "@bulkhead/config";
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

export interface TenantRoutesArgs {
  readonly cell: string;
  /** Region that the cell writes in. */
  readonly region: string;
  readonly edge: EdgeOutputs;
  readonly tenants: readonly PlacedTenant[];
  /** Where those with a PostgREST of their own are served. */
  readonly apis: Readonly<Record<string, { namespace: pulumi.Input<string>; service: pulumi.Input<string> }>>;
  /** Of the cell's cluster, and of the one that holds the gateway. */
  readonly providers: { readonly home: k8s.Provider; readonly gateway: k8s.Provider };
  /** What a tenant's host waits for: its schema. */
  readonly after: pulumi.Resource;
}

/** One route per tenant, named after it: one more moves no other. */
export function tenantRoutes(args: TenantRoutesArgs): void {
  const { cell, edge } = args;
  const opts = { provider: args.providers.gateway, dependsOn: [args.after] };
  const mirrored = mirrors(args);
  for (const tenant of args.tenants) {
    const metadata = (namespace: pulumi.Input<string>) => ({ name: `tenant-${tenant.id}`, namespace });
    const name = `${cell}-tenant-${tenant.id}-route`;
    const to = { gateway: edge.gateway, hosts: [tenantHost(tenant.id, edge.domain)] };
    const api = args.apis[tenant.id];
    // A suspended tenant keeps its host: its API answers why.
    const isServed = tenant.status === "active" || tenant.status === "suspended";
    if (tenant.isolation === "schema" && isServed && tenant.shard !== undefined) {
      const { namespace, readsNear } = edge.cells[cell]!;
      const schema = tenantSchema(tenant.id);
      // Whatever the client asks for, it is asked of its own schema: it can neither choose another's nor be told their names.
      const setHeaders = { "Accept-Profile": schema, "Content-Profile": schema };
      const backend = (workload: string) => ({
        service: tierServiceName(workload, tenant.tier),
        multiCluster: edge.multiCluster,
      });
      const shard = `shard-${tenant.shard}`;
      const near = { backend: backend(`${shard}-reads`), ifHeaders: READS_NEAR, setHeaders };
      const rules = [...(readsNear ? [near] : []), { backend: backend(shard), setHeaders }];
      httpsRoute(name, { ...to, metadata: metadata(namespace), rules }, opts);
    } else if (api) {
      const mirror = mirrored(tenant);
      const namespace = mirror?.metadata.name ?? api.namespace;
      const backend = new GatewayBackend(
        `${cell}-tenant-${tenant.id}-edge`,
        {
          namespace,
          service: api.service,
          settings: edge.settings,
          // The Service is the tenant's alone: so is the tier of its limit.
          securityPolicy: edge.securityPolicies[tenant.tier],
          ...(edge.multiCluster && { exporters: { [args.region]: args.providers.home } }),
        },
        { providers: [args.providers.gateway] },
      );
      httpsRoute(name, { ...to, metadata: metadata(namespace), rules: [{ backend: backend.ref }] }, opts);
    }
  }
}

/** Namespaces in the gateway's cluster for the routes to APIs in another, of the same name; made where a tenant needs one. */
function mirrors(args: TenantRoutesArgs): (tenant: PlacedTenant) => k8s.core.v1.Namespace | undefined {
  const made = new Map<string, k8s.core.v1.Namespace>();
  return ({ id, isolation }) => {
    if (args.region === args.edge.region) return undefined;
    const name = isolation === "instance" ? tenantNamespace(id) : `bulkhead-${args.cell}-tenants`;
    const known = made.get(name);
    if (known) return known;
    const namespace = edgeNamespace(
      `edge-${name}`,
      { name, labels: PUBLIC_LABEL, leftBehind: true },
      { provider: args.providers.gateway },
    );
    made.set(name, namespace);
    return namespace;
  };
}
