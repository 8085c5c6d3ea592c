import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { Failure } from "./failure.ts";
import { readMigrations } from "./migrations.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function folderOf(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "bulkhead-migrations-"));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

test("the package's own are numbered from 1 without a gap", () => {
  const { migrations } = readMigrations();
  expect(migrations.map((migration) => migration.version)).toEqual(migrations.map((_, index) => index + 1));
});

test("every badly named file is told at once, as bad input", () => {
  const folder = folderOf({ "0001_fine.sql": "select 1", "0003_gap.sql": "select 1", "notes.sql": "select 1" });
  const error = (() => {
    try {
      readMigrations(folder);
    } catch (thrown) {
      return thrown as Failure;
    }
  })();
  expect(error).toBeInstanceOf(Failure);
  expect(error).toMatchObject({ exitCode: 2 });
  expect(error?.message).toContain("0003_gap.sql: is number 2 in order");
  expect(error?.message).toContain("notes.sql: is not named like 0001_some_words.sql");
});

test("the hash follows the content, not the line ends", () => {
  const unix = readMigrations(folderOf({ "0001_a.sql": "select 1;\nselect 2;\n" }));
  const windows = readMigrations(folderOf({ "0001_a.sql": "select 1;\r\nselect 2;\r\n" }));
  const other = readMigrations(folderOf({ "0001_a.sql": "select 1;\nselect 3;\n" }));
  expect(windows.hash).toBe(unix.hash);
  expect(other.hash).not.toBe(unix.hash);
});
