import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { dependencyFaults } from "./dependencies.ts";

const member = (name: string, dependencies: Record<string, string> = {}, devDependencies = {}) =>
  JSON.stringify({ name: `@bulkhead/${name}`, exports: { ".": "./src/index.ts" }, dependencies, devDependencies });

const SOUND: Record<string, string> = {
  "package.json": JSON.stringify({
    name: "bulkhead",
    devDependencies: { vitest: "catalog:", "@bulkhead/config": "workspace:*", "@bulkhead/local-cloud": "workspace:*" },
  }),
  "packages/config/package.json": member("config", { zod: "catalog:" }, { ajv: "catalog:" }),
  "packages/config/src/index.ts": 'import { z } from "zod";\nexport * from "./names.ts";\n',
  "packages/config/src/index.test.ts": 'import { test } from "vitest";\nimport { Ajv } from "ajv/dist/2020.js";\n',
  "packages/components/package.json": member("components", { "@bulkhead/config": "workspace:*" }),
  "packages/components/src/index.ts": 'import type { Tenant } from "@bulkhead/config";\n',
  "packages/runtime/package.json": member("runtime", { "@bulkhead/config": "workspace:*" }),
  "packages/local-cloud/package.json": member("local-cloud"),
  "packages/local-cloud/src/index.ts": 'import { join } from "node:path";\n',
  "policies/package.json": member("policies", { "@bulkhead/config": "workspace:*" }),
  "stacks/4-tenants/package.json": member("stack-4-tenants", {
    "@bulkhead/components": "workspace:*",
    "@bulkhead/config": "workspace:*",
  }),
  "stacks/4-tenants/index.ts": 'import { TenantRollout } from "@bulkhead/components";\n',
  "scripts/up.ts": 'import { readEnvironment } from "@bulkhead/config";\n',
  "test/up.test.ts": 'import { up } from "../scripts/up.ts";\nimport { test } from "vitest";\n',
};

function faultsOf(files: Record<string, string>): string[] {
  const root = mkdtempSync(join(tmpdir(), "bulkhead-check-"));
  try {
    for (const [path, content] of Object.entries({ ...SOUND, ...files })) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    }
    return dependencyFaults(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

test("a sound tree has no fault", () => {
  expect(faultsOf({})).toEqual([]);
});

test("this repository has none", () => {
  expect(dependencyFaults(resolve(import.meta.dirname, "../.."))).toEqual([]);
});

describe("an arrow that points the wrong way", () => {
  test.each([
    ["packages/config/src/a.ts", "@bulkhead/components", "may import none of the packages"],
    ["packages/runtime/src/a.ts", "@bulkhead/components", "may import only @bulkhead/config"],
    ["packages/local-cloud/src/a.ts", "@bulkhead/config", "may import none of the packages"],
    ["packages/components/src/a.ts", "@bulkhead/runtime", "may import only @bulkhead/config"],
    ["packages/components/src/a.ts", "@bulkhead/stack-4-tenants", "may import only @bulkhead/config"],
    ["policies/src/a.ts", "@bulkhead/components", "may import only @bulkhead/config"],
    ["stacks/4-tenants/a.ts", "@bulkhead/runtime", "may import only @bulkhead/components, @bulkhead/config"],
    ["scripts/a.ts", "@bulkhead/stack-4-tenants", "may import only"],
    ["scripts/a.ts", "../test/up.test.ts", "a file of test from scripts"],
    ["packages/components/src/a.ts", "../../../scripts/up.ts", "a file of scripts from packages/components"],
    ["packages/components/src/a.ts", "../../config/src/names.ts", "a file of packages/config"],
    ["stacks/4-tenants/a.ts", "../3-services/index.ts", "a file of stacks/3-services"],
    ["packages/components/src/a.ts", "@bulkhead/config/src/names.ts", "an inner file"],
  ])("%s imports %s", (file, specifier, fault) => {
    for (const statement of [
      `import { x } from "${specifier}";`,
      `import type { X } from "${specifier}";`,
      `export * from "${specifier}";`,
      `const x = await import("${specifier}");`,
      `import {\n  x,\n  y,\n} from '${specifier}';`,
    ]) {
      const faults = faultsOf({ [file]: statement });
      expect(faults).toHaveLength(1);
      expect(faults[0]).toContain(`${file}: imports ${specifier}: `);
      expect(faults[0]).toContain(fault);
    }
  });
});

describe("an import that is not declared", () => {
  test.each([
    ["packages/config/src/a.ts", "yaml", "not declared; add it to packages/config/package.json"],
    ["packages/config/src/a.ts", "vitest", "not declared"],
    ["packages/config/src/a.ts", "ajv", "a development dependency"],
    ["packages/runtime/src/a.test.ts", "ajv", "not declared; add it to packages/runtime/package.json"],
    ["scripts/a.ts", "@scope/tool/deep.js", "not declared; add it to package.json"],
    ["scripts/a.ts", "fs/promises", "write node:fs/promises"],
    ["packages/config/src/a.ts", "@bulkhead/config", "itself"],
  ])("%s imports %s", (file, specifier, fault) => {
    expect(faultsOf({ [file]: `import { x } from "${specifier}";` })).toEqual([
      expect.stringContaining(`${file}: imports ${specifier}: ${fault}`),
    ]);
  });

  test("a version that is not the catalog's", () => {
    const faults = faultsOf({
      "packages/config/package.json": member("config", { zod: "^4.0.0" }, { ajv: "catalog:" }),
    });
    expect(faults).toEqual([expect.stringContaining('zod is "^4.0.0"; write "catalog:"')]);
  });
});
