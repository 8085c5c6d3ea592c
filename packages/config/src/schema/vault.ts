/** `bulkhead:vault` of `stacks/3-services`: which Vault issues short-lived logins, how it is reached, and who gets them. */
import { z } from "zod";
import { joinPath, type Mistake } from "../mistakes.ts";
import { tenantConnection } from "../vault-names.ts";
import { cellName, cidr, region } from "./common.ts";

/** A duration of leases, in whole minutes. */
const lease = z
  .string()
  .regex(/^[1-9][0-9]{0,3}min$/, { error: "use whole minutes, such as 5min" })
  .transform((text) => Number.parseInt(text, 10) * 60);

const leases = (byDefault: string) =>
  z
    .strictObject({
      default: lease.prefault(byDefault).describe(`How long a login lives unless renewed. Default ${byDefault}.`),
      max: lease.prefault("60min").describe("How long it lives however often it is renewed. Default 60min."),
    })
    .prefault({});

const kubernetesName = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, { error: "use 1 to 63 of a-z, 0-9 and -, as Kubernetes wants it" });

const certificate = z
  .string()
  .regex(/^-----BEGIN CERTIFICATE-----\n[\s\S]+-----END CERTIFICATE-----\s*$/, { error: "give a certificate in PEM" });

const https = z
  .string()
  .regex(/^https:\/\/[A-Za-z0-9.-]+(?::\d{1,5})?$/, { error: "use https://host:port, without a path" });

/** Of a cell's database, or of the cluster of an instance tenant. */
const connectionName = z.string().regex(/^(?:[a-z][a-z0-9]{0,14}|tenant-[a-z][a-z0-9-]{1,39})$/, {
  error: "use a cell, or tenant-<id> for a tenant with an instance of its own",
});

const workload = z.strictObject({
  role: z
    .enum(["runtime-user", "db-admin", "stable"])
    .default("runtime-user")
    .describe(
      "runtime-user: a service; of a tenant where one is named, else the platform's own. db-admin: changes tables. stable: a login whose name stays, as the client tier's.",
    ),
  tenant: z
    .string()
    .optional()
    .describe("Whose login a runtime-user gets: a tenant with a schema, a database or an instance of its own."),
  cell: cellName.optional().describe("Cell of a workload without a tenant. Default: the default cell."),
  by: z
    .enum(["vso", "eso", "agent"])
    .optional()
    .describe("How it is delivered. Default: bulkhead:vault.delivery; agent for a db-admin, who is given no Secret."),
  namespace: kubernetesName
    .optional()
    .describe(
      "Where the Secret goes; it must exist. Default: the cell's namespace, that of the cell's tenants, or an instance tenant's own.",
    ),
  serviceAccount: kubernetesName
    .optional()
    .describe("Service account that Vault trusts; it must exist. Default: one of its own, vault-<name>, is made."),
  restart: z
    .array(kubernetesName)
    .default([])
    .describe("Deployments that roll when the login changes (vso). Leave out what reads the Secret's files anew."),
});

