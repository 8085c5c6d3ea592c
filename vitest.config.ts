/** Five projects: what needs nothing, what needs a PostgreSQL or the engine, every environment rehearsed, a whole platform, and the toolchain. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "packages/{config,components,runtime}/src/**/*.test.ts",
            "stacks/*/*.test.ts",
            "policies/**/*.test.ts",
            "scripts/**/*.test.ts",
          ],
          exclude: ["**/node_modules/**"],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "database",
          include: ["packages/local-cloud/src/**/*.test.ts", "test/{runtime,policies,recovery}/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: "estate",
          include: ["test/estate/**/*.test.ts"],
          globalSetup: ["test/support/global-estate.ts"],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: "platform",
          include: ["test/platform/**/*.test.ts"],
          globalSetup: ["test/support/global-platform.ts"],
          // The files share one platform, and two cores.
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: "toolchain",
          include: ["test/toolchain/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 900_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
