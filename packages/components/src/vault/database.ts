/** One database as Vault knows it: a connection under a login of its own, and the roles whose logins it issues. */
import { USERNAME_TEMPLATE } from "@bulkhead/config";
import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import type { Statements } from "./statements.ts";

export interface VaultDatabaseArgs {
  /** Path of the database engine. Changing it replaces all. */
  readonly mount: pulumi.Input<string>;
  /** Name of the connection. Changing it replaces all. */
  readonly connection: string;
  /** Where Vault finds the database, and whether it asks for TLS there: an Auth Proxy takes none, its own tunnel is encrypted. */
  readonly host: VaultHost;
  readonly database: string;
  /** Vault's own login there, which `bulkhead vault` makes. */
  readonly login: string;
  /** Roles by name, which is what their logins' names begin with. Changing a name replaces the role. */
  readonly roles: Readonly<Record<string, VaultRole>>;
  /** Roles that are made elsewhere and may use the connection: static ones, which need their login first, and those of other layers. */
  readonly elsewhere?: readonly string[];
}

export interface VaultHost {
  /** host:port */
  readonly address: pulumi.Input<string>;
  readonly sslMode: "disable" | "require" | "verify-ca" | "verify-full";
}

export interface VaultRole {
  readonly statements: Statements;
  /** Seconds that a lease lives unless renewed, and at most. */
  readonly lease: { readonly default: number; readonly max: number };
}

/** Seconds that Vault keeps a connection: a new one after a switchover, and little of a rotated password's. */
const CONNECTION_LIFETIME = 300;

export class VaultDatabase extends pulumi.ComponentResource {
  readonly connection: pulumi.Output<string>;
  /** Path of each role's credentials, below the mount. */
  readonly credentials: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: VaultDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:vault:VaultDatabase", name, {}, opts);
    const connection = new vault.database.SecretBackendConnection(
      name,
      {
        backend: args.mount,
        name: args.connection,
        allowedRoles: [...Object.keys(args.roles), ...(args.elsewhere ?? [])].sort(),
        // Vault has no password yet: `bulkhead vault` brings it, and has it changed at once, which is a better proof of the connection.
        // None is given here, ever, so that no later update of this can put an old one back.
        verifyConnection: false,
        postgresql: {
          connectionUrl: pulumi.interpolate`postgresql://{{username}}:{{password}}@${args.host.address}/${args.database}?sslmode=${args.host.sslMode}`,
          username: args.login,
          // Statements and the server's log see a verifier, and no password.
          passwordAuthentication: "scram-sha-256",
          usernameTemplate: USERNAME_TEMPLATE,
          maxOpenConnections: 4,
          maxIdleConnections: 1,
          maxConnectionLifetime: CONNECTION_LIFETIME,
        },
      },
      { parent: this },
    );
    this.connection = connection.name;
    this.credentials = Object.fromEntries(
      Object.entries(args.roles).map(([role, { statements, lease }]) => [
        role,
        new vault.database.SecretBackendRole(
          `${name}-${role}`,
          {
            backend: args.mount,
            name: role,
            dbName: connection.name,
            ...statements,
            defaultTtl: lease.default,
            maxTtl: lease.max,
          },
          { parent: this },
        ).name.apply((made) => `creds/${made}`),
      ]),
    );
    this.registerOutputs({ connection: this.connection });
  }
}