export const vaultSchema = z
  .strictObject({
    address: https.describe("Where Vault answers, for the programs and for pods: https://vault.example.internal:8200."),
    podAddress: https.optional().describe("Where pods reach it, if that is another address. Default: address."),
    caCertificate: certificate.optional().describe("CA of Vault's certificate, PEM, where it is not a public one."),
    namespace: z
      .string()
      .min(1)
      .optional()
      .describe("Namespace of Vault Enterprise or HCP. Changing it replaces everything in Vault."),
    path: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,40}$/, { error: "use up to 41 of a-z, 0-9 and -, a letter first" })
      .optional()
      .describe(
        "What the names of mounts, policies and the audit device begin with. Default: bulkhead-<environment>. Changing it replaces them, and ends every lease.",
      ),
    inCluster: z
      .strictObject({
        region: region
          .optional()
          .describe("Region of the GKE cluster that Vault runs in. Default: the gateway's region."),
        namespace: kubernetesName.default("vault").describe("Its namespace."),
        labels: z
          .record(z.string(), z.string())
          .default({ "app.kubernetes.io/name": "vault" })
          .describe("Labels of its pods."),
        port: z.int().min(1).max(65535).default(8200).describe("Port its pods listen on."),
      })
      .optional()
      .describe("Vault runs in a GKE cluster of the environment. Default, unless outside is given: namespace vault."),
    outside: z
      .boolean()
      .default(false)
      .describe(
        "Vault runs elsewhere: ranges says where. It reaches databases by hosts, and those not in hosts at a private address of the VPC.",
      ),
    ranges: z
      .record(z.string(), cidr)
      .default({})
      .describe(
        "Ranges of address, each by a name: how cells in other clusters than Vault's reach it, and where a Vault outside calls from. Network policies let nothing else through.",
      ),
    hosts: z
      .record(
        connectionName,
        z.strictObject({
          address: z
            .string()
            .regex(/^[A-Za-z0-9.-]+:\d{1,5}$/, { error: "use host:port" })
            .describe("Where Vault finds the cell's database, host:port."),
          sslMode: z
            .enum(["disable", "require", "verify-ca", "verify-full"])
            .default("disable")
            .describe(
              "disable for an Auth Proxy, whose own tunnel is encrypted and which takes no TLS of its clients.",
            ),
        }),
      )
      .default({})
      .describe(
        "Cells, and instance tenants as tenant-<id>, that Vault reaches by a way of its own, such as an Auth Proxy beside it. The others: by a shared Auth Proxy.",
      ),
    kubernetes: z
      .record(
        region,
        z.strictObject({
          host: https.optional().describe("Control plane as Vault reaches it. Default: that of the kubeconfig."),
          caCertificate: certificate.optional().describe("Its CA, PEM. Default: that of the kubeconfig."),
          publicCertificate: z
            .boolean()
            .default(false)
            .describe("The host has a certificate of a public CA, as a DNS endpoint of GKE has."),
        }),
      )
      .default({})
      .describe("Clusters that Vault reaches by another address than the kubeconfig's."),
    audit: z
      .strictObject({
        type: z
          .enum(["file", "socket", "none"])
          .default("file")
          .describe("none where the operator of Vault has devices already."),
        target: z
          .string()
          .min(1)
          .default("stdout")
          .describe("Path of the file, or host:port of the socket. Changing it replaces the device."),
      })
      .prefault({})
      .describe("Where Vault records every request; secrets in it are hashed (HMAC)."),
    delivery: z
      .enum(["vso", "eso"])
      .default("vso")
      .describe("vso: Vault Secrets Operator. eso: External Secrets Operator."),
    dbAdmin: leases("5min").describe("Leases of db-admin."),
    runtimeUser: leases("30min").describe("Leases of runtime-user, and of tenants' logins."),
    stableRotationHours: z
      .int()
      .min(1)
      .max(24 * 90)
      .default(24)
      .describe("Hours after which a stable login gets another password."),
    generation: z
      .int()
      .min(1)
      .default(1)
      .describe("Raise it to give Vault's own logins new passwords: Vault was rebuilt, or restored from a backup."),
    workloads: z
      .record(
        z.string().regex(/^[a-z][a-z0-9-]{0,29}$/, { error: "use up to 30 of a-z, 0-9 and -, a letter first" }),
        workload,
      )
      .default({})
      .describe("Who gets a login, by name. The Secret is vault-<name>, with username and password."),
  })
  .describe(
    "HashiCorp Vault 1.15 or later, which issues short-lived logins. The platform's own workloads need none: they log in by IAM.",
  );

export type VaultConfig = z.output<typeof vaultSchema>;
export type VaultWorkloadConfig = z.output<typeof workload>;

/** How a workload's login is delivered. */
export function deliveryOf(config: VaultConfig, name: string): "vso" | "eso" | "agent" {
  const { by, role } = config.workloads[name]!;
  return by ?? (role === "db-admin" ? "agent" : config.delivery);
}

