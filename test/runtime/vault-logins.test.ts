/** How Vault comes by its own logins: no password is known to anybody else, and none is given twice. */
import { VAULT_LOGIN, vaultTenantLogin } from "@bulkhead/config";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Cell } from "../support/cell.ts";
import { FakeVault, statementsOf, VaultConnection } from "../support/vault.ts";

let cell: Cell;
let vault: FakeVault;

beforeAll(async () => {
  cell = await Cell.start();
  const applied = await cell.apply(
    { umbrella: { isolation: "database" }, initech: { isolation: "schema" } },
    "--no-prove",
  );
  expect(applied.code, applied.stdout + applied.stderr).toBe(0);
  vault = await FakeVault.start({
    eu1: new VaultConnection(cell.address, VAULT_LOGIN, "platform"),
    "tenant-umbrella": new VaultConnection(cell.address, vaultTenantLogin("umbrella"), "tenant_umbrella"),
  });
});
afterAll(async () => {
  await vault.end();
  await cell.end();
});

async function give(args: readonly string[], environment: Record<string, string> = {}) {
  vault.requests.length = 0;
  const ran = await cell.run(["vault", ...args], "administrator", { ...vault.environment, ...environment });
  return { ...ran, paths: vault.requests.map(({ path }) => path) };
}

const logsIn = async (user: string, password: string, database = "platform") => {
  const client = new pg.Client({ ...cell.address, user, password, database });
  await client.connect();
  await client.end();
};

test("a fault of Vault's ends the run, and the next one does what is missing", async () => {
  vault.faults.push(200, 400);
  const refused = await give(["--connection", "eu1=platform"]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/gave no token/);
  vault.faults.length = 0;
  const wrong = await give(["--connection", "eu1=platform"], { BULKHEAD_VAULT_ROLE: "another" });
  expect(wrong.stderr).toMatch(/Vault refused auth\/kubernetes-test\/login with 403: permission denied/);
});

test("Vault is told a password, and changes it: what was sent is good for nothing, and nowhere printed", async () => {
  const { code, stdout, stderr, paths } = await give(["--connection", "eu1=platform"]);
  expect(code, stderr).toBe(0);
  expect(paths).toEqual([
    "auth/kubernetes-test/login",
    "database-test/config/eu1",
    "database-test/rotate-root/eu1",
    "auth/token/revoke-self",
  ]);
  const { body } = vault.requests[1]!;
  expect(Object.keys(body)).toEqual(["password"]);
  const sent = String(body.password);
  expect(sent.length).toBeGreaterThan(40);
  await expect(logsIn(VAULT_LOGIN, sent)).rejects.toThrow(/password authentication failed/);
  await logsIn(VAULT_LOGIN, vault.connections.eu1!.password!);
  for (const secret of [sent, "of-vault", "of-the-pod"]) expect(stdout + stderr).not.toContain(secret);
});

test("what has it is not given it again, until its generation is raised; a new connection is given its own", async () => {
  expect(await give(["--connection", "eu1=platform"])).toMatchObject({ code: 0, paths: [] });
  const more = await give(["--connection", "eu1=platform", "--connection", "tenant-umbrella=umbrella"]);
  expect(more.code, more.stderr).toBe(0);
  expect(more.paths.filter((path) => path.startsWith("database-test/"))).toEqual([
    "database-test/config/tenant-umbrella",
    "database-test/rotate-root/tenant-umbrella",
  ]);
  const before = vault.connections.eu1!.password;
  const again = await give(["--connection", "eu1=platform", "--generation", "2"]);
  expect(again.paths).toContain("database-test/rotate-root/eu1");
  expect(vault.connections.eu1!.password).not.toBe(before);
});

test("a login that stays: Vault may change its password, and it is a member of its authenticator alone", async () => {
  const { code, stderr } = await give([
    "--connection",
    "eu1=platform",
    "--generation",
    "2",
    "--stable",
    "stable_reports=client_authenticator",
  ]);
  expect(code, stderr).toBe(0);
  const change = {
    ...statementsOf("create-db-admin", "renew"),
    renew: ["alter role stable_reports password 'changed-by-vault'"],
  };
  await vault.connections.eu1!.renew({ user: "stable_reports", password: "" }, change, 60);
  await logsIn("stable_reports", "changed-by-vault");
});

test("what it cannot be given is refused before anything is touched", async () => {
  const { code, stderr, paths } = await give([
    ...["--connection", "tenant-initech=initech", "--schema-tenant", "umbrella"],
    ...["--stable", "postgres=client_authenticator", "--stable", "stable_x=bulkhead_owner"],
  ]);
  expect(code).toBe(2);
  expect(paths).toEqual([]);
  for (const mistake of [
    "initech: is no tenant with a database of its own",
    "umbrella: is no tenant with a schema of its own",
    "postgres: name a login that stays stable_<workload>",
    "bulkhead_owner: no login that stays may be a member of it",
  ])
    expect(stderr).toContain(mistake);
  expect((await give(["--connection", "eu1=platform"], { VAULT_ADDR: "" })).stderr).toContain("VAULT_ADDR is not set");
});
