/** The proof: lints, and live attacks between sampled tenants by each door. Leaves nothing behind. */
import { PLATFORM_DATABASE } from "@bulkhead/config";
import { v5 as uuidv5 } from "uuid";
import { id, messageOf, type Target, transaction, withClient } from "../database.ts";
import { type Finding, lintLines, lintPlatform } from "../lint.ts";
import type { Logger } from "../logger.ts";
import { type RegisteredTenant, readTenants } from "../registry.ts";
import { type Actor, Actors, claimsOf, requestRole, schemaOf } from "./actors.ts";
import { CLAIMS_ATTACKS } from "./claims-attacks.ts";
import type { Attack, Scene } from "./expectations.ts";
import { LOGIN_ATTACKS } from "./login-attacks.ts";

export interface Proof {
  readonly attacks: number;
  readonly tenants: readonly string[];
  /** Attacks that got through, as `door, attacker → victim: title: what came back`. */
  readonly leaks: readonly string[];
  readonly findings: readonly Finding[];
  readonly seconds: number;
}

/** Tenants sampled of each isolation model: enough for pairs within it and across. */
const SAMPLE = 2;

/** Runs lints and attacks. Findings of severity error count as leaks. Needs the administrator's credential, to make the attackers' logins. */
export async function prove(target: Target, log: Logger): Promise<Proof> {
  const start = Date.now();
  const findings = await lintPlatform(target);
  const tenants = await withClient(target, PLATFORM_DATABASE, "prove", (client) =>
    transaction(client, "bulkhead_owner", () => readTenants(client)),
  );
  const sample = sampleTenants(tenants);
  const leaks = findings
    .filter((finding) => finding.severity === "error")
    .map(
      (finding) =>
        `lint ${finding.code}: ${finding.object} in ${finding.database}: ${finding.detail}; ${finding.remedy}`,
    );
  let attacks = 0;
  const actors = await Actors.open(target);
  try {
    const claims = new Map<string, Actor>();
    for (const tenant of sample) claims.set(tenant.id, await actors.atClaimsDoor(tenant));
    const logins = new Map<string, Actor>();
    // Pooled tenants have no login door.
    for (const tenant of sample)
      if (tenant.isolation !== "pooled") logins.set(tenant.id, await actors.atLoginDoor(tenant));
    const canaries = await plantCanaries(claims);
    try {
      const pairs: Scene[] = sample.flatMap((attacker) =>
        sample
          .filter((victim) => victim !== attacker)
          .map((victim) => ({ attacker, victim, canary: canaries.get(victim.id)! })),
      );
      // A tenant alone on its cluster has nobody to take from, and must still not be able to be more than itself.
      if (sample.length === 1) pairs.push(strangerScene(sample[0]!));
      let done = 0;
      for (const scene of pairs) {
        attacks += await attack("claims door", CLAIMS_ATTACKS, claims.get(scene.attacker.id)!, scene, leaks);
        const login = logins.get(scene.attacker.id);
        if (login) attacks += await attack("login door", LOGIN_ATTACKS, login, scene, leaks);
        log.progress("pairs of tenants attacked", ++done, pairs.length);
      }
    } finally {
      await removeCanaries(claims, canaries);
    }
  } finally {
    await actors.close();
  }
  return { attacks, tenants: sample.map((tenant) => tenant.id), leaks, findings, seconds: (Date.now() - start) / 1000 };
}

function sampleTenants(tenants: readonly RegisteredTenant[]): RegisteredTenant[] {
  const provable = tenants.filter(
    (tenant) => tenant.phase === "ready" && tenant.status === "active" && !tenant.retained,
  );
  return ["pooled", "schema", "database", "instance"].flatMap((isolation) =>
    provable.filter((tenant) => tenant.isolation === isolation).slice(0, SAMPLE),
  );
}

/** An account that nobody has, in the tables of the attacker: what is to be refused is refused there too, and there are no rows to find. */
function strangerScene(attacker: RegisteredTenant): Scene {
  const victim: RegisteredTenant = {
    ...attacker,
    id: "a-stranger",
    accountId: uuidv5("isolation stranger", attacker.accountId),
    isolation: "pooled",
    roleName: null,
  };
  return { attacker, victim, canary: canaryId(victim) };
}

async function attack(
  door: string,
  attacks: readonly Attack[],
  actor: Actor,
  scene: Scene,
  leaks: string[],
): Promise<number> {
  for (const each of attacks) {
    try {
      await each.run(actor, scene);
    } catch (error) {
      leaks.push(`${door}, ${scene.attacker.id} → ${scene.victim.id}: ${each.title}: ${messageOf(error)}`);
    }
  }
  return attacks.length;
}

/** Its id follows from the account, so that what an interrupted proof left behind is found and removed by the next. */
function canaryId(tenant: RegisteredTenant): string {
  return uuidv5("isolation canary", tenant.accountId);
}

/** A committed row of each tenant, planted by its own request: an attack that reads nothing must have had something to read. */
async function plantCanaries(claims: ReadonlyMap<string, Actor>): Promise<Map<string, string>> {
  const planted = new Map<string, string>();
  for (const { client, tenant } of claims.values()) {
    const canary = canaryId(tenant);
    await committed(
      client,
      tenant,
      `insert into ${id(schemaOf(tenant))}.bases (id, name) values ($1, 'isolation canary') on conflict do nothing`,
      canary,
    );
    planted.set(tenant.id, canary);
  }
  return planted;
}

async function removeCanaries(
  claims: ReadonlyMap<string, Actor>,
  canaries: ReadonlyMap<string, string>,
): Promise<void> {
  for (const { client, tenant } of claims.values()) {
    const canary = canaries.get(tenant.id);
    if (canary) await committed(client, tenant, `delete from ${id(schemaOf(tenant))}.bases where id = $1`, canary);
  }
}

async function committed(client: Actor["client"], tenant: RegisteredTenant, sql: string, value: string): Promise<void> {
  await transaction(client, undefined, async () => {
    await client.query("select set_config('role', $1, true), set_config('request.jwt.claims', $2, true)", [
      requestRole(tenant),
      JSON.stringify(claimsOf(tenant)),
    ]);
    await client.query("select bulkhead.pre_request()");
    await client.query(sql, [value]);
  });
}

export function proofLines(proof: Proof): string[] {
  const [only, ...others] = proof.tenants;
  const who =
    only !== undefined && others.length === 0
      ? `by ${only}, the only tenant here`
      : `between ${proof.tenants.length} tenants (${proof.tenants.join(", ")})`;
  const where = `${proof.attacks} attacks ${who}, ${proof.seconds.toFixed(1)} s`;
  if (proof.leaks.length > 0)
    return [`isolation NOT proven: ${proof.leaks.length} leaks; ${where}`, ...proof.leaks.map((leak) => `  ${leak}`)];
  return [`isolation proven: ${where}, no leak`, ...(proof.findings.length > 0 ? lintLines(proof.findings) : [])];
}
