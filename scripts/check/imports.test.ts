import { expect, test } from "vitest";
import { importsOf } from "./imports.ts";

test("imports in comments, templates, regular expressions and strings are not imports", () => {
  const source = String.raw`
    // import a from 'in-line';
    /*
    import b from 'in-block';
    */
    const program = \`
    import c from 'in-template'; \${\`import d from 'nested'\` + (1 / 2)}
    import e from 'after';
    \`;
    const pattern = /\`'"[/\`]/; const half = size / 2;
    const quoted = "\`"; const other = '//';
    import real from 'real';
    const lazy = await import("lazy");
    export { x } from "./again.ts";
  `.replaceAll("\\`", "`");
  expect(importsOf(source.replaceAll("\\$", "$")).sort()).toEqual(["./again.ts", "lazy", "real"]);
});

test("every way to import is found", () => {
  const source = [
    'import "side-effect";',
    'import type { A } from "types";',
    'import {\n  type B,\n  c,\n} from "several-lines";',
    'import * as d from "namespace";',
    'export * from "again";',
    'import e, { f } from "default-and-named"; import g from "same-line";',
    'const h: import("inline-type").H = x;',
    'const i = import.meta.resolve("resolved");',
    'const j = require.resolve("required");',
  ].join("\n");
  expect(importsOf(source).sort()).toEqual([
    "again",
    "default-and-named",
    "inline-type",
    "namespace",
    "required",
    "resolved",
    "same-line",
    "several-lines",
    "side-effect",
    "types",
  ]);
});
