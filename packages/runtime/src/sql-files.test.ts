import { describe, expect, test } from "vitest";
import { migrationsFolder, readSqlFolder, splitStatements, sqlFolder } from "./sql-files.ts";

const texts = (sql: string) => splitStatements(sql).map((statement) => statement.text);

describe("splitStatements", () => {
  test.each([
    ["two statements", "select 1; select 2;", ["select 1;", "select 2;"]],
    ["the last one without a semicolon", "select 1; select 2", ["select 1;", "select 2"]],
    ["nothing but comments", "-- a;\n/* b; */ \n", []],
    ["a semicolon in a string", "select 'a;b', 'it''s; fine'; select 2", ["select 'a;b', 'it''s; fine';", "select 2"]],
    ["an escape string", String.raw`select E'a\';b'; select 2`, [String.raw`select E'a\';b';`, "select 2"]],
    ["a quoted name", 'select 1 as "a;""b"; select 2', ['select 1 as "a;""b";', "select 2"]],
    ["dollar quotes", "do $$ begin; end $$; select 2", ["do $$ begin; end $$;", "select 2"]],
    [
      "named dollar quotes around others",
      "do $a$ select $$;$$; $a$; select 2",
      ["do $a$ select $$;$$; $a$;", "select 2"],
    ],
    ["a line comment", "select 1 -- not; here\n, 2; select 3", ["select 1 -- not; here\n, 2;", "select 3"]],
    ["nested block comments", "select /* a /* b; */ c; */ 1; select 2", ["select /* a /* b; */ c; */ 1;", "select 2"]],
    ["a parameter is no dollar quote", "select $1; select $2", ["select $1;", "select $2"]],
    [
      "a body of begin atomic",
      "create function f() returns int begin atomic select case when true then 1 end; select 2; end; select 3",
      ["create function f() returns int begin atomic select case when true then 1 end; select 2; end;", "select 3"],
    ],
    ["a transaction's begin", "begin; select 1; end;", ["begin;", "select 1;", "end;"]],
  ])("%s", (_name, sql, expected) => {
    expect(texts(sql)).toEqual(expected);
  });

  test("says on which line each begins, comments before it left out", () => {
    const statements = splitStatements("-- one\nselect 1;\n\n/* two\n*/ select 2;\nselect\n 3");
    expect(statements.map((statement) => statement.line)).toEqual([2, 5, 6]);
  });

  test("loses nothing of the package's own SQL but comments and blanks between statements", () => {
    for (const folder of [migrationsFolder, `${sqlFolder}/bootstrap`]) {
      for (const file of readSqlFolder(folder)) {
        const parts = splitStatements(file.text);
        expect(parts.length, file.name).toBeGreaterThan(0);
        let rest = file.text;
        for (const part of parts) {
          expect(rest, file.name).toContain(part.text);
          const at = rest.indexOf(part.text);
          expect(
            rest
              .slice(0, at)
              .replace(/--[^\n]*/g, "")
              .trim(),
            file.name,
          ).toBe("");
          rest = rest.slice(at + part.text.length);
        }
        expect(rest.trim()).toBe("");
      }
    }
  });
});