/** Rules across fields. */
export function checkVault(config: VaultConfig | undefined): Mistake[] {
  if (!config) return [];
  const base = "bulkhead:vault";
  const mistakes: Mistake[] = [];
  const say = (path: string, value: unknown, problem: string, remedy: string) =>
    mistakes.push({ path, value, problem, remedy });
  if (config.inCluster && config.outside)
    say(base, ["inCluster", "outside"], "is both in the cluster and outside", "give one of the two");
  if (config.outside && Object.keys(config.ranges).length === 0)
    say(
      `${base}.ranges`,
      {},
      "names no range",
      "give the ranges of Vault's address: network policies let nothing else through",
    );
  for (const [name, range] of Object.entries(config.ranges))
    if (range.endsWith("/0"))
      say(joinPath(`${base}.ranges`, name), range, "is every address", "give the range that Vault's address lies in");
  for (const kind of ["dbAdmin", "runtimeUser"] as const)
    if (config[kind].default > config[kind].max)
      say(`${base}.${kind}`, config[kind], "default is over max (in seconds)", "raise max or lower default");
  for (const [name, entry] of Object.entries(config.workloads)) {
    const path = joinPath(`${base}.workloads`, name);
    const by = deliveryOf(config, name);
    // Its role in Vault would be that of the Job which hands over Vault's own logins.
    if (/-vault-(?:logins|tenants)$/.test(name))
      say(path, name, "is a name of the platform's own", "use another, without -vault-logins or -vault-tenants");
    if (entry.role === "db-admin" && by !== "agent")
      say(
        `${path}.by`,
        by,
        "would put an administrator's login into a Secret",
        "use agent: it stays in the Job's memory",
      );
    if (entry.role !== "runtime-user" && entry.tenant !== undefined)
      say(`${path}.tenant`, entry.tenant, `is not for ${entry.role}`, "leave it out, or use role runtime-user");
    if (entry.tenant !== undefined && entry.cell !== undefined)
      say(`${path}.cell`, entry.cell, "is the tenant's to say", "leave it out");
    if (entry.restart.length > 0 && by !== "vso")
      say(`${path}.restart`, entry.restart, `cannot be done by ${by}`, "leave it out, or deliver by vso");
  }
  return mistakes;
}

/** What a workload names and other layers have. Takes what is known of them. */
export function checkVaultPlaces(
  config: VaultConfig | undefined,
  cells: readonly string[],
  tenants: Readonly<Record<string, { readonly isolation: string }>> | undefined,
): Mistake[] {
  const mistakes: Mistake[] = [];
  for (const [name, { cell, tenant }] of Object.entries(config?.workloads ?? {})) {
    const path = joinPath("bulkhead:vault.workloads", name);
    if (cell !== undefined && !cells.includes(cell))
      mistakes.push({
        path: `${path}.cell`,
        value: cell,
        problem: "is not a cell",
        remedy: `use one of ${cells.join(", ")}`,
      });
    if (tenant === undefined || tenants === undefined) continue;
    const isolation = tenants[tenant]?.isolation;
    if (isolation === undefined || isolation === "pooled")
      mistakes.push({
        path: `${path}.tenant`,
        value: tenant,
        problem: isolation === undefined ? "is not a tenant" : `is ${isolation}: such a tenant gets no login by Vault`,
        remedy: "name a tenant of isolation schema, database or instance",
      });
  }
  const instances = Object.entries(tenants ?? {}).flatMap(([id, { isolation }]) =>
    isolation === "instance" ? [tenantConnection(id)] : [],
  );
  for (const host of Object.keys(config?.hosts ?? {})) {
    const ofTenant = host.includes("-");
    if (ofTenant ? tenants === undefined || instances.includes(host) : cells.includes(host)) continue;
    mistakes.push({
      path: joinPath("bulkhead:vault.hosts", host),
      value: host,
      problem: ofTenant ? "is not a tenant with an instance of its own" : "is not a cell",
      remedy: `use one of ${[...cells, ...instances].join(", ")}`,
    });
  }
  return mistakes;
}
