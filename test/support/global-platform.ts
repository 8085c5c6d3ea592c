/** One platform for all tests that only use it: brought up before the first, gone after the last. */
import type { TestProject } from "vitest/node";
import { TestPlatform } from "./platform.ts";

declare module "vitest" {
  export interface ProvidedContext {
    platformRoot: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const platform = TestPlatform.create();
  platform.edit("4-tenants", (config) => {
    config["bulkhead:tenants"] = {
      acme: {},
      globex: { tier: "pro" },
      sleepy: { status: "suspended" },
      initech: { isolation: "schema" },
      hooli: { isolation: "schema" },
      umbrella: { isolation: "database" },
      stark: { isolation: "database" },
    };
  });
  try {
    await platform.up();
  } catch (error) {
    await platform.destroy();
    throw error;
  }
  project.provide("platformRoot", platform.root);
  return () => platform.destroy();
}
