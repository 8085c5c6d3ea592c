/** The picture at the head of the README, drawn from its description: `npm run generate` writes it to docs/architecture.svg. */
import { drawRequest } from "./picture/request.ts";
import { document } from "./picture/svg.ts";
import { drawTenant } from "./picture/tenant.ts";

const TITLE = "Bulkhead: a request's way from HTTP to a row, and a tenant's from a line of YAML to a row";
const DESCRIPTION =
  "A tenant's client reaches, through your load balancer, the PostgREST tier that serves it: the client tier for pooled tenants, a shard for schema " +
  "tenants, a tenant's own for database and instance tenants. Administrators reach the admin tier on the private network. Each tier " +
  "logs in to AlloyDB through an Auth Proxy sidecar, without a password, as an authenticator that may become few roles. There the " +
  "role comes from the token, pre_request checks the claims and sets the account, and a forced row-level policy leaves the tenant's " +
  "own rows. A tenant is a line in a stack file; the config package checks it, pulumi up writes it into a manifest of ConfigMaps, " +
  "Jobs create, migrate and prove it, and PostgREST serves it.";

export function drawPicture(): string {
  return document(960, 726, TITLE, DESCRIPTION, [...drawRequest(), ...drawTenant()]);
}
