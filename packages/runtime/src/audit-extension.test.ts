import { expect, test } from "vitest";
import { auditDatabase } from "./audit-extension.ts";

async function run(state: { loaded: boolean; there: boolean }, refuse = false) {
  const asked: string[] = [];
  const said: string[] = [];
  const client = {
    query: async (sql: string) => {
      if (/^create extension/.test(sql)) {
        asked.push(sql);
        if (refuse) throw new Error("permission denied to create extension");
      }
      return { rows: [state] };
    },
  };
  const log = { say: (line: string) => said.push(line), progress: () => {} };
  await auditDatabase(client as never, "tenant_acme", log as never);
  return { asked, said };
}

test("asks for pgAudit where it is loaded and not there yet, and only there", async () => {
  expect((await run({ loaded: true, there: false })).asked).toEqual(["create extension if not exists pgaudit"]);
  expect((await run({ loaded: true, there: true })).asked).toEqual([]);
  expect((await run({ loaded: false, there: false })).asked).toEqual([]);
});

test("a refusal is said, and stops nothing", async () => {
  expect((await run({ loaded: true, there: false }, true)).said).toEqual([
    "tenant_acme: WARNING: pgAudit could not be created, its statements go unrecorded: permission denied to create extension",
  ]);
});
