/** A tenant alone on its server: applied, proven and sealed like any other, and the proof can fail there too. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Cell } from "../support/cell.ts";

let cell: Cell;
const tenants = { umbrella: { isolation: "instance" } };

beforeAll(async () => {
  cell = await Cell.start();
});
afterAll(() => cell.end());

test("applied, in a database and under a role of its own, and proven though there is nobody to attack", async () => {
  const { code, stdout, stderr } = await cell.apply(tenants);
  expect(code, stdout + stderr).toBe(0);
  expect(stdout).toMatch(/isolation proven: \d{2,} attacks by umbrella, the only tenant here/);
  const rows = await cell.query(
    "platform",
    ["select id, isolation, phase, role_name from bulkhead.tenant"],
    "bulkhead_owner",
  );
  expect(rows).toEqual([{ id: "umbrella", isolation: "instance", phase: "ready", role_name: "tenant_umbrella" }]);
});

test("the proof finds what lets its login be more than the tenant", async () => {
  await cell.query("platform", ["grant admin_user to authenticator_umbrella"], "alloydbsuperuser");
  const { code, stdout } = await cell.run(["prove"]);
  expect(code, stdout).toBe(3);
  expect(stdout).toMatch(/umbrella → a-stranger: .*admin_user/);
  await cell.query("platform", ["revoke admin_user from authenticator_umbrella"], "alloydbsuperuser");
});

test("its line gone: sealed, its data kept", async () => {
  const { code, stderr } = await cell.apply({});
  expect(code, stderr).toBe(0);
  const [row] = await cell.query("platform", ["select retained from bulkhead.tenant"], "bulkhead_owner");
  expect(row).toEqual({ retained: true });
  expect(await cell.query("tenant_umbrella", ["select from app.bases"], "bulkhead_owner")).toEqual([]);
});
