/** The proof must be able to fail: each weakness is planted where the lints do not look, and the live attacks have to find it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Cell } from "../support/cell.ts";

let cell: Cell;
const tenants = {
  acme: {},
  globex: {},
  initech: { isolation: "schema" },
  hooli: { isolation: "schema" },
  umbrella: { isolation: "database" },
};

beforeAll(async () => {
  cell = await Cell.start();
  const { code, stdout, stderr } = await cell.apply(tenants);
  expect(code, stdout + stderr).toBe(0);
});
afterAll(() => cell.end());

interface Proof {
  readonly leaks: readonly string[];
  readonly attacks: number;
  readonly findings: readonly unknown[];
}

async function prove(): Promise<{ code: number | null; proof: Proof }> {
  const { code, stdout, stderr } = await cell.run(["prove", "--json"]);
  if (stdout === "") throw new Error(stderr);
  return { code, proof: JSON.parse(stdout) };
}

const functionOf = async (signature: string) =>
  String(
    (
      await cell.query(
        "platform",
        [`select pg_get_functiondef('${signature}'::regprocedure) as text`],
        "bulkhead_owner",
      )
    )[0]!.text,
  );

test("a sound cell is proven, with many attacks, and nothing is left behind", async () => {
  const before = await cell.query("platform", ["select count(*)::int as rows from app.bases"], "bulkhead_owner");
  const { code, proof } = await prove();
  expect(proof.leaks).toEqual([]);
  expect(code).toBe(0);
  expect(proof.attacks).toBeGreaterThan(500);
  expect(
    await cell.query("platform", ["select rolname from pg_roles where rolname ~ '^(prove_.*|login_.*_[0-9a-f]{12})$'"]),
  ).toEqual([]);
  expect(await cell.query("platform", ["select login from bulkhead.login"], "bulkhead_owner")).toEqual([]);
  expect(await cell.query("platform", ["select count(*)::int as rows from app.bases"], "bulkhead_owner")).toEqual(
    before,
  );
});

test("what an interrupted proof left is gone after the next", async () => {
  const run = cell.start(["prove"]);
  while (!/attacked/.test(run.output())) await new Promise((resolve) => setTimeout(resolve, 20));
  run.kill("SIGKILL");
  await run.ended;
  expect((await prove()).code).toBe(0);
  // The logins themselves expire; their canaries are found by their ids and removed.
  const canaries = await cell.query(
    "platform",
    [
      "alter table app.bases no force row level security",
      "select count(*)::int as rows from app.bases where name = 'isolation canary'",
    ],
    "bulkhead_owner",
  );
  await cell.query("platform", ["alter table app.bases force row level security"], "bulkhead_owner");
  expect(canaries).toEqual([{ rows: 0 }]);
});

/** Functions of the contract, each weakened in one place. */
const MUTANTS: readonly {
  readonly name: string;
  readonly function: string;
  readonly from: RegExp;
  readonly to: string;
  readonly finds: RegExp;
}[] = [
  {
    name: "the login door trusts the setting",
    function: "bulkhead.account_id()",
    from: /ELSE bulkhead\.login_account_id\(\)/,
    to: "ELSE coalesce(nullif(current_setting('app.account_id', true), '')::uuid, bulkhead.login_account_id())",
    finds: /login door.*set_config/,
  },
  {
    name: "no audience is needed",
    function: "bulkhead.pre_request()",
    from: /not in \('string', 'array'\)/,
    to: "not in ('string', 'array', 'null')",
    finds: /without an audience/,
  },
  {
    name: "no expiry is needed",
    function: "bulkhead.pre_request()",
    from: /<> 'number'/,
    to: "= 'never'",
    finds: /without an expiry/,
  },
  {
    name: "the role need not be the account's",
    function: "bulkhead.pre_request()",
    from: /and coalesce\(registered\.role_name, 'api_user'\) = request_role/,
    to: "",
    finds: /victim's account under the attacker's role/,
  },
  {
    name: "the account outlives the transaction",
    function: "bulkhead.pre_request()",
    from: /set_config\('app\.account_id', tenant\.account_id::text, true\)/,
    to: "set_config('app.account_id', tenant.account_id::text, false)",
    finds: /left behind|outlive/,
  },
];

test.each(MUTANTS)("finds: $name", async (mutant) => {
  const sound = await functionOf(mutant.function);
  const weak = sound.replace(mutant.from, mutant.to);
  expect(weak).not.toBe(sound);
  await cell.query("platform", [weak], "bulkhead_owner");
  try {
    const { code, proof } = await prove();
    expect(code).toBe(3);
    expect(proof.leaks.join("\n")).toMatch(mutant.finds);
  } finally {
    await cell.query("platform", [sound], "bulkhead_owner");
  }
});

test("finds a policy that lets one more account through", async () => {
  const open = "account_id = (select bulkhead.account_id()) or name = 'isolation canary'";
  await cell.query("platform", [`alter policy tenant_boundary on app.bases using (${open})`], "bulkhead_owner");
  const { code, proof } = await prove();
  await cell.query("platform", ["select bulkhead.protect('app.bases')"], "bulkhead_owner");
  expect(code).toBe(3);
  expect(proof.leaks.join("\n")).toMatch(
    /claims door, (acme → globex|globex → acme): read the victim's rows: select: 1 rows/,
  );
});

test("without a leak, it is proven again", async () => {
  expect((await prove()).code).toBe(0);
});
